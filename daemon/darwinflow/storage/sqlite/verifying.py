"""Whether a database is whole, page by page and row by row."""

from contextlib import suppress

import apsw

from darwinflow.storage.sqlite.connection import SYSTEM, TENANT, Kind, connect, let_go
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.fetch import fetch

_MOST_FAULTS = 20


def faults_of_system(path: str) -> tuple[str, ...]:
    """What is wrong in `system.db`, which is read from the disk for it. Raises what opening a database raises."""
    db = connect(path, SYSTEM, is_known=True)
    try:
        return tuple(f"{path} is damaged: {' '.join(fault.split())}" for fault in faults_in(db))
    except apsw.Error as error:
        return (str(store_error(error, path) or error),)
    finally:
        let_go(db)


def faults_in(db: apsw.Connection) -> tuple[str, ...]:
    """What SQLite finds wrong in pages, indexes, types and references. Reads all of it."""
    _see_errors_as_they_are(db)
    said = [row[0] for row in fetch(db, f"PRAGMA integrity_check({_MOST_FAULTS})")]
    faults = [] if said == ["ok"] else said
    faults += _misfits(db)
    broken = fetch(db, 'SELECT DISTINCT "table", parent FROM pragma_foreign_key_check')
    faults += [f"rows of {table} refer to rows of {parent} that are not there" for table, parent in broken]
    if not faults and are_events_unreadable(db):
        faults.append("some events cannot be read")
    return tuple(faults[:_MOST_FAULTS])


def _misfits(db: apsw.Connection) -> list[str]:
    """Tables that have not the columns that the schema of their number gives them."""
    application = fetch(db, "SELECT application_id FROM pragma_application_id")[0][0]
    faults = []
    for kind in (TENANT, SYSTEM):
        if application == kind.application_id:
            wanted = _columns(_made_of(kind))
            there = _columns(db)
            faults = [
                f"table {name} {'has other columns than it should' if name in there else 'is missing'}"
                for name in wanted
                if there.get(name) != wanted[name]
            ]
    return faults


def _made_of(kind: Kind) -> apsw.Connection:
    db = apsw.Connection(":memory:")
    for step in kind.steps():
        with open(step, encoding="utf-8") as file:
            db.execute(file.read())
    return db


def _columns(db: apsw.Connection) -> dict[str, str]:
    return dict(
        fetch(
            db,
            """
            SELECT listed.name, group_concat(columns.name ORDER BY columns.cid)
            FROM pragma_table_list AS listed, pragma_table_info(listed.name) AS columns
            WHERE listed.schema = 'main' AND listed.type = 'table' AND listed.name NOT LIKE 'sqlite~_%' ESCAPE '~'
            GROUP BY listed.name
            """,
        )
    )


def are_events_unreadable(db: apsw.Connection) -> bool:
    """Whether somebody has changed events so that they are none; always false of `system.db`, which has none."""
    if not fetch(db, "SELECT 1 FROM sqlite_schema WHERE name = '_honker_stream'"):
        return False
    return bool(fetch(db, "SELECT 1 FROM _honker_stream WHERE NOT json_valid(payload) LIMIT 1"))


def _see_errors_as_they_are(db: apsw.Connection) -> None:
    """Else the check of their index goes by the segments that it had when this connection last asked it."""
    with suppress(apsw.CorruptError, apsw.SQLError):  # the check itself will tell; `system.db` has none
        fetch(db, "SELECT rowid FROM error_text WHERE rowid = 0")


def projects_in(db: apsw.Connection) -> tuple[str, ...]:
    return tuple(
        row[0]
        for row in fetch(db, "SELECT project FROM run UNION SELECT project FROM removed ORDER BY project")
    )
