"""What a folder of figures holds: tables in memory, and what of its files they are.

What is damaged is set aside, and told by who has the logs to count it again.
"""

import logging
import os

from darwinflow.storage.files.counted_list import addition, counted_list_in
from darwinflow.storage.files.figure_tables import NotingTables, miscounted
from darwinflow.storage.files.kept_lessons import LESSONS, KeptLessons
from darwinflow.storage.files.metric_file import (
    COUNTED,
    FileTorn,
    Key,
    content_of,
    counted_path,
    name_of,
    path_of,
    placed,
    sums_in,
    text_of,
)
from darwinflow.storage.files.recounts import RECOUNTED, Recounts, content_of_recounts, recounts_in
from darwinflow.storage.files.whole_files import Change, WholeFiles
from darwinflow.storage.memory.table import Undo

log = logging.getLogger(__name__)


class FigureFiles:
    """Below *path*, which is there. Raises `SchemaTooNew`, and what `folder.troubles` names."""

    def __init__(self, path: str, undo: Undo) -> None:
        self.path = path
        self._undo = undo
        self.tables = NotingTables(undo)
        self.counted = self.tables.counted
        self.patterns = KeptLessons(undo)
        self.counted_bytes: dict[str, int] = {}
        """The size of each project's list, by the project's folder."""
        self.older: set[str] = set()
        """Folders of projects whose list has no checksums yet."""
        self._projects: dict[str, str] = {}
        """By folder."""
        self.keys: dict[str, dict[Key, None]] = {}
        """By the path of their file, the keys of its sums."""
        self.damaged: dict[str, dict[str, str | None]] = {}
        """By project, the files that are set aside, or its list, and where what was damaged is kept."""
        self.recounts: dict[str, Recounts] = {}
        self.noted: dict[str, Recounts] = {}
        """In this transaction."""
        self.files = WholeFiles(path)
        try:
            self.load()
        except BaseException:
            self.files.close()
            raise

    def ids_of(self, project: str) -> list[str]:
        """In the order in which they were counted."""
        return [run_id for (each, run_id), _ in self.counted.items() if each == project]

    def keys_of(self, project: str) -> list[Key]:
        return [key for keys in self.keys.values() for key in keys if key[0] == project]

    def commit(self) -> None:
        whole = {**self._changed_files(), **self.patterns.changed(self.counted)}
        for project, known in self.noted.items():
            whole[f"{name_of(project)}/{RECOUNTED}"] = content_of_recounts(project, known)
        run_ids: dict[str, list[str]] = {}
        for project, run_id in self.counted.touched:
            if self.counted.get((project, run_id)) is not None:
                run_ids.setdefault(project, []).append(run_id)
        appended: dict[str, tuple[int, str]] = {}
        for project, ids in run_ids.items():
            is_older = name_of(project) in self.older
            size = 0 if is_older else self.counted_bytes.get(name_of(project), 0)
            new = self.ids_of(project) if is_older else ids
            appended[counted_path(project)] = size, addition(project, new, is_first=not size)
        if not whole and not appended:
            return
        self.files.commit(Change(whole, appended))
        for path, (size, text) in appended.items():
            self.counted_bytes[path.removesuffix(f"/{COUNTED}")] = size + len(text)
            self.older.discard(path.removesuffix(f"/{COUNTED}"))

    def _changed_files(self) -> dict[str, str]:
        changed: dict[str, Key] = {}
        for key in self.tables.touched():
            path = path_of(key)
            changed[path] = key
            self.keys.setdefault(path, {})[key] = None
        contents: dict[str, str] = {}
        for path, (project, workflow, _) in changed.items():
            found = {key[2]: self.tables.get(key) for key in self.keys[path]}
            sums = {subject: one for subject, one in found.items() if one is not None}
            contents[path] = content_of(project, workflow, sums)
        return contents

    def settle(self) -> None:
        self.tables.settle()
        self.noted.clear()
        self.patterns.settle()

    def load(self) -> None:
        """Raises `SchemaTooNew`."""
        self._undo.begin()
        for name in sorted(self.files.names(), key=lambda name: name.endswith(f"/{LESSONS}")):
            folder, depth = name.split("/")[0], name.count("/")
            with placed(os.path.join(self.path, name)):
                if depth == 1 and name.endswith(f"/{COUNTED}"):
                    self._load_counted(name, folder)
                elif depth == 1 and name.endswith(f"/{RECOUNTED}"):
                    self._load_recounts(name)
                elif depth == 1 and name.endswith(f"/{LESSONS}"):
                    self._load_lessons(name)
                elif depth == 2 and name.endswith(".json"):
                    self._load_sums(name, folder)
        self._undo.end()
        self.settle()
        self._compare()

    def _load_sums(self, name: str, folder: str) -> None:
        try:
            for key, sums in sums_in(self.files.read(name)).items():
                self.tables.put(key, sums)
                self.keys.setdefault(name, {})[key] = None
        except (FileTorn, ValueError, KeyError, TypeError, AttributeError):
            kept = self.files.set_aside(name)
            log.warning(
                "%s in %s is damaged and kept as %s; it is counted again from the logs", name, self.path, kept
            )
            self._note_damage(folder, name, kept)

    def _load_counted(self, name: str, folder: str) -> None:
        content = self.files.read(name)
        try:
            found = counted_list_in(content)
        except FileTorn:
            self._note_damaged_list(name, folder)
            return
        self._projects[folder] = found.project
        self.counted_bytes[folder] = len(content)
        if found.is_older:
            self.older.add(folder)
        for run_id in found.run_ids:
            self.patterns.lessons.waiting.put((found.project, run_id), len(self.counted))
            self.counted.put((found.project, run_id), True)  # noqa: FBT003 - the row's value
        if not found.is_whole:
            self._note_damaged_list(name, folder)

    def _note_damaged_list(self, name: str, folder: str) -> None:
        kept = self.files.copy_aside(name)
        log.warning(
            "%s in %s is damaged, and a copy is kept as %s; what it lists is counted again from the logs",
            name, self.path, kept,
        )  # fmt: skip
        self._note_damage(folder, name, kept)

    def _load_recounts(self, name: str) -> None:
        try:
            project, known = recounts_in(self.files.read(name))
            self.recounts[project] = known
        except (FileTorn, ValueError, KeyError, TypeError, AttributeError):
            kept = self.files.set_aside(name)
            log.warning("%s in %s is damaged and kept as %s", name, self.path, kept)

    def _load_lessons(self, name: str) -> None:
        try:
            self.patterns.load(self.files.read(name))
        except (FileTorn, ValueError, KeyError, TypeError, AttributeError):
            kept = self.files.set_aside(name)
            log.warning(
                "%s in %s is damaged and kept as %s; patterns are looked for anew", name, self.path, kept
            )

    def _compare(self) -> None:
        for project, *counts in miscounted(self.tables.all, self.damaged, self.recounts):
            log.warning(
                "of %r %d runs are listed as counted, %d count in versions and %d in hours; they are counted "
                "again from the logs",
                project, *counts,
            )  # fmt: skip
            self.damaged.setdefault(project, {}).setdefault(counted_path(project), None)

    def _note_damage(self, folder: str, name: str, kept: str) -> None:
        project = self._projects.get(folder) or text_of(folder)
        if project is not None:
            self.damaged.setdefault(project, {})[name] = os.path.relpath(kept, self.path)
