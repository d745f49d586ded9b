"""`WorkflowRepository` on files: `<path>/<id>/v<version>.yaml`, byte for byte, and `versions.lock` beside them.

A version whose line is gone, after damage or a merge, is still there, and what the line said is read from the text
where that can be. A version whose file is gone, or says something else, is still published: the line vouches for it.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from darwinflow.model.errors import StoreDamaged, StoreUnwritable, WorkflowNotFound
from darwinflow.model.workflow import LOCK_NAME, Damage, PublishedVersion, Workflow
from darwinflow.storage.files.folder import Folder, open_folder, troubles
from darwinflow.storage.files.stored_versions import StoredVersions, Understand, file_of
from darwinflow.storage.files.versions_lock import line_of, without
from darwinflow.storage.names import check_workflow_id, folded, is_workflow_id
from darwinflow.storage.publishing import published_from, refuse_other, version_already_there

_READ_ONLY_FILE = 0o444
_LOCK_FILE = 0o644


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
                stored = self._healed(folder, name)
                there = version_already_there(workflow, list(stored.known.values()), self._is_published(root))
                if there is not None:
                    self._restore(folder, stored, there.version, text)
                    return there, False
                self._refuse_lost_parent(root, workflow)
                new = published_from(workflow, name, published_by=published_by, published_at=self._now())
                self._add(folder, stored, new, text)
                return new, True

    def adopt(self, version: PublishedVersion, text: bytes) -> bool:
        check_workflow_id(version.workflow)
        with troubles(self.path), self._locked() as root:
            name = _spelling(root, version.workflow) or version.workflow
            with _made(root, name) as folder:
                stored = self._healed(folder, name)
                known = stored.known.get(version.version)
                if known is not None:
                    refuse_other(known, version)
                    self._restore(folder, stored, version.version, text)
                    return False
                self._add(folder, stored, replace(version, workflow=name), text)
                return True

    def delete(self, workflow_id: str, version: int) -> PublishedVersion:
        """The text goes first: who is killed then leaves a version that is listed, and missing, and can be deleted again."""
        if self._read_only:
            raise StoreUnwritable(f"{self.path} is open for reading alone")
        with self._folder_of(workflow_id) as (there, _):
            if there is None:
                raise WorkflowNotFound(f"{workflow_id} version {version} is not published")
        with troubles(self.path), self._locked() as root:
            name = _spelling(root, workflow_id) or workflow_id
            with _made(root, name) as folder:
                stored = self._healed(folder, name)
                known = stored.known.get(version)
                if known is None:
                    raise WorkflowNotFound(f"{workflow_id} version {version} is not published")
                folder.remove(file_of(version))
                left = without(folder.read(LOCK_NAME) or b"", name, f"{folder.path}/{LOCK_NAME}", version)
                if left.strip():
                    folder.reveal(folder.prepare(left, _LOCK_FILE, what="lock"), LOCK_NAME)
                else:
                    folder.remove(LOCK_NAME)
            root.remove_empty(name)
            return known

    def _healed(self, folder: Folder, name: str) -> StoredVersions:
        """After what a publisher has left that was killed is put away."""
        stored = StoredVersions(folder, name, self._understand)
        for number in stored.pending:
            stored.withdraw(number)
        folder.sweep()
        return StoredVersions(folder, name, self._understand) if stored.pending else stored

    def _add(self, folder: Folder, stored: StoredVersions, new: PublishedVersion, text: bytes) -> None:
        file = file_of(new.version)
        prepared = folder.prepare(text, _READ_ONLY_FILE, what=file)
        try:
            folder.append_line(LOCK_NAME, line_of(new, hashlib.sha256(text).hexdigest()))
            folder.reveal(prepared, file)
        except BaseException:
            stored.withdraw(new.version)
            folder.remove(prepared)
            raise

    def _restore(self, folder: Folder, stored: StoredVersions, number: int, text: bytes) -> None:
        """Put *text*, which has the version's content, where its own is missing."""
        damage = stored.damage(number)
        if damage is not None and damage.kind == "missing":
            folder.reveal(folder.prepare(text, _READ_ONLY_FILE, what="restored"), file_of(number))

    def _refuse_lost_parent(self, root: Folder, workflow: Workflow) -> None:
        """Nothing can be made from a text that nobody has; one that was edited is known by its content hash."""
        parent = workflow.parent
        name = parent and _spelling(root, parent.workflow)
        folder = root.inside(name) if name else None
        if parent is None or folder is None:
            return
        with folder:
            damage = StoredVersions(folder, name or "", self._understand).damage(parent.version)
        if damage is not None and damage.kind in ("missing", "unreadable"):
            raise StoreDamaged(f"the parent is lost: {damage.message}", hint=damage.advice)

    def get(self, workflow_id: str, version: int) -> tuple[PublishedVersion, bytes]:
        with self._folder_of(workflow_id) as (folder, name):
            stored = StoredVersions(folder, name, self._understand) if folder else None
            known = stored.known.get(version) if stored else None
            text = folder.read(file_of(version)) if folder and known else None
            damage = stored.damage(version) if stored and known and text is None else None
        if damage is not None:
            raise WorkflowNotFound(damage.message, hint=damage.advice)
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

    def damages(self, workflow_id: str) -> tuple[Damage, ...]:
        with self._folder_of(workflow_id) as (folder, name):
            if folder is None:
                return ()
            stored = StoredVersions(folder, name, self._understand)
            found = [stored.damage(number) for number in stored.known]
        return tuple(damage for damage in found if damage is not None)

    def list_all(self) -> tuple[PublishedVersion, ...]:
        with troubles(self.path):
            root = open_folder(self.path)
            if root is None:
                return ()
            with root:
                names = sorted(root.names(), key=lambda name: (folded(name), name))
                return tuple(version for name in names for version in self._all_in(root, name))

    def _all_in(self, root: Folder, name: str) -> tuple[PublishedVersion, ...]:
        folder = root.inside(name) if is_workflow_id(name) else None
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
        """Ascending."""
        return StoredVersions(folder, name, self._understand).known

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
