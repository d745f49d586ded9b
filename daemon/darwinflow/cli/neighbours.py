"""What `check` knows of the files around the one it checks: the drafts of the workspace, and its file store.

Nothing is read before a rule asks for it, and each file once. Of most drafts only id and version matter; these are
taken from their lines where they are written plainly.
"""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from darwinflow.check.neighbours import FileFacts, ParentName, Published, WorkflowFacts
from darwinflow.cli.workflow_files import draft_paths
from darwinflow.recorder.paths import SETTINGS_NAME
from darwinflow.settings.workspace import WorkspaceSettings

if TYPE_CHECKING:
    from darwinflow.catalog.catalog import Catalog
    from darwinflow.model.workflow import PublishedVersion, Workflow
    from darwinflow.ports.workflows import WorkflowRepository

MOST_ENTRIES = 20_000
"""Files and folders that are walked in search of drafts; a workspace with more is not searched to its end."""
_MOST_BYTES = 8 << 20
_MOST_SEARCHES = 4
"""Ids that are searched for one by one; for more, the ids of all drafts are read."""
_FIELD = re.compile(
    rb"^(id|version)[ \t]*:[ \t]+([^\s#&*!|>'\"{}\[\],%@`-][^\r\n#:]*?)[ \t]*(?:[ \t]#[^\r\n]*)?\r?$",
    re.MULTILINE,
)
_LIST = re.compile(rb"^(?:nodes|edges)[ \t]*:", re.MULTILINE)
_ELSEWISE = re.compile(rb"^(?:[\"'?{<%]|\.\.\.|---)", re.MULTILINE)
"""Lines that may give a field in another way, or begin another document."""
_ID = re.compile(rb"^id\b", re.MULTILINE)


class WorkspaceFiles:
    """The neighbours of the files of one workspace."""

    def __init__(self, folder: str, settings: WorkspaceSettings, given: Mapping[str, bytes]) -> None:
        """*given*: texts that are not read from their file, by the file's path."""
        self.folder = folder
        self._settings = settings
        self._given = {os.path.realpath(path): content for path, content in given.items()}
        self._facts: dict[str, FileFacts | None] = {}
        self._published: dict[str, tuple[Published, ...] | None] = {}
        self._stored_facts: dict[tuple[str, int], WorkflowFacts | None] = {}
        self._paths: list[str] | None = None
        self._searches = 0
        self._versions: dict[tuple[str, int], list[str]] | None = None
        self._store: WorkflowRepository | None = None

    def know(self, path: str, facts: FileFacts) -> None:
        """What was found in the file *path* when it was checked."""
        self._facts[path] = facts

    def file(self, path: str) -> FileFacts | None:
        if path not in self._facts:
            content = self._content(path)
            self._facts[path] = None if content is None else _facts_of(content)
        return self._facts[path]

    def paths(self) -> Sequence[str]:
        if self._paths is None:
            is_whole = self._has_folders()
            found = draft_paths(self.folder, self._settings, is_whole=is_whole, most=MOST_ENTRIES)
            inner = [os.path.relpath(path, self.folder).replace(os.sep, "/") for path in self._given]
            self._paths = sorted({*found, *[path for path in inner if not path.startswith("../")]})
        return self._paths

    def _has_folders(self) -> bool:
        """Whether files in folders below belong to this workspace: without settings or repository, each has its own."""
        return any(os.path.exists(os.path.join(self.folder, name)) for name in (SETTINGS_NAME, ".git"))

    def drafts(self, workflow: str, version: int) -> tuple[str, ...]:
        key = (workflow.casefold(), version)
        if self._versions is None and self._searches < _MOST_SEARCHES:
            self._searches += 1
            name = workflow.lower().encode()
            return tuple(
                [path for path in self.paths() if self._may_hold(path, name) and key in self._heads(path)]
            )
        if self._versions is None:
            self._versions = {}
            for path in self.paths():
                for head in self._heads(path):
                    self._versions.setdefault(head, []).append(path)
        return tuple(self._versions.get(key, ()))

    def _may_hold(self, path: str, name: bytes) -> bool:
        """Whether a draft may be of the id *name*, in small letters; reading on is for those that may."""
        if path in self._facts or not name.isascii():
            return True
        content = self._content(path)
        return content is not None and name in content.lower()

    def published(self, workflow: str) -> tuple[Published, ...] | None:
        key = workflow.casefold()
        if key not in self._published:
            store = self._opened()
            found = None if store is None else store.list(workflow)
            self._published[key] = None if found is None else tuple(map(_published_of, found))
        return self._published[key]

    def published_facts(self, workflow: str, version: int) -> WorkflowFacts | None:
        key = (workflow.casefold(), version)
        if key not in self._stored_facts:
            text = self.published_text(workflow, version)
            workflows = () if text is None else _facts_of(text).workflows
            self._stored_facts[key] = workflows[0] if workflows else None
        return self._stored_facts[key]

    def published_text(self, workflow: str, version: int) -> bytes | None:
        """The text of a version that is known to be published; None where it is not."""
        from darwinflow.model.errors import WorkflowNotFound

        store = self._opened()
        try:
            return None if store is None else store.get(workflow, version)[1]
        except WorkflowNotFound:
            return None

    def _opened(self) -> "WorkflowRepository | None":
        """The file store; None where there is none inside the workspace."""
        if self._store is None:
            root = os.path.realpath(self.folder)
            path = os.path.realpath(os.path.join(root, self._settings.workflows_path))
            if not os.path.isdir(path) or not path.startswith(root.rstrip(os.sep) + os.sep):
                return None
            from darwinflow.storage.opening import open_workflows

            self._store = open_workflows(path, now=_now, understand=_workflow_in, read_only=True)
        return self._store

    def _content(self, path: str) -> bytes | None:
        place = os.path.join(self.folder, path)
        if self._given and (given := self._given.get(os.path.realpath(place))) is not None:
            return given
        try:
            with open(place, "rb") as file:
                return file.read(_MOST_BYTES)
        except OSError:
            return None

    def _heads(self, path: str) -> list[tuple[str, int]]:
        """Id, without regard to case, and version of each workflow in a draft that has both."""
        facts = self._facts.get(path)
        if facts is None:
            content = self._content(path)
            head = None if content is None else _plain_head(content)
            if content is None or head is not None:
                return head or []
            facts = self.file(path)
        return [(one.id.casefold(), one.version) for one in facts.workflows] if facts is not None else []


