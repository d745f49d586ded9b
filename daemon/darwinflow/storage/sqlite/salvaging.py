"""A new database of what can be read of a damaged one.

Runs go through the model: each is read whole and kept anew, so that lists, indexes and searches are of what it says.
Other tables are copied row by row. Nothing is written into the damaged database.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import NamedTuple

import apsw

from darwinflow.model.errors import DarwinFlowError, StoreDamaged, StoreFull
from darwinflow.model.metric import metric_of
from darwinflow.model.run import ExecutionLog
from darwinflow.storage.figures import CountedRun, FigureRow
from darwinflow.storage.pending_nodes import PendingNodes
from darwinflow.storage.run_file import FiledRun
from darwinflow.storage.sqlite import nodes
from darwinflow.storage.sqlite.bodies import CompressedBodies, body_of
from darwinflow.storage.sqlite.connection import connect_reader, let_go
from darwinflow.storage.sqlite.cut_off import full_sized
from darwinflow.storage.sqlite.damaged_rows import UNREADABLE, readable_rows, rows_between
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.fetch import fetch
from darwinflow.storage.sqlite.figures import figures_in, put_figures
from darwinflow.storage.sqlite.first_page import first_page_mended
from darwinflow.storage.sqlite.logs import SqliteLogRepository
from darwinflow.storage.sqlite.lost import BESIDE, refuse_lost, size_by_header, size_of
from darwinflow.storage.sqlite.replacing import replace, unfinished
from darwinflow.storage.sqlite.salvaged_tables import copied, copied_tables, copy_sequences, inserted
from darwinflow.storage.sqlite.schema_pages import schema_mended
from darwinflow.storage.sqlite.tenant import SqliteTenantStore, SqliteTransaction
from darwinflow.storage.sqlite.verifying import are_events_unreadable

Tell = Callable[[str, int, int], None]

_A_BATCH = 100
_OF_EVENTS = frozenset({"_honker_notifications", "_honker_stream", "_honker_stream_consumers"})
"""Tables that tell what has changed, and hold nothing that is not elsewhere."""


class Unreadable(NamedTuple):
    """A run that nothing can be made of."""

    project: str
    run_id: str
    why: str


class Salvaged(NamedTuple):
    runs: int
    unreadable: tuple[Unreadable, ...]
    partial: tuple[str, ...]
    """Tables of which some rows could not be read, and are lost."""
    are_events_dropped: bool
    """Some could not be read: none is left, so that subscribers begin anew."""
    are_figures_added_again: bool
    kept: str | None
    """Where the damaged database is now; None where nothing was changed."""
    cut: int = 0
    """Bytes that its end lacks: runs of which all lay there are not known."""


def salvage(path: str, tell: Tell, *, dry_run: bool) -> Salvaged:
    """Put a database of what can be read of *path* in its place, or only say what that is.

    Nothing may have it open. Raises `StoreDamaged` where nothing can be read of it, `StoreFull` with nothing changed.
    """
    refuse_lost(path, is_known=True)
    with first_page_mended(path) as mended:
        if mended is not None:
            return _salvaged(path, mended, tell, dry_run=dry_run)
    cut = max(size_by_header(path) - (size_of(path) or 0), 0)
    try:
        with full_sized(path) as readable:
            return _salvaged(path, readable, tell, dry_run=dry_run)._replace(cut=cut)
    except StoreDamaged:
        with schema_mended(path) as mended:
            if mended is None:
                raise
            return _salvaged(path, mended, tell, dry_run=dry_run)


def _salvaged(path: str, readable: str, tell: Tell, *, dry_run: bool) -> Salvaged:
    source = _opened(path, readable)
    try:
        reading = _Reading(source)
        if dry_run:
            runs = sum(1 for _ in reading.runs(tell))
            return Salvaged(
                runs,
                tuple(reading.unreadable),
                (),
                are_events_dropped=False,
                are_figures_added_again=not reading.figures,
                kept=None,
            )
        _refuse_full(path)
        target = unfinished(path)
        with closing(SqliteTenantStore(target)) as store:
            runs = _written(store, reading, tell)
            partial = store.write(lambda tx: _rest_copied(source, tx.connection, reading)).result()
            are_events_dropped = store.write(lambda tx: _events_dropped(tx.connection, partial)).result()
        faults = _faults(target)
        if faults:
            raise StoreDamaged(f"{target} is not what was written: {faults[0]}", hint="look at that disk")
    finally:
        let_go(source)
    return Salvaged(
        runs,
        tuple(reading.unreadable),
        tuple(name for name in partial if name not in _OF_EVENTS),
        are_events_dropped=are_events_dropped,
        are_figures_added_again=not reading.figures,
        kept=replace(path),
    )


class _Reading:
    """Of a damaged database."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._bodies = CompressedBodies(db)
        self.unreadable: list[Unreadable] = []
        self.figures = self._figures()
        """None where they cannot be read whole."""

    def runs(self, tell: Tell) -> Iterator[FiledRun]:
        """Those that can be read; of the others `unreadable` has one each."""
        known = self._known()
        for done, (number, (project, run_id, status)) in enumerate(sorted(known.items()), start=1):
            try:
                log = self._log(number, project, run_id)
            except (*UNREADABLE, DarwinFlowError, IndexError) as error:
                self.unreadable.append(Unreadable(project, run_id, str(error) or "its log is gone"))
            else:
                yield FiledRun(
                    project, log, is_lost=log.output is None and (status is None or status == "LOST")
                )
            tell("reading", done, len(known))

    def _known(self) -> dict[int, tuple[str, str, str | None]]:
        """Project, id and, where that is known, status by number."""
        statement = "SELECT number, project, id, status FROM run"
        rows, is_whole = readable_rows(self._db, statement, "number")
        indexed = readable_rows(
            self._db, "SELECT number, project, id FROM run INDEXED BY sqlite_autoindex_run_1", "project, id"
        ).rows
        bodies = [row[0] for row in readable_rows(self._db, "SELECT run FROM run_body", "run").rows]
        if not is_whole:
            last = max([row[0] for row in (*rows, *indexed)] + bodies, default=0)
            rows += rows_between(
                self._db, f"{statement} WHERE number = :number", [row[0] for row in rows], last
            )
        found: dict[int, tuple[str, str, str | None]] = {
            number: (project, run_id, None) for number, project, run_id in indexed
        }
        found |= {number: (project, run_id, status) for number, project, run_id, status in rows}
        projects = {project for project, _, _ in found.values()}
        for number in bodies:
            if number not in found:
                self._take_nameless(number, projects, found)
        return found

    def _take_nameless(
        self, number: int, projects: set[str], found: dict[int, tuple[str, str, str | None]]
    ) -> None:
        """A log whose row is gone: it says which run it is of, but of which project only where there is but one."""
        try:
            run_id = self._body(number).run_id
        except (*UNREADABLE, DarwinFlowError, IndexError):
            self.unreadable.append(Unreadable("", f"number {number}", "neither its row nor its log is left"))
            return
        if len(projects) == 1:
            found[number] = (next(iter(projects)), run_id, None)
        else:
            self.unreadable.append(
                Unreadable("", run_id, "its row is gone, and with it the name of its project")
            )

    def _log(self, number: int, project: str, run_id: str) -> ExecutionLog:
        try:
            log = SqliteLogRepository(self._db, project, self._bodies).get_log(run_id)
        except (*UNREADABLE, DarwinFlowError, IndexError):
            log = self._body(number)  # by the row that only the index has
        if log.run_id != run_id:
            raise StoreDamaged(f"its log is that of run {log.run_id}")
        return log

    def _body(self, number: int) -> ExecutionLog:
        codec, body = body_of(self._db, number)
        return self._bodies.load(codec, body)

    def _figures(self) -> tuple[list[FigureRow], list[CountedRun]] | None:
        try:
            return figures_in(self._db)
        except (*UNREADABLE, DarwinFlowError, ValueError):
            return None


