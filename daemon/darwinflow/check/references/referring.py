"""What a document refers to, with its findings, worked out no further than its last edit needs."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from darwinflow.check.finding import Finding
from darwinflow.check.keeping import keeps_graph_findings, moves_lines
from darwinflow.check.references.state import References, referred
from darwinflow.projection.projection import Projection
from darwinflow.projection.succession import Succession

_ABOUT_NOTHING: Final[Mapping[str, int]] = MappingProxyType({})


class Referring(NamedTuple):
    """Of one document of a stream."""

    references: References
    findings: tuple[Finding, ...]
    about: Mapping[str, int] = _ABOUT_NOTHING
    """Names that no node has, and which of the findings is about each."""


def referring(
    projection: Projection,
    previous: Referring | None,
    old: Projection | None,
    succession: Succession | None,
) -> Referring:
    """*previous*: of *old*, from whose document *succession* leads to this one; None where there was none."""
    references = referred(projection, previous.references if previous is not None else None, old, succession)
    if not (references.troubled or references.unhandled or projection.graph.unknown):
        return Referring(references, ())
    if previous is not None and old is not None and _keeps(projection, references, previous, old):
        return Referring(references, previous.findings, previous.about)
    from darwinflow.check.references.listing import reference_findings  # here: sound files need none of it

    return Referring(references, *reference_findings(projection, references))


def _keeps(projection: Projection, references: References, previous: Referring, old: Projection) -> bool:
    """Whether what was said still holds, at the same places."""
    change = projection.document.change
    if change is None or projection.graph is not old.graph:
        return False
    before = previous.references
    if references.tables is not before.tables:
        return False  # how often a name is used tells which of two spellings has the slip
    if (references.troubled, references.unhandled, references.options) != (
        before.troubled,
        before.unhandled,
        before.options,
    ):
        return False
    if change.root_index != projection.root_index:
        return not moves_lines(change)
    for at in range(change.first_segment, change.first_segment + len(change.added)):
        key = (change.section_index, at)
        if key in references.troubled:
            return False
        if any(not node.name or node.name in references.unhandled for node in projection.facts(*key).nodes):
            return False  # what a node without an id says tells which name it is meant to have
    return keeps_graph_findings(old, previous.findings, projection, change, moves=moves_lines(change))
