"""Where the published versions of one project's workflows are kept."""

from typing import Protocol

from darwinflow.model.workflow import Damage, PublishedVersion, Workflow


class WorkflowRepository(Protocol):
    """One project's published workflows. Versions are immutable; the author's text is kept byte for byte.

    What the methods mean is defined by `tests/contract/test_workflow_repository.py`, which every back end passes.
    Ids are told apart without regard to case.
    """

    def store(self, workflow: Workflow, text: bytes, *, published_by: str) -> tuple[PublishedVersion, bool]:
        """Keep *text* as version `workflow.version` of `workflow.id`; the flag says whether it is new.

        The same version with the same content hash is a success that changes nothing, unless the stored text is
        missing: then it is there again. Raises `VersionPublished` (same version, other hash), `VersionNotAbove`,
        `ParentUnknown`, `NameRefused`, and `StoreDamaged` where the parent's text is missing or unreadable; on one
        that was edited a version may be built, as its content hash is known.
        """
        ...

    def adopt(self, version: PublishedVersion, text: bytes) -> bool:
        """Keep a version as another store has it, with who published it and when; whether it is new.

        What that store has let in is not asked for again: neither the parent nor the order of versions. Raises
        `VersionPublished` (same version, other hash), `NameRefused`.
        """
        ...

    def delete(self, workflow_id: str, version: int) -> PublishedVersion:
        """Keep nothing of a version, and say what it was. Others stay as they are, also those that were made from it.

        Its number may be published again where it was the highest. Raises `WorkflowNotFound`.
        """
        ...

    def get(self, workflow_id: str, version: int) -> tuple[PublishedVersion, bytes]:
        """The text as it is stored now. Raises `WorkflowNotFound`, also where the text is missing."""
        ...

    def get_latest(self, workflow_id: str) -> tuple[PublishedVersion, bytes]:
        """The highest version. Raises `WorkflowNotFound`."""
        ...

    def list(self, workflow_id: str) -> tuple[PublishedVersion, ...]:
        """All versions of one workflow, ascending; empty where there is none. Damage takes no version away."""
        ...

    def damages(self, workflow_id: str) -> tuple[Damage, ...]:
        """What is wrong with the stored versions of one workflow, ascending, at most one each. Reads all texts."""
        ...

    def list_all(self) -> tuple[PublishedVersion, ...]:
        """All versions of all workflows, by id, then ascending."""
        ...
