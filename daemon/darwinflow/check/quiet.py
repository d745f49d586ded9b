"""The most common edit: characters of one item that nobody but the item itself has anything to do with.

A shortcut, which says of few edits that they are quiet, and never of one that changes what is found.
"""

from darwinflow.check.items import ItemCheck
from darwinflow.check.keeping import is_mended, is_within_list
from darwinflow.check.mentions import mention
from darwinflow.check.parallel import same_parallels
from darwinflow.check.part import Part
from darwinflow.check.references import rows
from darwinflow.check.sweep import is_unremarkable
from darwinflow.document.document import Change, Document
from darwinflow.document.segment import Segment
from darwinflow.projection.facts import tokens
from darwinflow.projection.native import read


def is_quiet(items: ItemCheck, document: Document, change: Change, before: Part) -> bool:
    """Whether all that was found *before*, and all that is known, holds for *document* but for its references."""
    projection = before.projection
    if (
        len(change.removed) != 1
        or len(change.added) != 1
        or not projection.graph.node_count
        or projection.graph_type is not items.graph_type
        or projection.misplaced
        or before.mentioned.wrong
        or not is_within_list(document, change)
    ):
        return False
    role = next((one.role for one in projection.carriers if one.section == change.section_index), None)
    old, new = change.removed[0], change.added[0]
    if role is None or not _is_sound(old, new):
        return False
    was, now = read(old, role), read(new, role)
    return (
        now.same_graph(was)
        and tokens(now) == tokens(was)
        and mention.rows_of(old, was) == mention.rows_of(new, now)
        and not items.segment(old, was)
        and not items.segment(new, now)
        and is_unremarkable(document, change)
        and (not now.edges or same_parallels(projection.graph, was, now))
        and not (before.graph and is_mended(before.graph, document, change))
    )


def refers_to_the_same(items: ItemCheck, document: Document, change: Change, before: Part) -> bool:
    """Whether a quiet edit leaves what is known of references, and all that was found among them."""
    projection, references, found = before.projection, before.referring.references, before.referring.findings
    role = next(one.role for one in projection.carriers if one.section == change.section_index)
    (old,), (new,) = change.removed, change.added
    was, now, implicit = read(old, role), read(new, role), items.graph_type.implicit
    if rows.rows_of(old, was, implicit) != rows.rows_of(new, now, implicit):
        return False
    if [edge.condition for edge in was.edges] != [edge.condition for edge in now.edges]:
        return False
    if references.troubled or references.unhandled or projection.graph.unknown:
        if (change.section_index, change.first_segment) in references.troubled:
            return False
        if any(not node.name or node.name in references.unhandled for node in now.nodes):
            return False
    return not found or not is_mended(found, document, change)


def _is_sound(old: Segment, new: Segment) -> bool:
    """Whether both are items of a list without a fault, and as long."""
    return (
        old.line_count == new.line_count
        and old.kind == new.kind == "items"
        and not old.problems
        and not new.problems
    )
