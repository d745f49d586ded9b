"""Published versions on the wire."""

from typing import Annotated, Literal, Self

from pydantic import Field

from darwinflow.model import workflow as values
from darwinflow.rpc.wire.base import Hash, Instant, Version, Wire, WorkflowId
from darwinflow.rpc.wire.runs import Summary


class Parent(Wire):
    workflow: WorkflowId
    version: Version


class Damage(Wire):
    """What is wrong with what is stored of a version."""

    version: Version
    kind: Literal["edited", "missing", "unreadable", "unlisted"]
    """The text says something else than was published, is gone, or is no workflow; or no line vouches for it."""
    path: str
    """Of the file."""
    message: str
    hint: str
    """What to do about it."""

    @classmethod
    def of(cls, damage: values.Damage) -> Self:
        return cls(
            version=damage.version,
            kind=damage.kind,
            path=damage.path,
            message=damage.message,
            hint=damage.advice,
        )


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
    damage: Damage | None = None
    """Only where lineage is asked for."""

    @classmethod
    def of(
        cls,
        version: values.PublishedVersion,
        summary: Summary | None = None,
        damage: values.Damage | None = None,
    ) -> Self:
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
            damage=None if damage is None else Damage.of(damage),
        )
