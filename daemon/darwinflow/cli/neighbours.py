"""What `check` knows of the files around the one it checks: the drafts of the workspace, and its file store."""

import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from darwinflow.check.drafts import Drafts, Seen, facts_in_text, plain_head
from darwinflow.check.neighbours import FileFacts, ParentName, Published, WorkflowFacts
from darwinflow.settings.workspace import WorkspaceSettings

if TYPE_CHECKING:
    from darwinflow.cli.draft_heads import DraftHeads
    from darwinflow.model.workflow import PublishedVersion, Workflow
    from darwinflow.ports.workflows import WorkflowRepository

_MOST_FRESH = 2_000
"""Drafts whose heads are read in one run so that the next one need not; it costs some more than to pass them over."""


class WorkspaceFiles(Drafts):
    """The neighbours of the files of one workspace."""

    def __init__(
        self,
        folder: str,
        settings: WorkspaceSettings,
        given: Mapping[str, bytes],
        heads: "DraftHeads | None" = None,
    ) -> None:
        """*given*: texts that are not read from their file, by the file's path; *heads*: kept from earlier runs."""
        self._seen: dict[str, Seen] = {}
        super().__init__(folder, settings, given=_facts_by_path(folder, given), seen=self._seen)
        self._kept_heads = heads
        self._began_ns = time.time_ns()
        self._fresh_heads = 0
        self._published: dict[str, tuple[Published, ...] | None] = {}
        self._stored_facts: dict[tuple[str, int], WorkflowFacts | None] = {}
        self._store: WorkflowRepository | None = None

    def drafts(self, workflow: str, version: int) -> tuple[str, ...]:
        if self._kept_heads is None:
            return super().drafts(workflow, version)
        if not self._seen:
            self._seen.update(self._kept_heads.read())
        before = self._fresh_heads
        found = super().drafts(workflow, version)
        if self._fresh_heads > before:
            there = {path: self._seen[path] for path in self.paths() if path in self._seen}
            self._kept_heads.write(there, self._began_ns)
        return found

    def _passed_over(self, seen: Seen, content: bytes) -> None:
        if self._kept_heads is not None and self._fresh_heads < _MOST_FRESH:
            seen.heads = plain_head(content)
            self._fresh_heads += 1

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
            workflows = () if text is None else facts_in_text(text).workflows
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
            path = os.path.realpath(os.path.join(root, self.settings.workflows_path))
            if not os.path.isdir(path) or not path.startswith(root.rstrip(os.sep) + os.sep):
                return None
            from darwinflow.cli.remarks import show_remarks
            from darwinflow.storage.opening import open_workflows

            show_remarks()
            self._store = open_workflows(path, now=_now, understand=_workflow_in, read_only=True)
        return self._store


def _facts_by_path(folder: str, given: Mapping[str, bytes]) -> dict[str, Callable[[], FileFacts]]:
    """*given* by paths that count from *folder*, without what lies elsewhere."""
    found: dict[str, Callable[[], FileFacts]] = {}
    for path, content in given.items():
        inner = os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")
        if not inner.startswith("../"):
            found[inner] = partial(facts_in_text, content)
    return found


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
