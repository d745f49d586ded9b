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


_BEFORE = {"logs": ("INSERT INTO error_text (error_text, rank) VALUES ('secure-delete', 0)",)}
"""Error by error, leaving their index at once would take 2 ms each; it is emptied as a whole."""

_AFTER = {
    "logs": (
        "INSERT INTO error_text (error_text) VALUES ('delete-all')",
        "INSERT INTO error_text (error_text, rank) VALUES ('secure-delete', 1)",
    )
}


def empty(db: apsw.Connection, concerns: Iterable[str]) -> None:
    for concern in concerns:
        for statement in _BEFORE.get(concern, ()):
            fetch(db, statement)
        for table in _TABLES[concern]:
            fetch(db, f"DELETE FROM {table}")  # noqa: S608 - one of the names above
        for statement in _AFTER.get(concern, ()):
            fetch(db, statement)
