"""Ids and arrows of one projected document as integers, without positions.

An edit that changes no id, type or edge keeps the very object, with everything that rules have worked out of it.
Numbers: first the nodes that are always there, then the ids in the order of the text, then names that no node has.
"""

from typing import NamedTuple

from darwinflow.projection.facts import SOURCE, TARGET, Facts


class Place(NamedTuple):
    """A node or an edge in the text: the piece of its segment's facts."""

    section: int
    segment: int
    at: int
    """Among the nodes or the edges of that segment's facts."""


class EndPlace(NamedTuple):
    """One name at one side of an edge."""

    edge: Place
    side: int
    """`SOURCE` or `TARGET`."""
    at: int
    """Among the names of that side."""


class Graph:
    """Built once by `build` and not changed after."""

    __slots__ = (
        "edge_count",
        "implicit",
        "known",
        "lacks",
        "listed",
        "memo",
        "names",
        "node_count",
        "numbers",
        "places",
        "predecessors",
        "repeats",
        "successors",
        "types",
        "unknown",
    )

    def __init__(self, implicit: dict[str, str]) -> None:
        self.names: list[str] = list(implicit)
        """The name of each number."""
        self.numbers: dict[str, int] = {name: number for number, name in enumerate(implicit)}
        self.types: list[str] = list(implicit.values())
        """The type's name of each number below `known`."""
        self.places: list[Place | None] = [None] * len(implicit)
        """Where each number below `known` is listed first."""
        self.implicit = len(implicit)
        self.known = 0
        """Numbers below it are nodes, the others names that no node has."""
        self.listed: list[tuple[str, Place]] = []
        """Nodes that are always there and that the text lists all the same."""
        self.repeats: dict[str, list[Place]] = {}
        """For an id that is listed more than once, its places after the first."""
        self.unknown: dict[str, list[EndPlace]] = {}
        """Where each name that no node has is used, in the order of the text."""
        self.successors: list[list[int]] = []
        self.predecessors: list[list[int]] = []
        self.node_count = 0
        """Entries of the list of nodes, with or without an id."""
        self.edge_count = 0
        self.lacks = 0
        """Entries of the list of nodes that have no usable id."""
        self.memo: dict[object, object] = {}
        """What rules worked out of this graph."""


Segments = list[tuple[int, int, Facts]]
"""Section, segment and facts, in the order of the text."""


def build(segments: Segments, implicit: dict[str, str]) -> Graph:
    """*implicit*: type by id of the nodes that are always there."""
    graph = Graph(implicit)
    _number(graph, segments)
    graph.known = len(graph.names)
    graph.successors.extend([] for _ in graph.names)
    graph.predecessors.extend([] for _ in graph.names)
    numbers, successors, predecessors = graph.numbers, graph.successors, graph.predecessors
    for _, _, facts in segments:
        if not facts.edges:
            continue
        graph.edge_count += len(facts.edges)
        for source, target in facts.arrows:
            if source not in numbers or target not in numbers:
                _add_unknown(graph, facts)
            a, b = numbers[source], numbers[target]
            successors[a].append(b)
            predecessors[b].append(a)
        if len(facts.arrows) < len(facts.edges):
            _add_unknown(graph, facts)
    if len(graph.names) > graph.known:
        _collect_unknown(graph, segments)
    return graph


def _number(graph: Graph, segments: Segments) -> None:
    numbers, names, types, places = graph.numbers, graph.names, graph.types, graph.places
    for section, segment, facts in segments:
        if not facts.nodes:
            continue
        graph.node_count += len(facts.nodes)
        graph.lacks += facts.lacks
        for index, (name, kind) in enumerate(facts.ids):
            if name and name not in numbers:
                numbers[name] = len(names)
                names.append(name)
                types.append(kind)
                places.append(Place(section, segment, index))
            elif name and numbers[name] < graph.implicit:
                graph.listed.append((name, Place(section, segment, index)))
            elif name:
                graph.repeats.setdefault(name, []).append(Place(section, segment, index))


def _add_unknown(graph: Graph, facts: Facts) -> None:
    """Give numbers to names of *facts* that have none."""
    for edge in facts.edges:
        for end in (*edge.sources, *edge.targets):
            if end.name not in graph.numbers:
                graph.numbers[end.name] = len(graph.names)
                graph.names.append(end.name)
                graph.successors.append([])
                graph.predecessors.append([])


def _collect_unknown(graph: Graph, segments: Segments) -> None:
    numbers, known = graph.numbers, graph.known
    for section, segment, facts in segments:
        for index, edge in enumerate(facts.edges):
            for side, ends in ((SOURCE, edge.sources), (TARGET, edge.targets)):
                for at, end in enumerate(ends):
                    if numbers[end.name] >= known:
                        place = EndPlace(Place(section, segment, index), side, at)
                        graph.unknown.setdefault(end.name, []).append(place)
