"""What makes one graph out of another: nodes and edges that come, go, change or get another name.

Values only. `applied(before, edits_between(before, after))` says what *after* says; the order of nodes and edges does
not count.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple

Attributes = Mapping[str, object]
"""As JSON has them."""


class Node(NamedTuple):
    id: str
    attributes: Attributes
    """All but the id."""


class Edge(NamedTuple):
    source: str
    target: str
    attributes: Attributes
    """All but the ends."""


class Instance(NamedTuple):
    """One graph as data."""

    attributes: Attributes
    """Of the graph itself."""
    nodes: Mapping[str, Attributes]
    """By id."""
    edges: Sequence[Edge]
    """Several may have the same ends."""


class Absent(Enum):
    """Stands where a field is not there, which is not the same as null."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class FieldChange(NamedTuple):
    path: tuple[str, ...]
    """Keys from the outside in."""
    before: object
    after: object
    """`ABSENT` before where the field is new, after where it is gone."""


class Rename(NamedTuple):
    before: str
    after: str


class NodeChange(NamedTuple):
    id: str
    fields: tuple[FieldChange, ...]


class EdgeChange(NamedTuple):
    edge: Edge
    """As it was, between nodes as they are called after."""
    fields: tuple[FieldChange, ...]


class GraphEdits(NamedTuple):
    """In the order in which they are applied. Edges name nodes as they are called after all renames."""

    attributes: tuple[FieldChange, ...]
    """Of the graph itself."""
    renamed: tuple[Rename, ...]
    """All at once. A node is renamed where another of the very same attributes stands in its place."""
    removed: tuple[Node, ...]
    changed: tuple[NodeChange, ...]
    added: tuple[Node, ...]
    edges_removed: tuple[Edge, ...]
    edges_changed: tuple[EdgeChange, ...]
    edges_added: tuple[Edge, ...]

    @property
    def is_none(self) -> bool:
        """Whether both graphs say the same."""
        return not any(self)


def edits_between(before: Instance, after: Instance) -> GraphEdits:
    renamed = tuple(_renames(before, after))
    names = dict(renamed)
    gone, new = before.nodes.keys() - after.nodes.keys() - names.keys(), set(names.values())
    edges_removed, edges_changed, edges_added = _edge_edits(_with_names(before.edges, names), after.edges)
    return GraphEdits(
        attributes=tuple(_field_changes(before.attributes, after.attributes)),
        renamed=renamed,
        removed=tuple([Node(name, found) for name, found in before.nodes.items() if name in gone]),
        changed=tuple(
            [
                NodeChange(name, fields)
                for name, found in before.nodes.items()
                if name in after.nodes and (fields := tuple(_field_changes(found, after.nodes[name])))
            ]
        ),
        added=tuple(
            [
                Node(name, found)
                for name, found in after.nodes.items()
                if name not in before.nodes and name not in new
            ]
        ),
        edges_removed=tuple(edges_removed),
        edges_changed=tuple(edges_changed),
        edges_added=tuple(edges_added),
    )


def applied(instance: Instance, edits: GraphEdits) -> Instance:
    """*instance*, for which *edits* were made, with them."""
    names = dict(edits.renamed)
    gone = {node.id for node in edits.removed}
    nodes = {names.get(name, name): found for name, found in instance.nodes.items() if name not in gone}
    for change in edits.changed:
        nodes[change.id] = _changed(nodes[change.id], change.fields)
    nodes |= dict(edits.added)
    edges = [*_with_names(instance.edges, names)]
    places: dict[Hashable, list[int]] = {}
    for place, edge in enumerate(edges):
        places.setdefault(_edge_identity(edge), []).append(place)
    for edge, fields in edits.edges_changed:
        place = places[_edge_identity(edge)].pop()
        edges[place] = edge._replace(attributes=_changed(edge.attributes, fields))
    left_out = {places[_edge_identity(edge)].pop() for edge in edits.edges_removed}
    kept = [edge for place, edge in enumerate(edges) if place not in left_out]
    return Instance(_changed(instance.attributes, edits.attributes), nodes, [*kept, *edits.edges_added])


def frozen(value: object) -> Hashable:
    """Equal for values that say the same, and for no others: 1, 1.0 and true differ, the order of keys does not."""
    if isinstance(value, Mapping):
        return "mapping", frozenset([(key, frozen(member)) for key, member in value.items()])
    if isinstance(value, list | tuple):
        return "list", tuple([frozen(member) for member in value])
    return type(value), value if isinstance(value, str) else repr(value)


