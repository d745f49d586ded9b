"""What a folder of figures holds, open: in the tables of the memory back end, and in files.

What is damaged is set aside, and counted again from the logs by who has them.
"""

import logging
import os
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from typing import TypeVar

from darwinflow.model.metric import ExecutionMetric
from darwinflow.ports.metrics import MetricsRepository
from darwinflow.ports.parts import MetricsTransaction
from darwinflow.storage.durable import make_folders
from darwinflow.storage.figures import CountedRun, FigureRow
from darwinflow.storage.files.figure_tables import (
    NotingTables,
    figures_in,
    keyed,
    miscounted,
    put_figures,
)
from darwinflow.storage.files.folder import troubles
from darwinflow.storage.files.kept_lessons import LESSONS, KeptLessons
from darwinflow.storage.files.metric_file import (
    COUNTED,
    FileTorn,
    Key,
    addition,
    content_of,
    counted_path,
    name_of,
    path_of,
    placed,
    project_in,
    sums_in,
    text_of,
)
from darwinflow.storage.files.owner_lock import OwnerLock
from darwinflow.storage.files.whole_files import Change, WholeFiles
from darwinflow.storage.memory.lessons import Lessons
from darwinflow.storage.memory.metrics import FigureTables, MemoryMetricsRepository
from darwinflow.storage.memory.table import Undo
from darwinflow.storage.sums import Sums

log = logging.getLogger(__name__)

T = TypeVar("T")

_RUN_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


