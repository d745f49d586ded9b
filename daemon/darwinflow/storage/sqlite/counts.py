"""How much a database of an organization holds."""

import apsw

from darwinflow.storage.sqlite.fetch import fetch


def counts_in(db: apsw.Connection) -> dict[str, int]:
    """Also of the index of logs that lie in files, whose tables are the same."""
    runs, counted, versions = fetch(
        db,
        """
        SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM counted_run),
            (SELECT count(*) FROM workflow_version)
        """,
    )[0]
    return {"runs": runs, "countedRuns": counted, "versions": versions}
