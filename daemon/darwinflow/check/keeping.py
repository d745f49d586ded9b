"""What an edit leaves as it was."""

from darwinflow.check.finding import Finding
from darwinflow.check.parallel import same_parallels
from darwinflow.document.document import Change, Document
from darwinflow.document.section import Section
from darwinflow.projection import native
from darwinflow.projection.facts import tokens
from darwinflow.projection.projection import Projection


def moves_lines(change: Change) -> bool:
    """Whether anything below the changed segments may stand on another line now."""
    if not change.first_segment or (not change.removed and not change.added):
        return True  # the head of a section may have changed, or what stands around sections
    before = sum([segment.line_count for segment in change.removed])
    return before != sum([segment.line_count for segment in change.added])


def carried(found: tuple[Finding, ...], before: Document, document: Document) -> tuple[Finding, ...]:
    """Of what other files cause in *before*, all whose lines are there in *document*, an edit of it, at their places.

    It holds until somebody looks at those files again.
    """
    old, new = before.lines, document.lines
    shift = len(new) - len(old)
    kept: list[Finding] = []
    for finding in found:
        lines = {finding.span.line, *[edit.span.line for fix in finding.fixes for edit in fix.edits]}
        for moved in (0, shift):
            if all(
                0 <= line + moved < len(new) and line < len(old) and old[line] == new[line + moved]
                for line in lines
            ):
                kept.append(finding.moved(moved))
                break
    return tuple(kept)


def is_within_list(document: Document, change: Change) -> bool:
    """Whether the edit left every key of the root, because it lies below the first segment of a long list."""
    section = document.roots[change.root_index].sections[change.section_index]
    return change.first_segment > 0 and section.head is not None and not _is_merged(section)


def _is_merged(section: Section) -> bool:
    """Whether what stands in the section are keys of the root, which its `<<` takes from there."""
    return section.key is not None and section.key.is_merge


def is_listed(projection: Projection, change: Change) -> bool:
    """Whether the edit lies in a long list of nodes or edges, of which the header sees no more than its key."""
    section = projection.document.roots[projection.root_index].sections[change.section_index]
    return (
        any(carrier.section == change.section_index for carrier in projection.carriers)
        and bool(change.removed)
        and section.kind == "items"
        and not _is_merged(section)
        and all(segment.kind == "items" for segment in change.removed)
    )


def keeps_graph_findings(
    before: Projection, found: tuple[Finding, ...], projection: Projection, change: Change, *, moves: bool
) -> bool:
    """Whether what the graph rules have *found* in *before* still holds, at the same places."""
    if projection.graph is not before.graph or not projection.graph.node_count:
        return False
    # Graph rules are silent where a fault of syntax may hide a node or an edge.
    if not change.removed or any(segment.problems for segment in (*change.removed, *change.added)):
        return False
    if not _same_parallels(projection, change) or _holds_misplaced(projection, change):
        return False
    return not found or not (
        moves or _shifts(projection, change) or is_mended(found, projection.document, change)
    )


def _same_parallels(projection: Projection, change: Change) -> bool:
    """Whether edges that lead beside others say the same as before."""
    role = next((one.role for one in projection.carriers if one.section == change.section_index), None)
    return role is None or all(
        same_parallels(projection.graph, native.read(old, role), native.read(new, role))
        for old, new in zip(change.removed, change.added, strict=True)
    )


def _holds_misplaced(projection: Projection, change: Change) -> bool:
    """Whether items are among the change that stand in the wrong list, of which one is shown."""
    key = projection.misplaced
    if not key:
        return False
    found = [
        projection.facts(change.section_index, change.first_segment + at) for at in range(len(change.added))
    ]
    return any(facts.nodes if key == native.NODES else facts.edges for facts in found)


def is_mended(found: tuple[Finding, ...], document: Document, change: Change) -> bool:
    """Whether a fix changes the lines that have changed, and may have to do so otherwise now."""
    start = document.segment_start(change.root_index, change.section_index, change.first_segment)
    behind = start + sum([segment.line_count for segment in change.added])
    return any(
        start <= edit.span.end_line and edit.span.line < behind
        for finding in found
        for fix in finding.fixes
        for edit in fix.edits
    )


def _shifts(projection: Projection, change: Change) -> bool:
    """Whether a token that a graph finding may point to stands elsewhere within its segment."""
    role = next((one.role for one in projection.carriers if one.section == change.section_index), None)
    return role is not None and any(
        tokens(native.read(old, role)) != tokens(native.read(new, role))
        for old, new in zip(change.removed, change.added, strict=True)
    )