def _plain_head(content: bytes) -> list[tuple[str, int]] | None:
    """Id and version of a text that writes them plainly; nothing where it is none of ours; None: read it whole."""
    if b"id" not in content or (b"nodes" not in content and b"edges" not in content):
        return []
    body = content.removeprefix(b"\xef\xbb\xbf").removeprefix(b"---\n")
    if _ELSEWISE.search(body):
        return None
    if not _ID.search(body):
        return []
    fields = _FIELD.findall(body)
    found = dict(fields)
    if len(fields) != 2 or len(found) != 2 or not found[b"version"].isdigit() or not _LIST.search(body):
        return None
    try:
        return [(found[b"id"].decode().casefold(), int(found[b"version"]))]
    except UnicodeDecodeError:
        return []


def _facts_of(content: bytes) -> FileFacts:
    from darwinflow.check.outward import facts_of
    from darwinflow.document.document import Document

    try:
        document = Document.parse(content.decode())
    except UnicodeDecodeError:
        return FileFacts()
    return facts_of(document, _bundled().graph_type)


@cache
def _bundled() -> "Catalog":
    from darwinflow.catalog.catalog import Catalog

    return Catalog.bundled()


def _published_of(version: "PublishedVersion") -> Published:
    parent = version.parent
    return Published(
        version.workflow,
        version.version,
        version.content_hash,
        None if parent is None else ParentName(parent.workflow, parent.version),
    )


def _workflow_in(text: bytes) -> "Workflow | None":
    """The workflow that a file of the store holds; None where it is not one."""
    from darwinflow.document.document import Document
    from darwinflow.projection.workflow import workflow_of

    try:
        return workflow_of(Document.parse(text.decode()))
    except UnicodeDecodeError:
        return None


def _now() -> datetime:
    return datetime.now(UTC)
