"""Whether a database is whole, page by page and row by row."""

import apsw

from darwinflow.storage.sqlite.fetch import fetch

_MOST_FAULTS = 20


def faults_in(db: apsw.Connection) -> tuple[str, ...]:
    """What SQLite finds wrong in pages, indexes, types and references. Reads all of it."""
    said = [row[0] for row in fetch(db, f"PRAGMA integrity_check({_MOST_FAULTS})")]
    faults = [] if said == ["ok"] else said
    broken = fetch(db, 'SELECT DISTINCT "table", parent FROM pragma_foreign_key_check')
    faults += [f"rows of {table} refer to rows of {parent} that are not there" for table, parent in broken]
    return tuple(faults[:_MOST_FAULTS])


def projects_in(db: apsw.Connection) -> tuple[str, ...]:
    return tuple(
        row[0]
        for row in fetch(db, "SELECT project FROM run UNION SELECT project FROM removed ORDER BY project")
    )