class OpenFigures:
    """What the handles share."""

    def __init__(self, path: str) -> None:
        self.path = path
        with troubles(path):
            make_folders(path, 0o700)
        self._lock = threading.RLock()
        self._owner = OwnerLock(path)
        self._undo = Undo()
        self._tables = NotingTables(self._undo)
        self._counted = self._tables.counted
        self._kept = KeptLessons(self._undo)
        self._counted_bytes: dict[str, int] = {}
        """The size of each project's list, by the project's folder."""
        self._projects: dict[str, str] = {}
        """By folder."""
        self._keys: dict[str, dict[Key, None]] = {}
        """By the path of their file, the keys of its sums."""
        self._damaged: dict[str, set[str]] = {}
        """By project, the paths of files that are set aside, or of its list."""
        try:
            self._files = WholeFiles(path)
        except BaseException:
            self._owner.release()
            raise
        try:
            self._load()
        except BaseException:
            self.close()
            raise

    def metrics(self, project: str) -> MetricsRepository:
        return MemoryMetricsRepository(self._tables.all, self._kept.lessons, project)

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
                self._commit()
            except BaseException as error:  # noqa: BLE001 - the caller's own, given back through the future
                self._undo.take_back()
                self._settle()
                future.set_exception(error)
                return future
            self._undo.end()
            self._settle()
        future.set_result(result)
        return future

    def read(self, work: Callable[[MetricsTransaction], T]) -> T:
        with self._lock:
            return work(self)

    def counted(self) -> int:
        """Runs."""
        with self._lock:
            return len(self._counted)

    def damaged(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(self._damaged)

    def rebuild(self, project: str, executions: Iterable[ExecutionMetric]) -> None:
        with self._lock:
            paths = self._damaged.get(project)
            if paths is None:
                return
            is_whole = counted_path(project) in paths
            known = {run_id for (each, run_id), _ in self._counted.items() if each == project}
            again = FigureTables.empty(undo := Undo())
            undo.begin()
            counting = MemoryMetricsRepository(again, Lessons.empty(undo), project)
            for metric in executions:
                if is_whole or metric.run_id in known:
                    counting.record_execution(metric)
            fresh = keyed(again)

            def replace(_: MetricsTransaction) -> None:
                self._replace(project, fresh, None if is_whole else paths)
                if is_whole:
                    self._recount(project, [run_id for (_, run_id), _ in again.counted.items()])

            self.write(replace).result()
            del self._damaged[project]

    def figures(self) -> tuple[list[FigureRow], list[CountedRun]]:
        with self._lock:
            return figures_in(self._tables.all)

    def put_figures(self, rows: Sequence[FigureRow], counted: Sequence[CountedRun]) -> None:
        waiting = self._kept.lessons.waiting
        self.write(lambda _: put_figures(self._tables.all, waiting, rows, counted)).result()

    def close(self) -> None:
        try:
            self._files.close()
        finally:
            self._owner.release()

    def _replace(self, project: str, fresh: dict[Key, Sums], paths: set[str] | None) -> None:
        """Put *fresh* in the place of what the files *paths* held, or (None) all of the project's."""
        held = [key for keys in self._keys.values() for key in keys if key[0] == project]
        for key in (*held, *fresh):
            if paths is None or path_of(key) in paths:
                self._tables.put(key, fresh.get(key))

    def _recount(self, project: str, run_ids: list[str]) -> None:
        for key in [key for key, _ in self._counted.items() if key[0] == project]:
            self._counted.remove(key)
        for run_id in run_ids:
            self._counted.put((project, run_id), True)  # noqa: FBT003 - the row's value
        self._counted_bytes.pop(name_of(project), None)
        self._counted.touched = {(project, run_id): None for run_id in run_ids}
        self._kept.begin_anew(project, run_ids)

    def _commit(self) -> None:
        whole = {**self._changed_files(), **self._kept.changed(self._counted)}
        run_ids: dict[str, list[str]] = {}
        for project, run_id in self._counted.touched:
            if self._counted.get((project, run_id)) is not None:
                run_ids.setdefault(project, []).append(run_id)
        appended: dict[str, tuple[int, str]] = {}
        for project, ids in run_ids.items():
            size = self._counted_bytes.get(name_of(project), 0)
            appended[counted_path(project)] = size, addition(project, ids, is_first=not size)
        if not whole and not appended:
            return
        self._files.commit(Change(whole, appended))
        for path, (size, text) in appended.items():
            self._counted_bytes[path.removesuffix(f"/{COUNTED}")] = size + len(text)

    def _changed_files(self) -> dict[str, str]:
        changed: dict[str, Key] = {}
        for key in self._tables.touched():
            path = path_of(key)
            changed[path] = key
            self._keys.setdefault(path, {})[key] = None
        contents: dict[str, str] = {}
        for path, (project, workflow, _) in changed.items():
            found = {key[2]: self._tables.get(key) for key in self._keys[path]}
            sums = {subject: one for subject, one in found.items() if one is not None}
            contents[path] = content_of(project, workflow, sums)
        return contents

    def _settle(self) -> None:
        self._tables.settle()
        self._kept.settle()

    def _load(self) -> None:
        """Raises `SchemaTooNew`."""
        self._undo.begin()
        for name in sorted(self._files.names(), key=lambda name: name.endswith(f"/{LESSONS}")):
            folder, depth = name.split("/")[0], name.count("/")
            with placed(os.path.join(self.path, name)):
                if depth == 1 and name.endswith(f"/{COUNTED}"):
                    self._load_counted(name, folder)
                elif depth == 1 and name.endswith(f"/{LESSONS}"):
                    self._load_lessons(name)
                elif depth == 2 and name.endswith(".json"):
                    self._load_sums(name, folder)
        self._undo.end()
        self._settle()
        self._compare()

    def _load_sums(self, name: str, folder: str) -> None:
        try:
            for key, sums in sums_in(self._files.read(name)).items():
                self._tables.put(key, sums)
                self._keys.setdefault(name, {})[key] = None
        except (FileTorn, ValueError, KeyError, TypeError, AttributeError):
            kept = self._files.set_aside(name)
            log.warning(
                "%s in %s is damaged and kept as %s; it is counted again from the logs", name, self.path, kept
            )
            self._note_damage(folder, name)

    def _load_counted(self, name: str, folder: str) -> None:
        content = self._files.read(name)
        header, *run_ids = content.decode("ascii", "replace").split("\n")
        try:
            project = project_in(header)
        except FileTorn:
            log.warning("%s in %s is damaged; what it lists is counted again from the logs", name, self.path)
            self._note_damage(folder, name)
            return
        self._projects[folder] = project
        self._counted_bytes[folder] = len(content)
        for run_id in run_ids:
            if _RUN_ID.fullmatch(run_id):
                self._kept.lessons.waiting.put((project, run_id), len(self._counted))
                self._counted.put((project, run_id), True)  # noqa: FBT003 - the row's value
        if not run_ids or run_ids[-1]:
            self._note_damage(folder, name)

    def _load_lessons(self, name: str) -> None:
        try:
            self._kept.load(self._files.read(name))
        except (FileTorn, ValueError, KeyError, TypeError, AttributeError):
            kept = self._files.set_aside(name)
            log.warning(
                "%s in %s is damaged and kept as %s; patterns are looked for anew", name, self.path, kept
            )

    def _compare(self) -> None:
        for project, *counts in miscounted(self._tables.all, self._damaged):
            log.warning(
                "of %r %d runs are listed as counted, %d count in versions and %d in hours; they are counted "
                "again from the logs",
                project, *counts,
            )  # fmt: skip
            self._damaged[project] = {*self._damaged.get(project, ()), counted_path(project)}

    def _note_damage(self, folder: str, name: str) -> None:
        project = self._projects.get(folder) or text_of(folder)
        if project is not None:
            self._damaged.setdefault(project, set()).add(name)
