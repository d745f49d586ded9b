"""What an edit leaves of a projection: keys, ids and arrows that are as before, and columns with what is new in them."""

from darwinflow.document.document import Change
from darwinflow.document.segment import Segment
from darwinflow.projection import native
from darwinflow.projection.columns import Columns
from darwinflow.projection.facts import Point
from darwinflow.projection.native import Carrier


def edited(column: Columns, carriers: tuple[Carrier, ...], change: Change) -> Columns:
    """*column* after *change*, which leaves the sections in their places."""
    if column.section != change.section_index:
        return column
    role = next(one.role for one in carriers if one.section == column.section)
    added = [native.read(segment, role) for segment in change.added]
    return column.spliced(change.first_segment, len(change.removed), added)


def arrows_in(carriers: tuple[Carrier, ...], change: Change) -> frozenset[tuple[Point, Point]]:
    """Source and target of the arrows that stood or stand in the changed segments."""
    role = next((one.role for one in carriers if one.section == change.section_index), None)
    segments = (*change.removed, *change.added) if role is not None else ()
    return frozenset(
        [
            (source, target)
            for segment in segments
            for source, target, _ in native.read(segment, role or "").arrows
        ]
    )


def keys(segments: tuple[Segment, ...]) -> list[str]:
    """The keys of the root that segments give; a segment inside a section gives none."""
    return [segment.key.source for segment in segments if segment.key is not None]


def keeps_graph(carriers: tuple[Carrier, ...], change: Change) -> bool:
    """Whether the edit left every id, type and arrow, and all of them in their segments."""
    role = next((one.role for one in carriers if one.section == change.section_index), None)
    if role is None:
        return True
    if len(change.removed) != len(change.added):
        return False
    return all(
        native.read(new, role).same_graph(native.read(old, role))
        for old, new in zip(change.removed, change.added, strict=True)
    )
