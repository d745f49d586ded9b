"""Ids and arrows of one projected document as integers, without positions.

An edit that changes no id, type or edge keeps the very object, with everything that rules have worked out of it.
Numbers: first the nodes that are always there, then the ids in the order of the text, then names that no node has,
then the joins of edges that lead from many nodes to many.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from itertools import chain
from typing import NamedTuple, cast

from darwinflow.projection.columns import Columns
from darwinflow.projection.facts import Facts, Point


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
    """Built once and not changed after."""

    __slots__ = (
        "columns",
        "edge_count",
        "firsts",
        "implicit",
        "joins",
        "known",
        "listed",
        "memo",
        "names",
        "node_count",
        "numbers",
        "predecessors",
        "repeats",
        "successors",
        "types",
        "unknown",
    )

    def __init__(self, columns: Sequence[Columns], implicit: dict[str, str]) -> None:
        self.columns = tuple(columns)
        """Of each section that adds to the graph, in the order of the text."""
        self.names: list[str] = list(implicit)
        """The name of each number, but for joins, which have none."""
        self.numbers: dict[str, int] = {name: number for number, name in enumerate(implicit)}
        self.types: list[str] = list(implicit.values())
        """The type's name of each number below `known`."""
        self.implicit = len(implicit)
        self.known = 0
        """Numbers below it are nodes, the others names that no node has."""
        self.firsts: Sequence[int] = ()
        """For each listed number, less `implicit`, the entry that has it first among all entries of the lists."""
        self.listed: list[tuple[str, Place]] = []
        """Nodes that are always there and that the text lists all the same."""
        self.repeats: dict[str, list[Place]] = {}
        """For an id that is listed more than once, its places after the first."""
        self.unknown: dict[str, list[tuple[int, int]]] = {}
        """Section and index of the segments whose edges use each name that no node has."""
        self.joins: dict[Point, int] = {}
        """The number of each."""
        self.successors: list[list[int]] = []
        """Of every number, joins among them; likewise below."""
        self.predecessors: list[list[int]] = []
        self.node_count = sum([len(column.names) for column in columns])
        """Entries of the list of nodes, with or without an id."""
        self.edge_count = sum([sum(column.edge_counts) for column in columns])
        self.memo: dict[object, object] = {}
        """What rules worked out of this graph."""

    def points(self) -> dict[Point, int]:
        """The number of every name and every join."""
        return cast("dict[Point, int]", self.numbers) | self.joins

    def place(self, number: int) -> Place | None:
        """Where this number is listed first; None where it is always there, or no node has the name."""
        if not self.implicit <= number < self.known:
            return None
        return self.entry_place(self.firsts[number - self.implicit])

    def entry_place(self, entry: int) -> Place:
        """Of an entry of the lists of nodes, which count as one."""
        for column in self.columns:
            if entry < len(column.names):
                return Place(column.section, *column.node_place(entry))
            entry -= len(column.names)
        raise IndexError(entry)


FactsAt = Callable[[int, int], Facts]
"""The facts of one segment, by section and index."""
Lists = tuple[list[list[int]], list[list[int]]]
"""For each number, those that its arrows lead to, and those that lead to it."""


def numbered(columns: Sequence[Columns], implicit: dict[str, str], before: Graph | None = None) -> Graph:
    """The nodes, without arrows. *implicit*: type by id of the nodes that are always there.

    *before*: a graph with the same ones, whose numbers are taken over where its columns hold the same nodes.
    """
    graph = Graph(columns, implicit)
    if before is not None and _lists_the_same(graph, before):
        graph.names = before.names[: before.known]
        graph.numbers = before.numbers.copy()
        for name in before.names[before.known :]:
            del graph.numbers[name]
        graph.types = before.types
        graph.firsts = before.firsts
    else:
        _number(graph)
    graph.known = len(graph.names)
    return graph


def _lists_the_same(graph: Graph, before: Graph) -> bool:
    """Whether both are made from the very same lists of nodes, each node once."""
    if before.repeats or before.listed or len(graph.columns) != len(before.columns):
        return False
    pairs = zip(graph.columns, before.columns, strict=True)
    return all(new.names is old.names and new.kinds is old.kinds for new, old in pairs)


def _number(graph: Graph) -> None:
    columns = graph.columns
    names = list(chain.from_iterable([column.names for column in columns]))
    kinds = list(chain.from_iterable([column.kinds for column in columns]))
    first = graph.implicit
    numbers = dict(zip(names, range(first, first + len(names)), strict=True))
    if len(numbers) == len(names) and "" not in numbers and not (numbers.keys() & graph.numbers.keys()):
        graph.numbers.update(numbers)
        graph.names += names
        graph.types += kinds
        graph.firsts = range(len(names))
        return
    firsts: list[int] = []
    for entry, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        if not name:
            continue
        number = graph.numbers.get(name)
        if number is None:
            graph.numbers[name] = len(graph.names)
            graph.names.append(name)
            graph.types.append(kind)
            firsts.append(entry)
        elif number < first:
            graph.listed.append((name, graph.entry_place(entry)))
        else:
            graph.repeats.setdefault(name, []).append(graph.entry_place(entry))
    graph.firsts = firsts


def connected(graph: Graph, facts_at: FactsAt) -> Lists:
    """The arrows of *graph*; names at their ends that no node has get numbers, too, and so do joins."""
    for column in graph.columns:
        _number_ends(graph, column, facts_at)
    joins = [join for column in graph.columns for join in column.joins()]
    graph.joins = {join: number for number, join in enumerate(joins, len(graph.names))}
    numbers = graph.points()
    successors: list[list[int]] = [[] for _ in range(len(numbers))]
    predecessors: list[list[int]] = [[] for _ in range(len(numbers))]
    for column in graph.columns:
        sources = map(numbers.__getitem__, column.sources)
        targets = map(numbers.__getitem__, column.targets)
        for source, target in zip(sources, targets, strict=True):
            successors[source].append(target)
            predecessors[target].append(source)
    return successors, predecessors


def _number_ends(graph: Graph, column: Columns, facts_at: FactsAt) -> None:
    """Give numbers to the names at edges of one section that no node has."""
    known: Set[str] = graph.numbers.keys()
    if len(graph.names) > graph.known:
        known = set(graph.names[: graph.known])
    unknown = {name for name in {*column.sources, *column.targets} - known if isinstance(name, str)}
    if unknown:
        number_unknown(graph, column, column.arrows_with(unknown, unknown))
    for segment in column.half_segments:
        for edge in facts_at(column.section, segment).edges:
            if not edge.sources or not edge.targets:
                _number_names(
                    graph, (column.section, segment), [end.name for end in edge.sources + edge.targets]
                )


def number_unknown(graph: Graph, column: Columns, arrows: Iterable[int]) -> None:
    """Give numbers to the names at both ends of *arrows* that no node has, and note where they stand."""
    sources, targets, section = column.sources, column.targets, column.section
    for at in arrows:
        ends = [end for end in (sources[at], targets[at]) if isinstance(end, str)]
        _number_names(graph, (section, column.arrow_segment(at)), ends)


def _number_names(graph: Graph, place: tuple[int, int], names: Iterable[str]) -> None:
    numbers, known, unknown = graph.numbers, graph.known, graph.unknown
    for name in names:
        number = numbers.get(name)
        if number is None:
            numbers[name] = len(graph.names)
            graph.names.append(name)
            unknown[name] = [place]
        elif number >= known and unknown[name][-1] != place:
            unknown[name].append(place)
