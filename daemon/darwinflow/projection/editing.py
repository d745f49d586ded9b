"""What an edit leaves of a projection: keys, ids and arrows that are as before, and columns with what is new in them."""

from collections.abc import Iterable, Sequence

from darwinflow.document.document import Change
from darwinflow.document.root import Root
from darwinflow.document.segment import Segment
from darwinflow.projection import native
from darwinflow.projection.carriers import carriers, same_role
from darwinflow.projection.columns import Columns
from darwinflow.projection.facts import Facts, Point
from darwinflow.projection.graph import Graph
from darwinflow.projection.native import Carrier, may_hold_edges
from darwinflow.projection.patching import Edited
from darwinflow.projection.succession import Stretch, Succession

Carriers = tuple[Carrier, ...]
Carried = tuple[tuple[Carrier, Stretch | None], ...]


def carriers_after(succession: Succession, before: Carriers, change: Change | None) -> Carriers:
    """Of the new root. *before*: of the old one; *change*: of a single section, if that is what the edit was."""
    if change is not None and _keys(change.removed) == _keys(change.added):
        section = change.section_index
        if same_role(succession.old.sections[section], succession.new.sections[section]):
            return before
    return carriers(succession.new)


def _keys(segments: Iterable[Segment]) -> list[str]:
    """The keys of the root that segments give; a segment inside a section gives none."""
    return [segment.key.source for segment in segments if segment.key is not None]


def stretches(succession: Succession, before: Carriers, now: Carriers) -> Carried:
    """Each carrier with what is new in it; None where all is, or its segments were of another list."""
    found = succession.carried.get((before, now))
    if found is None:
        roles = dict(before)
        listed = [(carrier, succession.of_graph(*carrier)) for carrier in now]
        found = succession.carried[before, now] = tuple(
            [
                (
                    carrier,
                    stretch if stretch is not None and roles.get(stretch.before) == carrier.role else None,
                )
                for carrier, stretch in listed
            ]
        )
    return found


def edited(
    succession: Succession, columns: Sequence[Columns], before: Carriers, now: Carriers
) -> list[Columns]:
    """Of each carrier in *now*; *columns* of each in *before*."""
    known = {column.section: column for column in columns}
    found: list[Columns] = []
    for carrier, stretch in stretches(succession, before, now):
        if stretch is None:
            found.append(Columns(carrier.section, facts_in(succession.new, carrier)))
            continue
        column = known[stretch.before].in_section(carrier.section)
        if not stretch.is_empty:
            added = [native.read(segment, carrier.role) for segment in stretch.added]
            column = column.spliced(stretch.first, len(stretch.removed), added)
        found.append(column)
    return found


def facts_in(root: Root, carrier: Carrier) -> list[Facts]:
    """What each segment of a carrier adds."""
    return [native.read(segment, carrier.role) for segment in root.sections[carrier.section].segments]


def edit_of(succession: Succession, graph: Graph, before: Carriers, now: Carriers) -> Edited | None:
    """What became of the arrows of *graph*; None where lists of edges came or went."""
    arrows: set[tuple[Point, Point]] = set()
    left = [carrier.section for carrier in before if may_hold_edges(carrier.role)]
    for carrier, stretch in stretches(succession, before, now):
        if not may_hold_edges(carrier.role):
            continue
        if stretch is None or not left or left.pop(0) != stretch.before:
            return None
        for segment in (*stretch.removed, *stretch.added):
            arrows.update(
                [(source, target) for source, target, _ in native.read(segment, carrier.role).arrows]
            )
    return None if left else Edited(graph, frozenset(arrows))


def keeps_graph(succession: Succession, before: Carriers, now: Carriers) -> bool:
    """Whether the edit left every id, type and arrow, and all of them in their segments."""
    if now != before:
        return False
    for carrier, stretch in stretches(succession, before, now):
        if stretch is None or stretch.before != carrier.section or len(stretch.removed) != len(stretch.added):
            return False
        for old, new in zip(stretch.removed, stretch.added, strict=True):
            if not native.read(new, carrier.role).same_graph(native.read(old, carrier.role)):
                return False
    return True
