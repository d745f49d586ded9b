"""The rules of publishing that hold on every back end."""

from collections.abc import Callable, Sequence
from datetime import datetime

from darwinflow.model.errors import NameRefused, ParentUnknown, VersionNotAbove, VersionPublished
from darwinflow.model.workflow import PublishedVersion, Workflow

MOST_VERSION = (1 << 53) - 1
"""What every JSON reader keeps exact."""

BY_A_PERSON = "user"
"""Who made a version that does not say."""


def version_already_there(
    workflow: Workflow, known: Sequence[PublishedVersion], is_published: Callable[[str, int], bool]
) -> PublishedVersion | None:
    """The one of *known*, all versions of this id, that *workflow* repeats; None where it is new and may be added.

    Raises `VersionPublished`, `VersionNotAbove`, `ParentUnknown`, `NameRefused`.
    """
    if not 1 <= workflow.version <= MOST_VERSION:
        raise NameRefused(
            f"a version is a number from 1 to {MOST_VERSION}, which {workflow.version} is not",
            hint="number versions 1, 2, 3 and so on",
        )
    named: dict[str, str | int] = {"workflow": workflow.id, "version": workflow.version}
    name, another = f"'{workflow.id}'", ""
    if known and known[0].workflow != workflow.id:
        name = f"'{known[0].workflow}', which is the same id as '{workflow.id}' (case does not count),"
        another = "; or, for another workflow, take an id that differs in more than case"
    for version in known:
        if version.version == workflow.version:
            if version.content_hash == workflow.content_hash:
                return version
            raise VersionPublished(
                f"version {workflow.version} of {name} is published with other content",
                hint=f"make it version {max(each.version for each in known) + 1}{another}",
                **named,
            )
    highest = max((version.version for version in known), default=0)
    if workflow.version <= highest:
        raise VersionNotAbove(
            f"{name} is already at version {highest}; {workflow.version} would come before it",
            hint=f"make it version {highest + 1}{another}",
            **named,
        )
    parent = workflow.parent
    if parent is not None and not is_published(parent.workflow, parent.version):
        raise ParentUnknown(
            f"version {parent.version} of '{parent.workflow}', named as the parent, is not published",
            hint="publish the parent first, or name another",
            **named,
        )
    return None


def refuse_other(known: PublishedVersion, adopted: PublishedVersion) -> None:
    """Raises `VersionPublished` where *known*, of the same id and number, is not what is *adopted*."""
    if known.content_hash != adopted.content_hash:
        raise VersionPublished(
            f"version {adopted.version} of '{adopted.workflow}' is published there with other content",
            hint="compare both: darwinflow diff",
            workflow=adopted.workflow,
            version=adopted.version,
        )


def published_from(
    workflow: Workflow, workflow_id: str, *, published_by: str, published_at: datetime
) -> PublishedVersion:
    """*workflow_id* is the id as the store spells it."""
    return PublishedVersion(
        workflow=workflow_id,
        version=workflow.version,
        content_hash=workflow.content_hash,
        parent=workflow.parent,
        created_by=workflow.created_by or BY_A_PERSON,
        reasoning=workflow.reasoning,
        description=workflow.description,
        published_by=published_by,
        published_at=published_at,
    )
