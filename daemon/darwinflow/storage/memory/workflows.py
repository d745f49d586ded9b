"""`WorkflowRepository` in memory."""

import threading
from collections.abc import Callable
from datetime import datetime

from darwinflow.model.errors import WorkflowNotFound
from darwinflow.model.workflow import Damage, PublishedVersion, Workflow
from darwinflow.storage.names import check_workflow_id, folded
from darwinflow.storage.publishing import published_from, refuse_other, version_already_there

Published = tuple[PublishedVersion, bytes]


class MemoryWorkflowRepository:
    """Every handle is the object itself."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._by_id: dict[str, dict[int, Published]] = {}
        self._lock = threading.Lock()

    def store(self, workflow: Workflow, text: bytes, *, published_by: str) -> tuple[PublishedVersion, bool]:
        check_workflow_id(workflow.id)
        with self._lock:
            versions = self._by_id.get(folded(workflow.id), {})
            known = [version for version, _ in versions.values()]
            there = version_already_there(workflow, known, self._is_published)
            if there is not None:
                return there, False
            new = published_from(
                workflow,
                known[0].workflow if known else workflow.id,
                published_by=published_by,
                published_at=self._now(),
            )
            self._by_id[folded(workflow.id)] = {**versions, new.version: (new, text)}
            return new, True

    def adopt(self, version: PublishedVersion, text: bytes) -> bool:
        check_workflow_id(version.workflow)
        with self._lock:
            versions = self._by_id.get(folded(version.workflow), {})
            if version.version in versions:
                refuse_other(versions[version.version][0], version)
                return False
            adopted = {**versions, version.version: (version, text)}
            self._by_id[folded(version.workflow)] = dict(sorted(adopted.items()))
            return True

    def delete(self, workflow_id: str, version: int) -> PublishedVersion:
        with self._lock:
            versions = dict(self._by_id.get(folded(workflow_id), {}))
            gone = versions.pop(version, None)
            if gone is None:
                raise WorkflowNotFound(f"{workflow_id} version {version} is not published")
            if versions:
                self._by_id[folded(workflow_id)] = versions
            else:
                del self._by_id[folded(workflow_id)]
            return gone[0]

    def get(self, workflow_id: str, version: int) -> Published:
        found = self._by_id.get(folded(workflow_id), {}).get(version)
        if found is None:
            raise WorkflowNotFound(f"{workflow_id} version {version} is not published")
        return found

    def get_latest(self, workflow_id: str) -> Published:
        versions = self._by_id.get(folded(workflow_id))
        if not versions:
            raise WorkflowNotFound(f"{workflow_id} is not published")
        return versions[max(versions)]

    def list(self, workflow_id: str) -> tuple[PublishedVersion, ...]:
        versions = self._by_id.get(folded(workflow_id), {})
        return tuple(version for version, _ in versions.values())

    def damages(self, workflow_id: str) -> tuple[Damage, ...]:  # noqa: ARG002 - the port's
        """Nobody else can reach what is kept here."""
        return ()

    def list_all(self) -> tuple[PublishedVersion, ...]:
        by_id = self._by_id
        return tuple(version for name in sorted(by_id) for version, _ in by_id[name].values())

    def _is_published(self, workflow_id: str, version: int) -> bool:
        return version in self._by_id.get(folded(workflow_id), {})
