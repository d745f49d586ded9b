"""Published versions on the wire."""

from typing import Annotated, Self

from pydantic import Field

from darwinflow.model import workflow as values
from darwinflow.rpc.wire.base import Hash, Instant, Version, Wire, WorkflowId
from darwinflow.rpc.wire.runs import Summary


class Parent(Wire):
    workflow: WorkflowId
    version: Version


class PublishedVersion(Wire):
    workflow: WorkflowId
    version: Version
    content_hash: Hash
    parent: Parent | None
    created_by: Annotated[str, Field(max_length=1000)]
    reasoning: str
    description: str
    published_by: str
    published_at: Instant
    summary: Summary | None = None
    """Of all runs that named this version; only where lineage is asked for."""

    @classmethod
    def of(cls, version: values.PublishedVersion, summary: Summary | None = None) -> Self:
        return cls(
            workflow=version.workflow,
            version=version.version,
            content_hash=version.content_hash,
            parent=None
            if version.parent is None
            else Parent(workflow=version.parent.workflow, version=version.parent.version),
            created_by=version.created_by,
            reasoning=version.reasoning,
            description=version.description,
            published_by=version.published_by,
            published_at=version.published_at,
            summary=summary,
        )