def _renames(before: Instance, after: Instance) -> Iterator[Rename]:
    """Pairs of a name that is gone and a new one, whose nodes have the same attributes.

    Where several have them, those with the same neighbours are pairs, and what is left over in equal numbers on both
    sides is paired in order.
    """
    gone = _by_content(before.nodes, after.nodes)
    new = _by_content(after.nodes, before.nodes)
    alike = [(gone[content], new[content]) for content in gone if content in new]
    if not alike:
        return
    around_before, around_after = _neighbours(before), _neighbours(after)
    for olds, news in alike:
        waiting: dict[Hashable, list[str]] = {}
        for name in news:
            if name in around_after:
                waiting.setdefault(around_after[name], []).append(name)
        left: list[str] = []
        taken: set[str] = set()
        for name in olds:
            near = waiting.get(around_before[name]) if name in around_before else None
            if near:
                taken.add(near[0])
                yield Rename(name, near.pop(0))
            else:
                left.append(name)
        rest = [name for name in news if name not in taken]
        if len(left) == len(rest):
            yield from map(Rename, left, rest)


def _by_content(
    nodes: Mapping[str, Attributes], others: Mapping[str, Attributes]
) -> dict[Hashable, list[str]]:
    """Names of *nodes* that *others* lack, by what the nodes say."""
    found: dict[Hashable, list[str]] = {}
    for name, attributes in nodes.items():
        if name not in others:
            found.setdefault(frozen(attributes), []).append(name)
    return found


def _neighbours(instance: Instance) -> dict[str, Hashable]:
    """Where the edges of each node lead to and come from."""
    found: dict[str, set[tuple[str, str]]] = {}
    for edge in instance.edges:
        found.setdefault(edge.source, set()).add(("to", edge.target))
        found.setdefault(edge.target, set()).add(("from", edge.source))
    return {name: frozenset(around) for name, around in found.items()}


def _with_names(edges: Sequence[Edge], names: Mapping[str, str]) -> list[Edge]:
    return [
        Edge(names.get(edge.source, edge.source), names.get(edge.target, edge.target), edge.attributes)
        for edge in edges
    ]


def _edge_identity(edge: Edge) -> Hashable:
    return edge.source, edge.target, frozen(edge.attributes)


def _edge_edits(
    before: Sequence[Edge], after: Sequence[Edge]
) -> tuple[list[Edge], list[EdgeChange], list[Edge]]:
    """What is removed, changed, added. Edges that are the same are pairs first, then those with the same ends, in order."""
    kept: dict[Hashable, int] = {}
    for edge in before:
        identity = _edge_identity(edge)
        kept[identity] = kept.get(identity, 0) + 1
    new: dict[tuple[str, str], list[Edge]] = {}
    for edge in after:
        identity = _edge_identity(edge)
        if kept.get(identity):
            kept[identity] -= 1
        else:
            new.setdefault((edge.source, edge.target), []).append(edge)
    removed, changed = [], []
    for edge in before:
        identity = _edge_identity(edge)
        if not kept[identity]:
            continue
        kept[identity] -= 1
        instead = new.get((edge.source, edge.target))
        if instead:
            fields = tuple(_field_changes(edge.attributes, instead.pop(0).attributes))
            changed.append(EdgeChange(edge, fields))
        else:
            removed.append(edge)
    return removed, changed, [edge for edges in new.values() for edge in edges]


def _field_changes(
    before: Attributes, after: Attributes, path: tuple[str, ...] = ()
) -> Iterator[FieldChange]:
    for key in [*before, *[key for key in after if key not in before]]:
        old, new = before.get(key, ABSENT), after.get(key, ABSENT)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _field_changes(old, new, (*path, key))
        elif frozen(old) != frozen(new):
            yield FieldChange((*path, key), old, new)


def _changed(attributes: Attributes, fields: Sequence[FieldChange]) -> dict[str, object]:
    result = dict(attributes)
    for path, _, after in fields:
        place = result
        for key in path[:-1]:
            inner = place[key]
            assert isinstance(inner, Mapping), "a path leads through mappings"
            place[key] = dict(inner)
            place = place[key]  # type: ignore[assignment] # the copy that was just put there
        if after is ABSENT:
            del place[path[-1]]
        else:
            place[path[-1]] = after
    return result
