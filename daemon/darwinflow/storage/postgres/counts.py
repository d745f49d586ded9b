"""How much an organization has in the database."""

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
