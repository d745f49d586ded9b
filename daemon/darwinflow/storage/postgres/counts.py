"""How much an organization has in the database."""

from darwinflow.storage.postgres.texts import restored
from darwinflow.storage.postgres.transaction import PostgresTransaction


def counts_of(tx: PostgresTransaction) -> dict[str, int]:
    """Of this organization alone."""
    row = tx.connection.execute(
        """
        SELECT (SELECT count(*) FROM darwinflow.run WHERE organization = %(organization)s),
            (SELECT count(*) FROM darwinflow.counted_run WHERE organization = %(organization)s),
            (SELECT count(*) FROM darwinflow.workflow_version WHERE organization = %(organization)s)
        """,
        {"organization": tx.organization},
    ).fetchone()
    assert row is not None, "a query without FROM has one row"
    return {"runs": row[0], "countedRuns": row[1], "versions": row[2]}


def projects_of(tx: PostgresTransaction) -> tuple[str, ...]:
    rows = tx.connection.execute(
        """
        SELECT project FROM darwinflow.run WHERE organization = %(organization)s
        UNION SELECT project FROM darwinflow.removed WHERE organization = %(organization)s ORDER BY project
        """,
        {"organization": tx.organization},
    )
    return tuple(restored(row[0]) for row in rows)
