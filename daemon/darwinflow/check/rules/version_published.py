"""`version-published`: a draft has the version of a published one, and says something else."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.neighbours import Neighbours, Own, WorkflowFacts
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span


def version_published(own: Own, neighbours: Neighbours) -> Iterator[Finding]:
    facts = own.facts
    versions = neighbours.published(facts.id) or ()
    same = next((one for one in versions if one.version == facts.version), None)
    if same is None or same.content_hash == own.content_hash():
        return
    following = versions[-1].version + 1
    message = f"version {facts.version} is published with other content; make this version {following}"
    edits = bumped(facts, following)
    title = f"Make it version {following} with parent {facts.version}"
    fixes = (Fix(title, edits),) if edits else ()
    yield Finding("version-published", ERROR, facts.version_span, message, (), fixes)


def bumped(facts: WorkflowFacts, following: int) -> tuple[Edit, ...]:
    """Set the version to *following* and the parent to the version as it is; none where they are not written plainly."""
    fields = facts.fields
    if fields.version is None:
        return ()
    version = Edit(fields.version, str(following))
    if facts.parent is not None and fields.parent is None:
        return ()  # of another workflow, or by an alias
    if fields.parent is not None:
        return (version, Edit(fields.parent, str(facts.version)))
    entry = fields.metadata_entry
    if entry is not None:
        place = Span(entry.line, entry.column, entry.line, entry.column)
        behind = ", " if fields.is_flow else "\n" + " " * entry.column
        return (version, Edit(place, f"parent: {facts.version}{behind}"))
    if not fields.is_block:
        return ()
    end = fields.version
    behind_line = Span(end.line + 1, 0, end.line + 1, 0)
    return (version, Edit(behind_line, f"metadata: {{parent: {facts.version}}}\n"))
