"""Makes rows follow again from what lies beside them: what lists say of a run from its log, figures from all logs.

Others may record meanwhile: none of them waits for more than a run that is listed anew.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from darwinflow.model.errors import DarwinFlowError, RunNotFound, StoreDamaged
from darwinflow.model.phrases import counted
from darwinflow.model.run import ExecutionLog, header_of
from darwinflow.storage.packed_durations import unpacked
from darwinflow.storage.packed_nodes import unpacked_nodes
from darwinflow.storage.postgres.live import LiveRuns
from darwinflow.storage.postgres.rows import header_of_row, row_of
from darwinflow.storage.postgres.texts import restored
from darwinflow.storage.postgres.transaction import PostgresTransaction

if TYPE_CHECKING:
    from darwinflow.storage.postgres.tenant import PostgresTenantStore

_PAGE = 200


class _Key(NamedTuple):
    """Of a run, as it is stored."""

    project: str
    run_id: str


class _Unreadable(NamedTuple):
    """A row of figures of which nothing can be made."""

    table: str
    project: str
    workflow: str
    number: int
    """Of the hour, or the day."""
    version: int


def mend_rows(store: "PostgresTenantStore", *, dry_run: bool) -> tuple[str, ...]:
    """See `Mendable.mend`. Figures that cannot be read are taken away: they are to be added up again."""
    told = []
    wrong = list(_wrongly_listed(store))
    for project in dict.fromkeys(key.project for key in wrong):
        runs = sum(key.project == project for key in wrong)
        told.append(
            f"{counted(runs, 'run')} of project '{restored(project)}' listed otherwise than their logs say"
        )
    unreadable = store.read(_unreadable_figures)
    told += [
        f"figures of {'an hour' if row.table == 'hour_sums' else 'nodes in a day'} of {restored(row.workflow)} "
        f"v{row.version} in project '{restored(row.project)}' cannot be read and are added up again"
        for row in unreadable
    ]
    if not dry_run:
        for key in wrong:
            store.write(lambda tx, key=key: _list_anew(tx, key)).result()  # type: ignore[misc]
        if unreadable:
            store.write(lambda tx: _take_away(tx, unreadable)).result()
    return tuple(told)


def _wrongly_listed(store: "PostgresTenantStore") -> Iterator[_Key]:
    """Runs whose logs cannot be read are none of them."""
    after: _Key | None = _Key("", "")
    while after is not None:
        wrong, after = store.read(lambda tx, after=after: _page(tx, after))  # type: ignore[misc]
        yield from wrong


def _page(tx: PostgresTransaction, after: _Key) -> tuple[list[_Key], _Key | None]:
    """Those of the runs behind *after*, and behind which to go on."""
    rows = tx.connection.execute(
        """
        SELECT project, id, tail, errors, workflow, version, hash, status, started, ended, brief::text
        FROM darwinflow.run
        WHERE organization = %(organization)s AND (project, id) > (%(project)s, %(id)s)
        ORDER BY project, id LIMIT %(limit)s
        """,
        {"organization": tx.organization, "project": after.project, "id": after.run_id, "limit": _PAGE},
    ).fetchall()
    wrong = [
        _Key(project, run_id)
        for project, run_id, tail, errors, *shown in rows
        if not _is_listed(tx, _Key(project, run_id), tail, errors, shown)
    ]
    return wrong, _Key(*rows[-1][:2]) if len(rows) == _PAGE else None


def _is_listed(
    tx: PostgresTransaction, key: _Key, tail: str, errors: str | None, shown: Sequence[object]
) -> bool:
    """Whether the row of *key* is what its log says, as far as can be told."""
    try:
        log = _log(tx, key)
    except (DarwinFlowError, IndexError):
        return True
    row = row_of(tx.organization, key.project, log, tx.compression)
    # Errors of a run that has not finished are added as they come.
    if tail != row["tail"] or (log.output is not None and errors != row["errors"]):
        return False
    workflow, version, text_hash, status, started, ended, brief = shown
    try:
        header = header_of_row(
            (key.run_id, workflow, version, text_hash, status, started, ended, brief)  # type: ignore[arg-type]
        )
    except (StoreDamaged, ValueError):
        return False
    return header == header_of(log, lost=status == "LOST")


def _list_anew(tx: PostgresTransaction, key: _Key) -> None:
    try:
        row = row_of(tx.organization, key.project, _log(tx, key), tx.compression)
    except RunNotFound:
        return  # deleted meanwhile
    tx.connection.execute(
        """
        UPDATE darwinflow.run SET tail = %(tail)s, workflow = %(workflow)s, version = %(version)s, hash = %(hash)s,
            status = CASE WHEN status = 'LOST' AND %(status)s = 'RUNNING' THEN status ELSE %(status)s END,
            started = %(started)s, ended = %(ended)s, errors = %(errors)s, brief = %(brief)s::jsonb
        WHERE organization = %(organization)s AND project = %(project)s AND id = %(id)s
        """,
        {name: value for name, value in row.items() if name not in ("codec", "body")},
    )


def _log(tx: PostgresTransaction, key: _Key) -> ExecutionLog:
    return LiveRuns(tx.connection, tx.organization, key.project, tx.compression).get_log(restored(key.run_id))


def _unreadable_figures(tx: PostgresTransaction) -> list[_Unreadable]:
    mine = {"organization": tx.organization}
    hours = tx.connection.execute(
        """
        SELECT project, workflow, hour, version, durations FROM darwinflow.hour_sums
        WHERE organization = %(organization)s
        """,
        mine,
        binary=True,
    ).fetchall()
    days = tx.connection.execute(
        """
        SELECT project, workflow, day, version, nodes FROM darwinflow.node_sums
        WHERE organization = %(organization)s
        """,
        mine,
        binary=True,
    ).fetchall()
    return [
        _Unreadable(table, *row[:4])
        for table, rows, read in (("hour_sums", hours, unpacked), ("node_sums", days, unpacked_nodes))
        for row in rows
        if not _can(read, row[4])
    ]


def _can(read: Callable[[bytes], object], content: bytes) -> bool:
    try:
        read(content)
    except StoreDamaged:
        return False
    return True


def _take_away(tx: PostgresTransaction, rows: Sequence[_Unreadable]) -> None:
    for row in rows:
        values = {**row._asdict(), "organization": tx.organization}
        if row.table == "hour_sums":
            tx.connection.execute(
                """
                DELETE FROM darwinflow.hour_sums
                WHERE organization = %(organization)s AND project = %(project)s AND workflow = %(workflow)s
                  AND hour = %(number)s AND version = %(version)s
                """,
                values,
            )
        else:
            tx.connection.execute(
                """
                DELETE FROM darwinflow.node_sums
                WHERE organization = %(organization)s AND project = %(project)s AND workflow = %(workflow)s
                  AND day = %(number)s AND version = %(version)s
                """,
                values,
            )
    tx.put_figures((), ())  # others forget what they remember of them
