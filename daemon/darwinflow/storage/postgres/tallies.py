"""Runs to learn from, and what was learned. Statements about `to_learn` and `tally`, but for the one that counts, are here."""

from collections.abc import Mapping, Sequence

from darwinflow.storage.postgres.database import Link
from darwinflow.storage.postgres.texts import restored, storable


def runs_to_learn(link: Link, organization: str, project: str, limit: int) -> tuple[str, ...]:
    """As `MetricsRepository.runs_to_learn`. *project* is storable."""
    rows = link.execute(
        """
        SELECT id FROM darwinflow.to_learn
        WHERE organization = %(organization)s AND project = %(project)s
        ORDER BY number LIMIT %(limit)s
        """,
        {"organization": organization, "project": project, "limit": limit},
    ).fetchall()
    return tuple([restored(run_id) for (run_id,) in rows])


def learn(
    link: Link, organization: str, project: str, run_ids: Sequence[str], tallies: Mapping[str, str]
) -> bool:
    """As `MetricsRepository.learn`. *project* is storable. Who writes is alone in its organization."""
    if runs_to_learn(link, organization, project, len(run_ids)) != tuple(run_ids):
        return False
    mine = {"organization": organization, "project": project}
    link.execute(
        """
        DELETE FROM darwinflow.to_learn
        WHERE organization = %(organization)s AND project = %(project)s AND number IN (
            SELECT number FROM darwinflow.to_learn
            WHERE organization = %(organization)s AND project = %(project)s
            ORDER BY number LIMIT %(count)s
        )
        """,
        {**mine, "count": len(run_ids)},
    )
    link.execute(
        """
        INSERT INTO darwinflow.tally (organization, project, workflow, tallies)
        SELECT %(organization)s, %(project)s, * FROM unnest(%(workflows)b::text[], %(tallies)b::text[])
        ON CONFLICT (organization, project, workflow) DO UPDATE SET tallies = excluded.tallies
        """,
        {
            **mine,
            "workflows": [storable(workflow) for workflow in tallies],
            "tallies": list(tallies.values()),
        },
    )
    return True


def tallies_of(link: Link, organization: str, project: str, workflow_id: str | None) -> list[tuple[str, str]]:
    """Workflows, or (None) all of them, with their tallies. *project* is storable."""
    rows = link.execute(
        """
        SELECT workflow, tallies FROM darwinflow.tally
        WHERE organization = %(organization)s AND project = %(project)s
          AND (%(workflow)s::text IS NULL OR workflow = %(workflow)s)
        """,
        {
            "organization": organization,
            "project": project,
            "workflow": None if workflow_id is None else storable(workflow_id),
        },
    ).fetchall()
    return [(restored(workflow), text) for workflow, text in rows]
