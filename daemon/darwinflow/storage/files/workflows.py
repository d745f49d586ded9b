"""`WorkflowRepository` on files: `<path>/<id>/v<version>.yaml`, byte for byte, and `versions.lock` beside them.

A version is published when its file has its name: its line in the lock is written before. A version whose line
is gone, after damage or a merge, is still there, and what the line said is read from the text where that can be.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from darwinflow.model.errors import StoreUnwritable, WorkflowNotFound
from darwinflow.model.workflow import PublishedVersion, Workflow
from darwinflow.storage.files.folder import Folder, open_folder, troubles
from darwinflow.storage.files.versions_lock import LOCK_NAME, line_of, versions_in
from darwinflow.storage.instants import from_micros
from darwinflow.storage.names import check_workflow_id, folded
from darwinflow.storage.publishing import published_from, version_already_there

log = logging.getLogger(__name__)

_VERSION_FILE = re.compile(r"v([1-9][0-9]{0,17})\.yaml", re.ASCII)
_READ_ONLY_FILE = 0o444

Understand = Callable[[bytes], Workflow | None]
"""The workflow that a text holds; None where it cannot be read."""


class FileWorkflowRepository:
    """*path* is made when something is first stored. Several processes may use one: writers wait for each other."""

    def __init__(
        self, path: str, *, now: Callable[[], datetime], understand: Understand, read_only: bool = False
    ) -> None:
        self.path = path
        self._now = now
        self._understand = understand
        self._read_only = read_only

    def store(self, workflow: Workflow, text: bytes, *, published_by: str) -> tuple[PublishedVersion, bool]:
        check_workflow_id(workflow.id)
        if self._read_only:
            raise StoreUnwritable(f"{self.path} is open for reading alone")
        with troubles(self.path), self._locked() as root:
            name = _spelling(root, workflow.id) or workflow.id
            with _made(root, name) as folder:
                known = self._versions(folder, name)
                there = version_already_there(workflow, list(known.values()), self._is_published(root))
                if there is not None:
                    return there, False
                new = published_from(workflow, name, published_by=published_by, published_at=self._now())
                folder.sweep()
                prepared = folder.prepare(text, _READ_ONLY_FILE)
                try:
                    folder.append_line(LOCK_NAME, line_of(new))
                    folder.reveal(prepared, f"v{new.version}.yaml")
                except BaseException:
                    folder.remove(prepared)
                    raise
                return new, True

    def get(self, workflow_id: str, version: int) -> tuple[PublishedVersion, bytes]:
        with self._folder_of(workflow_id) as (folder, name):
            known = self._versions(folder, name).get(version) if folder else None
            text = folder.read(f"v{version}.yaml") if folder and known else None
        if known is None or text is None:
            raise WorkflowNotFound(f"{workflow_id} version {version} is not published")
        return known, text

    def get_latest(self, workflow_id: str) -> tuple[PublishedVersion, bytes]:
        versions = self.list(workflow_id)
        if not versions:
            raise WorkflowNotFound(f"{workflow_id} is not published")
        return self.get(workflow_id, versions[-1].version)

    def list(self, workflow_id: str) -> tuple[PublishedVersion, ...]:
        with self._folder_of(workflow_id) as (folder, name):
            return tuple(self._versions(folder, name).values()) if folder else ()

    def list_all(self) -> tuple[PublishedVersion, ...]:
        with troubles(self.path):
            root = open_folder(self.path)
            if root is None:
                return ()
            with root:
                names = sorted(root.names(), key=lambda name: (folded(name), name))
                return tuple(version for name in names for version in self._all_in(root, name))

    def _all_in(self, root: Folder, name: str) -> tuple[PublishedVersion, ...]:
        folder = None if name.startswith(".") else root.inside(name)
        if folder is None:
            return ()
        with folder:
            return tuple(self._versions(folder, name).values())

    @contextmanager
    def _locked(self) -> Iterator[Folder]:
        root = open_folder(self.path, make=True)
        if root is None:
            raise StoreUnwritable(f"{self.path} is not a folder")
        with root:
            root.lock()
            yield root

    @contextmanager
    def _folder_of(self, workflow_id: str) -> Iterator[tuple[Folder | None, str]]:
        """The folder of *workflow_id*, in whatever case it is spelt there, and its name."""
        with troubles(self.path):
            root = open_folder(self.path)
            if root is None:
                yield None, workflow_id
                return
            with root:
                name = _spelling(root, workflow_id)
                folder = root.inside(name) if name else None
                if folder is None:
                    yield None, workflow_id
                    return
                with folder:
                    yield folder, name or workflow_id

    def _versions(self, folder: Folder, name: str) -> dict[int, PublishedVersion]:
        """Ascending. What has no file is not published, whatever the lock says."""
        told = versions_in(folder.read(LOCK_NAME) or b"", name, f"{folder.path}/{LOCK_NAME}")
        numbers = sorted(
            int(match[1])
            for file in folder.names()
            if (match := _VERSION_FILE.fullmatch(file)) and folder.has_plain(file)
        )
        found = {number: told.get(number) or self._untold(folder, name, number) for number in numbers}
        return {number: version for number, version in found.items() if version is not None}

    def _untold(self, folder: Folder, name: str, number: int) -> PublishedVersion | None:
        """Version *number*, of which no line tells; None where it is no plain file that can be understood."""
        file = f"v{number}.yaml"
        text = folder.read(file)
        workflow = None if text is None else self._understand(text)
        if workflow is None:
            log.warning("%s/%s is no published version: no line tells of it", folder.path, file)
            return None
        log.warning("%s/%s has no line in %s; it is taken from its text", folder.path, file, LOCK_NAME)
        return published_from(
            workflow, name, published_by="", published_at=from_micros(folder.modified_us(file))
        )

    def _is_published(self, root: Folder) -> Callable[[str, int], bool]:
        def is_published(workflow_id: str, version: int) -> bool:
            name = _spelling(root, workflow_id)
            return name is not None and any(known.version == version for known in self._all_in(root, name))

        return is_published


@contextmanager
def _made(root: Folder, name: str) -> Iterator[Folder]:
    folder = root.inside(name, make=True)
    if folder is None:
        raise StoreUnwritable(f"{root.path}/{name} is not a folder of the store")
    with folder:
        yield folder


def _spelling(root: Folder, workflow_id: str) -> str | None:
    """The name of the folder that *workflow_id* has: the same, else one that differs in case alone."""
    names = root.names()
    if workflow_id in names:
        return workflow_id
    wanted = folded(workflow_id)
    return next((name for name in names if folded(name) == wanted), None)
