"""What a workflow file says that other files matter to, and what is known of the other files.

Plain values, so that processes and caches hand them on; whoever checks a workspace fills them in. A rule of the
workspace asks its questions through `Neighbours` alone: what a verdict depends on is what was asked.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from darwinflow.model.span import Span


class Input(NamedTuple):
    """One name that a workflow declares among its inputs."""

    name: str
    is_required: bool
    schema: dict[str, Any]


class Given(NamedTuple):
    """One input that a sub-workflow is given."""

    name: str
    data: Any
    span: Span
    """Of the value, or of its key where the value is no one token."""
    key_span: Span


class Call(NamedTuple):
    """A node that runs another workflow."""

    target: str
    """A path, or `id@version`."""
    span: Span
    is_plain: bool
    """Whether the target stands here itself, so that it may be replaced."""
    given: tuple[Given, ...]
    is_given: bool = True
    """Whether these are all; not so where something else than a mapping stands there, which is told by itself."""


class ParentName(NamedTuple):
    workflow: str
    version: int


class Fields(NamedTuple):
    """Places that a new version changes; None where they are not written plainly."""

    version: Span | None
    parent: Span | None
    metadata_entry: Span | None
    """The first key of `metadata`."""
    is_flow: bool
    """Whether `metadata` is written in braces."""
    is_block: bool
    """Whether `version` has a line of its own at column 0, below which another key may stand."""


class WorkflowFacts(NamedTuple):
    """One workflow of a file."""

    root_index: int
    """Of its document in the stream."""
    id: str
    version: int
    version_span: Span
    parent: ParentName | None
    parent_span: Span
    inputs: tuple[Input, ...] | None
    """None where it declares none."""
    calls: tuple[Call, ...]
    fields: Fields
    undeclared: tuple[str, ...] = ()
    """Inputs that it reads and does not declare, where it declares some; its own findings say so."""


class FileFacts(NamedTuple):
    workflows: tuple[WorkflowFacts, ...] = ()
    """Those that have an id and a version."""
    holds_workflow: bool = False
    """Also where it lacks an id or a version, so that nobody says it were none."""
    suppresses: bool = False
    """Whether a comment names the code of a finding that needs other files."""


def facts_from(lists: Any) -> FileFacts:
    """`FileFacts` that have become lists in lists, as JSON makes them. Raises `TypeError` or `ValueError` for others."""
    workflows, holds_workflow, suppresses = lists
    return FileFacts(
        tuple([_workflow_from(*one) for one in workflows]), bool(holds_workflow), bool(suppresses)
    )


def _workflow_from(
    root_index: int,
    name: str,
    version: int,
    version_span: Any,
    parent: Any,
    parent_span: Any,
    inputs: Any,
    calls: Any,
    fields: Any,
    undeclared: Any,
) -> WorkflowFacts:
    own, its_parent, entry, is_flow, is_block = fields
    return WorkflowFacts(
        root_index,
        name,
        version,
        Span(*version_span),
        None if parent is None else ParentName(*parent),
        Span(*parent_span),
        None if inputs is None else tuple([Input(*one) for one in inputs]),
        tuple([_call_from(*one) for one in calls]),
        Fields(_span_from(own), _span_from(its_parent), _span_from(entry), bool(is_flow), bool(is_block)),
        tuple([str(one) for one in undeclared]),
    )


def _span_from(place: Any) -> Span | None:
    return None if place is None else Span(*place)


def _call_from(target: str, span: Any, is_plain: Any, given: Any, is_given: Any) -> Call:
    found = [Given(one, data, Span(*place), Span(*key)) for one, data, place, key in given]
    return Call(target, Span(*span), bool(is_plain), tuple(found), bool(is_given))


class Published(NamedTuple):
    """One version of a store."""

    workflow: str
    version: int
    content_hash: str
    parent: ParentName | None


class Own(NamedTuple):
    """The workflow that a rule is about."""

    path: str
    """Of its file, relative to the workspace and with slashes."""
    facts: WorkflowFacts
    content_hash: Callable[[], str]
    """Worked out when it is asked for."""
    earlier: tuple[WorkflowFacts, ...] = ()
    """Those above it in its file."""


class Neighbours(Protocol):
    """The rest of the workspace."""

    def file(self, path: str) -> FileFacts | None:
        """Of the file *path*, relative to the workspace and with slashes; None where there is none."""
        ...

    def paths(self) -> Sequence[str]:
        """Of all drafts, sorted."""
        ...

    def drafts(self, workflow: str, version: int) -> tuple[str, ...]:
        """The paths of the drafts of this id, in whatever case it is spelt, and version, sorted."""
        ...

    def published(self, workflow: str) -> tuple[Published, ...] | None:
        """The versions of this id, in whatever case it is spelt, ascending; None where nobody knows."""
        ...

    def published_facts(self, workflow: str, version: int) -> WorkflowFacts | None:
        """Of the text of a published version; None where it cannot be read."""
        ...


T = TypeVar("T")
Question = tuple[str, ...]


class Asked:
    """Neighbours that remember what was asked of them, and with it what a verdict depends on."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self.answers: dict[Question, object] = {}
        """By question: the name of the method and its arguments as texts."""

    def file(self, path: str) -> FileFacts | None:
        return self._kept(self._neighbours.file(path), "file", path)

    def paths(self) -> Sequence[str]:
        return self._kept(self._neighbours.paths(), "paths")

    def drafts(self, workflow: str, version: int) -> tuple[str, ...]:
        return self._kept(self._neighbours.drafts(workflow, version), "drafts", workflow, str(version))

    def published(self, workflow: str) -> tuple[Published, ...] | None:
        return self._kept(self._neighbours.published(workflow), "published", workflow)

    def published_facts(self, workflow: str, version: int) -> WorkflowFacts | None:
        found = self._neighbours.published_facts(workflow, version)
        return self._kept(found, "published_facts", workflow, str(version))

    def _kept(self, answer: T, *question: str) -> T:
        self.answers[question] = answer
        return answer
