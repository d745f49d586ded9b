"""What one segment adds to a graph: the same for every dialect.

Facts hang on their segment and hold its nodes, whose lines count from the segment's first line.
"""

from typing import Final, NamedTuple

from darwinflow.document.node import Node

_MAX_PAIRS: Final = 16
"""Arrows that one edge is drawn as; with more, its sources lead to a join and the join to its targets."""


class Reading(NamedTuple):
    """A text among a node's config that refers to what the run knows at that point."""

    path: tuple[str | int, ...]
    """From the node to the text."""
    text: str
    is_meant: bool
    """Whether the field takes references alone; else the text is one only if it has the form of one."""


class NodeFact(NamedTuple):
    """One node that the text lists."""

    name: str
    """Its id as text; empty where it has none that could be referred to."""
    kind: str
    """What `type` says; empty where it says nothing."""
    id_token: Node | None
    type_token: Node | None
    item: Node
    data: object
    reads: tuple[Reading, ...] = ()
    options: tuple[str, ...] = ()
    """The answers that the node may give, where it lists them."""
    is_edge: bool = False
    """Whether it is an edge that stands in the list of nodes."""


class End(NamedTuple):
    """One name at the source or the target of an edge."""

    name: str
    token: Node


class Join:
    """Where many sources of one edge meet its many targets; equal to no other."""

    __slots__ = ()


Point = str | Join
"""What an arrow may lead to or from: a name, or the middle of an edge."""
Arrow = tuple[Point, Point, bool]
"""Source, target, and whether the edge has a condition."""


class EdgeFact(NamedTuple):
    """One edge entry; a list at either side makes it several arrows."""

    sources: tuple[End, ...]
    targets: tuple[End, ...]
    condition: str | None
    """Its text; None where it has none or something else stands there."""
    is_conditional: bool
    """Whether a condition stands there, be it text or not."""
    kind: str
    """What `type` says; empty where it says nothing."""
    item: Node
    data: object
    lacks: tuple[bool, bool] = (False, False)
    """Whether a name is missing at each side: nothing stands there, or something that is none."""
    node: str = ""
    """Its id, where it is a node that stands in the list of edges."""


SOURCE = 0
TARGET = 1


class Facts(NamedTuple):
    nodes: tuple[NodeFact, ...]
    edges: tuple[EdgeFact, ...]
    ids: tuple[tuple[str, str], ...]
    """Id and type of each node that has an id, and its place among `nodes` is the same."""
    arrows: tuple[Arrow, ...]
    """In the order of the text. From every source a way leads to every target, through a join where they are many."""
    joins: tuple[Join, ...]
    halves: int
    """How many edges lack a name at some side."""
    fans: int
    """How many edges with a condition lead to several nodes."""

    def same_graph(self, other: "Facts") -> bool:
        """Whether replacing *other* by this leaves every id, type and arrow where it was."""
        return (
            self.ids == other.ids
            and len(self.edges) == len(other.edges)
            and _ends(self) == _ends(other)
            and _edges_among(self.nodes) == _edges_among(other.nodes)
        )


def _edges_among(nodes: tuple[NodeFact, ...]) -> list[int]:
    return [at for at, node in enumerate(nodes) if node.is_edge]


def is_text(end: End) -> bool:
    """Whether the name is written as text, and not as a number or a truth value."""
    return isinstance(end.token.value, str)


def _ends(facts: Facts) -> list[tuple[object, ...]]:
    return [
        (
            [(end.name, is_text(end)) for end in edge.sources],
            [(end.name, is_text(end)) for end in edge.targets],
            edge.is_conditional,
            edge.lacks,
            edge.node,
        )
        for edge in facts.edges
    ]


NONE = Facts((), (), (), (), (), 0, 0)


def facts_of(nodes: list[NodeFact], edges: list[EdgeFact]) -> Facts:
    ids = tuple([(node.name, node.kind) for node in nodes])
    if not edges:
        return Facts(tuple(nodes), (), ids, (), (), 0, 0)
    arrows: list[Arrow] = []
    joins: list[Join] = []
    for edge in edges:
        if not is_join(edge):
            arrows += [(a.name, b.name, edge.is_conditional) for a in edge.sources for b in edge.targets]
            continue
        join = Join()
        joins.append(join)
        arrows += [(source.name, join, edge.is_conditional) for source in edge.sources]
        arrows += [(join, target.name, edge.is_conditional) for target in edge.targets]
    return Facts(
        tuple(nodes),
        tuple(edges),
        ids,
        tuple(arrows),
        tuple(joins),
        sum(1 for edge in edges if True in edge.lacks),
        sum(1 for edge in edges if edge.is_conditional and len(edge.targets) > 1),
    )


def is_join(edge: EdgeFact) -> bool:
    """Whether the edge is drawn through a join, not as an arrow for each pair."""
    counts = len(edge.sources), len(edge.targets)
    return counts[0] * counts[1] > _MAX_PAIRS and 1 not in counts


def tokens(facts: Facts) -> list[tuple[int, int, int, int]]:
    """The places of every id and every end, relative to the segment."""
    nodes = [node.id_token or node.item for node in facts.nodes]
    ends = [end.token for edge in facts.edges for end in (*edge.sources, *edge.targets)]
    return [(node.line, node.column, node.end_line, node.end_column) for node in (*nodes, *ends)]
