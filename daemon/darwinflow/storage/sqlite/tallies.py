"""Runs to learn from, and what was learned. Every statement about `to_learn` and `tally` is in this file."""

from collections.abc import Mapping, Sequence

import apsw

from darwinflow.storage.sqlite.fetch import bindable, fetch


def runs_to_learn(db: apsw.Connection, project: str, limit: int) -> tuple[str, ...]:
    """As `MetricsRepository.runs_to_learn`. *project* is bindable."""
    rows = fetch(
        db,
        # Few wait at a time, and those of other projects between them.
        "SELECT id FROM to_learn WHERE project = :project ORDER BY number LIMIT :limit",
        {"project": project, "limit": limit},
    )
    return tuple([run_id for (run_id,) in rows])


def learn(db: apsw.Connection, project: str, run_ids: Sequence[str], tallies: Mapping[str, str]) -> bool:
    """As `MetricsRepository.learn`. *project* is bindable."""
    if runs_to_learn(db, project, len(run_ids)) != tuple(run_ids):
        return False
    fetch(
        db,
        """
        DELETE FROM to_learn WHERE number IN (
            SELECT number FROM to_learn WHERE project = :project ORDER BY number LIMIT :count
        )
        """,
        {"project": project, "count": len(run_ids)},
    )
    db.executemany(
        """
        INSERT INTO tally (project, workflow, tallies) VALUES (?, ?, ?)
        ON CONFLICT (project, workflow) DO UPDATE SET tallies = excluded.tallies
        """,
        [(project, bindable(workflow), text) for workflow, text in tallies.items()],
    )
    return True


def tallies_of(db: apsw.Connection, project: str, workflow_id: str | None) -> list[tuple[str, str]]:
    """Workflows, or (None) all of them, with their tallies. *project* is bindable."""
    if workflow_id is None:
        return fetch(db, "SELECT workflow, tallies FROM tally WHERE project = :project", {"project": project})
    return fetch(
        db,
        "SELECT workflow, tallies FROM tally WHERE project = :project AND workflow = :workflow",
        {"project": project, "workflow": bindable(workflow_id)},
    )
