"""Tables of a damaged database, row by row, into a new one that has the schema of today."""

from collections.abc import Sequence

import apsw

from darwinflow.storage.sqlite.damaged_rows import Row, readable_rows
from darwinflow.storage.sqlite.fetch import fetch

_THROUGH_THE_MODEL = frozenset(
    {
        "run",
        "run_piece",
        "dictionary",
        "summary",
        "summary_duration",
        "hour_sums",
        "node_sums",
        "counted_run",
        "to_learn",
    }
)
"""Beside those that refer to runs by their numbers. All others are copied as they are."""


def copied_tables(db: apsw.Connection) -> list[str]:
    """Those that are copied as they are."""
    names = [
        name
        for (name,) in fetch(
            db,
            """
            SELECT name FROM pragma_table_list
            WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name
            """,
        )
    ]
    of_runs = {
        name
        for name in names
        if fetch(db, "SELECT 1 FROM pragma_foreign_key_list(:name) WHERE \"table\" = 'run'", {"name": name})
    }
    return [name for name in names if name not in _THROUGH_THE_MODEL and name not in of_runs]


def copied(source: apsw.Connection, target: apsw.Connection, table: str) -> bool:
    """Whether all rows of *table* could be read."""
    there, wanted = (
        fetch(db, "SELECT name, pk FROM pragma_table_info(:table) ORDER BY pk", {"table": table})
        for db in (source, target)
    )
    columns = [name for name, _ in wanted if name in {name for name, _ in there}]
    if not columns:
        return True  # a table that the damaged database, of an older version, does not have
    key = ", ".join(f'"{name}"' for name, position in wanted if position) or "rowid"
    selected = ", ".join(f'"{name}"' for name in columns)
    rows, is_whole = readable_rows(source, f'SELECT {selected} FROM "{table}"', key)  # noqa: S608 - names of the schema
    inserted(target, table, columns, rows)
    return is_whole


def inserted(target: apsw.Connection, table: str, columns: list[str], rows: Sequence[Row]) -> None:
    """Put *rows* of *columns* into *table*."""
    names, places = ", ".join(f'"{name}"' for name in columns), ", ".join("?" * len(columns))
    target.executemany(
        f'INSERT OR REPLACE INTO "{table}" ({names}) VALUES ({places})',  # noqa: S608 - names of the schema
        rows,
    )


def copy_sequences(source: apsw.Connection, target: apsw.Connection) -> None:
    """Numbers that were given out once are not given out again, also where their rows are gone."""
    for name, last in readable_rows(source, "SELECT name, seq FROM sqlite_sequence", "rowid").rows:
        values = {"name": name, "last": last}
        fetch(target, "UPDATE sqlite_sequence SET seq = max(seq, :last) WHERE name = :name", values)
        fetch(
            target,
            """
            INSERT INTO sqlite_sequence (name, seq)
            SELECT :name, :last WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)
            """,
            values,
        )
