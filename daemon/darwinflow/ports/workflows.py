"""Where the published versions of one project's workflows are kept."""

from typing import Protocol

from darwinflow.model.workflow import PublishedVersion, Workflow


class WorkflowRepository(Protocol):
    """One project's published workflows. Versions are immutable; the author's text is kept byte for byte.

    What the methods mean is defined by `tests/contract/test_workflow_repository.py`, which every back end passes.
    Ids are told apart without regard to case.
    """

    def store(self, workflow: Workflow, text: bytes, *, published_by: str) -> tuple[PublishedVersion, bool]:
        """Keep *text* as version `workflow.version` of `workflow.id`; the flag says whether it is new.

        The same version with the same content hash is a success that changes nothing. Raises `VersionPublished`
        (same version, other hash), `VersionNotAbove`, `ParentUnknown`, `NameRefused`.
        """
        ...

    def get(self, workflow_id: str, version: int) -> tuple[PublishedVersion, bytes]:
        """Raises `WorkflowNotFound`."""
        ...

    def get_latest(self, workflow_id: str) -> tuple[PublishedVersion, bytes]:
        """The highest version. Raises `WorkflowNotFound`."""
        ...

    def list(self, workflow_id: str) -> tuple[PublishedVersion, ...]:
        """All versions of one workflow, ascending; empty where there is none."""
        ...

    def list_all(self) -> tuple[PublishedVersion, ...]:
        """All versions of all workflows, by id, then ascending."""
        ...
