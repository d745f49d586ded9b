"""What a folder of figures holds, open: in the tables of the memory back end, and in files.

What is damaged is set aside, and counted again from the logs by who has them.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import TypeVar

from darwinflow.model.metric import ExecutionMetric
from darwinflow.ports.metrics import MetricsRepository
from darwinflow.ports.parts import MetricsTransaction
from darwinflow.storage.durable import make_folders
from darwinflow.storage.figures import CountedRun, FigureRow
from darwinflow.storage.files.figure_files import FigureFiles
from darwinflow.storage.files.figure_tables import (
    counted_again,
    counts_by_project,
    figures_in,
    keyed,
    put_figures,
)
from darwinflow.storage.files.folder import troubles
from darwinflow.storage.files.metric_file import Key, counted_path, name_of, path_of
from darwinflow.storage.files.owner_lock import OwnerLock
from darwinflow.storage.files.recounts import Recount, Recounts, lost_of
from darwinflow.storage.memory.metrics import MemoryMetricsRepository
from darwinflow.storage.memory.table import Undo
from darwinflow.storage.sums import Sums

T = TypeVar("T")


class OpenFigures:
    """What the handles share."""

    def __init__(self, path: str) -> None:
        self.path = path
        with troubles(path):
            make_folders(path, 0o700)
        self._lock = threading.RLock()
        self._owner = OwnerLock(path)
        self._undo = Undo()
        try:
            self._kept = FigureFiles(path, self._undo)
        except BaseException:
            self._owner.release()
            raise

    def metrics(self, project: str) -> MetricsRepository:
        return MemoryMetricsRepository(self._kept.tables.all, self._kept.patterns.lessons, project)

    def attempt(self, work: Callable[[], T]) -> T:
        mark = self._undo.mark
        try:
            return work()
        except BaseException:
            self._undo.take_back_to(mark)
            raise

    def write(self, work: Callable[[MetricsTransaction], T]) -> "Future[T]":
        future: Future[T] = Future()
        with self._lock:
            self._undo.begin()
            try:
                result = work(self)
                self._kept.commit()
            except BaseException as error:  # noqa: BLE001 - the caller's own, given back through the future
                self._undo.take_back()
                self._kept.settle()
                future.set_exception(error)
                return future
            self._undo.end()
            self._kept.recounts |= self._kept.noted
            self._kept.settle()
        future.set_result(result)
        return future

    def read(self, work: Callable[[MetricsTransaction], T]) -> T:
        with self._lock:
            return work(self)

    def counted(self) -> int:
        """Runs."""
        with self._lock:
            return len(self._kept.counted)

    def damaged(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._kept.damaged)

    def untold(self) -> tuple[tuple[str, Recount], ...]:
        """By project, what was counted again and nobody was told of for good."""
        with self._lock:
            return tuple(
                (project, one) for project, known in self._kept.recounts.items() for one in known.untold
            )

    def acknowledge(self) -> None:
        """Somebody was told of all that is `untold`."""

        def told(_: MetricsTransaction) -> None:
            for project, known in self._kept.recounts.items():
                self._kept.noted[project] = known._replace(untold=())

        self.write(told).result()

    def rebuild(self, project: str, executions: Iterable[ExecutionMetric]) -> None:
        with self._lock:
            damaged = self._kept.damaged.get(project)
            if damaged is None:
                return
            is_whole = counted_path(project) in damaged
            known = self._kept.ids_of(project)
            again = counted_again(project, executions, None if is_whole else frozenset(known))
            there = [run_id for (_, run_id), _ in again.counted.items()]
            gone = len(frozenset(known).difference(there))

            def replace(_: MetricsTransaction) -> None:
                if is_whole:
                    ids = list(dict.fromkeys([*known, *there]))
                    self._replace_all(project, keyed(again), is_exact=self._is_exact(project, ids, gone))
                    self._recount(project, ids)
                else:
                    self._replace(project, keyed(again), damaged)
                self._note_recount(project, damaged, len(there), gone)

            self.write(replace).result()
            del self._kept.damaged[project]

    def figures(self) -> tuple[list[FigureRow], list[CountedRun]]:
        with self._lock:
            return figures_in(self._kept.tables.all)

    def put_figures(self, rows: Sequence[FigureRow], counted: Sequence[CountedRun]) -> None:
        waiting = self._kept.patterns.lessons.waiting

        def put(_: MetricsTransaction) -> None:
            put_figures(self._kept.tables.all, waiting, rows, counted)
            for project, known in self._kept.recounts.items():
                listed, versions, hours = (each[project] for each in counts_by_project(self._kept.tables.all))
                self._kept.noted[project] = known._replace(versions=versions - listed, hours=hours - listed)

        self.write(put).result()

    def close(self) -> None:
        try:
            self._kept.files.close()
        finally:
            self._owner.release()

    def _is_exact(self, project: str, run_ids: list[str], gone: int) -> bool:
        """Whether what can be counted again is all that was: nothing is gone, nor counts that no list names."""
        return not gone and counts_by_project(self._kept.tables.all)[1][project] <= len(run_ids)

    def _replace(self, project: str, fresh: dict[Key, Sums], paths: Collection[str]) -> None:
        """Put *fresh* in the place of what the files *paths* held."""
        for key in (*self._kept.keys_of(project), *fresh):
            if path_of(key) in paths:
                self._kept.tables.put(key, fresh.get(key))

    def _replace_all(self, project: str, fresh: dict[Key, Sums], *, is_exact: bool) -> None:
        """Put *fresh* in the place of all; where runs are gone, what is there of more runs stays."""
        for key in (*self._kept.keys_of(project), *fresh):
            there, one = self._kept.tables.get(key), fresh.get(key)
            if is_exact or there is None or (one is not None and one.runs >= there.runs):
                self._kept.tables.put(key, one)

    def _note_recount(self, project: str, damaged: Mapping[str, str | None], runs: int, gone: int) -> None:
        listed, versions, hours = (counts[project] for counts in counts_by_project(self._kept.tables.all))
        lost = lost_of(damaged, listed=listed, versions=versions, hours=hours, gone=gone)
        recount = Recount(tuple(damaged.items()), runs, lost)
        untold = (*self._kept.recounts.get(project, Recounts()).untold, recount)
        self._kept.noted[project] = Recounts(versions - listed, hours - listed, untold)

    def _recount(self, project: str, run_ids: list[str]) -> None:
        for run_id in self._kept.ids_of(project):
            self._kept.counted.remove((project, run_id))
        for run_id in run_ids:
            self._kept.counted.put((project, run_id), True)  # noqa: FBT003 - the row's value
        self._kept.counted_bytes.pop(name_of(project), None)
        self._kept.older.discard(name_of(project))
        self._kept.counted.touched = {(project, run_id): None for run_id in run_ids}
        self._kept.patterns.begin_anew(project, run_ids)
