"""Takes all of a concern out of a database that goes on holding the others."""

from collections.abc import Iterable

import apsw

from darwinflow.storage.sqlite.fetch import fetch

_TABLES = {
    "logs": (
        "run_error",
        "run_step",
        "run_piece",
        "run_body",
        "run",
        "pinned_run",
        "erased_run",
        "removed",
        "journal",
        "outbox",
    ),
    "metrics": ("summary_duration", "summary", "hour_sums", "node_sums", "counted_run", "to_learn", "tally"),
    "workflows": ("workflow_version",),
}
"""Those that refer to others first."""


def empty(db: apsw.Connection, concerns: Iterable[str]) -> None:
    for concern in concerns:
        for table in _TABLES[concern]:
            fetch(db, f"DELETE FROM {table}")  # noqa: S608 - one of the names above