def _opened(path: str, readable: str) -> apsw.Connection:
    db = connect_reader(readable)
    try:
        fetch(db, "PRAGMA query_only = ON")
        fetch(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'run'")
    except apsw.Error as error:
        let_go(db)
        raise store_error(error, path) or error from error
    return db


def _refuse_full(path: str) -> None:
    needed = sum(size_of(path + suffix) or 0 for suffix in BESIDE)
    free = shutil.disk_usage(os.path.dirname(path)).free
    if free < needed:
        raise StoreFull(
            f"this needs about {(needed >> 20) + 1} MiB, and the disk with {path} has {free >> 20} MiB free",
            hint="free some space there; nothing has been changed",
        )


def _written(store: SqliteTenantStore, reading: _Reading, tell: Tell) -> int:
    count, rest = 0, reading.runs(tell)
    while batch := list(islice(rest, _A_BATCH)):
        store.write(lambda tx, runs=batch: _store(tx, runs, are_counted=reading.figures is None)).result()  # type: ignore[misc]
        count += len(batch)
    return count


def _store(tx: SqliteTransaction, runs: Sequence[FiledRun], *, are_counted: bool) -> None:
    for project, log, is_lost in runs:
        logs = tx.logs(project)
        if log.output is None:
            logs.start(log)
            if is_lost:
                logs.mark_lost(log.run_id)
            continue
        logs.store_log(log)
        metric = metric_of(log)
        if are_counted and metric is not None:
            tx.metrics(project).record_execution(metric)


def _rest_copied(source: apsw.Connection, target: apsw.Connection, reading: _Reading) -> list[str]:
    """The tables that are not whole."""
    partial = [table for table in copied_tables(target) if not copied(source, target, table)]
    if reading.figures is not None:
        pending = PendingNodes()
        put_figures(target, *reading.figures, pending)
        nodes.write(target, pending)
        waiting = readable_rows(source, "SELECT number, project, id FROM to_learn", "number")
        if waiting.is_whole:
            fetch(target, "DELETE FROM to_learn")
            inserted(target, "to_learn", ["number", "project", "id"], waiting.rows)
    for project in {one.project for one in reading.unreadable if one.project}:
        gone = sum(one.project == project for one in reading.unreadable)
        fetch(
            target,
            """
            INSERT INTO removed (project, runs) VALUES (:project, :gone)
            ON CONFLICT (project) DO UPDATE SET runs = runs + excluded.runs
            """,
            {"project": project, "gone": gone},
        )
    fetch(
        target,
        """
        DELETE FROM pinned_run
        WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.project = pinned_run.project AND run.id = pinned_run.id)
        """,
    )
    copy_sequences(source, target)
    return partial


def _events_dropped(target: apsw.Connection, partial: Sequence[str]) -> bool:
    """Whether there were some that could not be read.

    None is kept then: a subscriber that has not seen all sees that older ones are gone, reads the data instead, and goes
    on from there. Numbers go on from the last one.
    """
    if _OF_EVENTS.isdisjoint(partial) and not are_events_unreadable(target):
        return False
    fetch(target, "DELETE FROM _honker_stream")
    fetch(target, "DELETE FROM _honker_notifications")
    return True


def _faults(path: str) -> tuple[str, ...]:
    with closing(SqliteTenantStore(path, is_known=True)) as store:
        return store.verify()
