"""Versions are told once each, wherever the daemon that stores them dies: what it did until then is done here, and no more."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from darwinflow.daemon.texts import workflow_in
from darwinflow.events.workflow_events import WORKFLOW_TOPIC, is_left, note_intent, tell_left
from darwinflow.model.errors import VersionNotAbove
from darwinflow.model.workflow import Workflow
from darwinflow.storage.files.workflows import FileWorkflowRepository
from darwinflow.storage.memory.tenant import MemoryTenant, MemoryTenantStore
from sample_flow import flow

NOW = datetime(2026, 11, 27, tzinfo=UTC)


class Publishing:
    """One project's versions in files, and events elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.versions = FileWorkflowRepository(str(folder), now=lambda: NOW, understand=workflow_in)
        self.tenant = MemoryTenantStore(MemoryTenant(lambda: NOW), lambda _: None)

    def intend(self, version: int) -> bool:
        known = self.versions.list("triage")
        return self.tenant.write(lambda tx: note_intent(tx, "shop", workflow(version), known)).result()

    def store(self, version: int) -> None:
        self.versions.store(workflow(version), flow(version).encode(), published_by="ada")

    def look(self) -> bool:
        """As the next who does; whether something was left."""
        left = self.tenant.read(lambda tx: is_left(tx, "shop", "TRIAGE"))
        versions = self.versions.list("triage")
        self.tenant.write(lambda tx: tell_left(tx, "shop", "triage", versions)).result()
        return left

    def told(self) -> list[int]:
        events = self.tenant.read(lambda tx: tx.events.read_since(WORKFLOW_TOPIC, 0, 100))
        return [event.payload["version"]["version"] for event in events]


def workflow(version: int) -> Workflow:
    found = workflow_in(flow(version).encode())
    assert found is not None
    return found


@pytest.fixture
def publishing(tmp_path: Path) -> Iterator[Publishing]:
    one = Publishing(tmp_path / "workflows")
    yield one
    one.tenant.close()


def test_a_version_that_was_stored_and_not_told_is_told_once(publishing: Publishing):
    assert not publishing.look()
    for version in (1, 2):
        assert publishing.intend(version) is False
        publishing.store(version)
        assert publishing.look()
        assert not publishing.look()
    assert publishing.told() == [1, 2]


def test_one_that_was_only_meant_to_be_stored_is_told_when_it_is(publishing: Publishing):
    publishing.intend(1)
    assert publishing.look()
    assert publishing.told() == []
    publishing.intend(1)
    publishing.store(1)
    publishing.look()
    assert publishing.told() == [1]


def test_what_was_there_before_is_not_told_again(publishing: Publishing):
    for version in (1, 2):
        publishing.store(version)
    assert not publishing.look()
    publishing.intend(3)
    publishing.store(3)
    publishing.look()
    assert publishing.told() == [3]


def test_a_number_that_was_refused_keeps_none_below_it_from_being_told(publishing: Publishing):
    publishing.intend(7)
    for version in (1, 4):
        publishing.intend(version)
        publishing.store(version)
        publishing.look()
    publishing.intend(3)
    with pytest.raises(VersionNotAbove):
        publishing.store(3)
    publishing.look()
    assert publishing.told() == [1, 4]


def test_a_number_that_was_told_and_is_free_again_is_known_to_have_been_told(publishing: Publishing):
    publishing.intend(1)
    publishing.store(1)
    publishing.look()
    publishing.versions.delete("triage", 1)
    assert publishing.intend(1) is True


def test_each_workflow_and_project_has_its_own(publishing: Publishing):
    publishing.intend(1)
    other = replace(workflow(1), id="other")
    publishing.tenant.write(lambda tx: note_intent(tx, "shop", other, ())).result()
    publishing.store(1)
    versions = publishing.versions.list("triage")
    publishing.tenant.write(lambda tx: tell_left(tx, "another", "triage", versions)).result()
    assert publishing.told() == []
    publishing.look()
    assert publishing.told() == [1]
    assert publishing.tenant.read(lambda tx: is_left(tx, "shop", "other"))
