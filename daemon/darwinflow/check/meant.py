"""Which nodes the names that no node has were meant to be."""

from collections.abc import Iterable

from darwinflow.graph.walk import Arrows
from darwinflow.model.nearest import near, nearest
from darwinflow.projection.graph import Graph

CURLS = "\u201c\u201d\u201e\u2018\u2019\u201a\u00ab\u00bb"
"""Quotes of text programs, which are letters like others to YAML."""
_MAX_COMPARED = 30_000
"""Names times ids: in a large graph only the first slips get a suggestion, so that typing stays quick."""
_MIN_NAMES = 10
_MAX_NAMES = 1_000
_MAX_NAMES_WITHOUT_NODES = 50
"""The names of a graph that lists no node mean what is always there, or nodes that are still to come."""


def meant(graph: Graph) -> dict[str, str]:
    """The node that each unknown name is clearly a slip of; names without one are not in it. Kept with the graph."""
    known = graph.memo.get(__name__)
    if known is None:
        known = graph.memo[__name__] = _meant(graph)
    assert isinstance(known, dict)
    return known


def _meant(graph: Graph) -> dict[str, str]:
    ids = graph.names[: graph.known]
    most = _MAX_NAMES if len(ids) > graph.implicit else _MAX_NAMES_WITHOUT_NODES
    count = min(max(_MAX_COMPARED // max(len(ids), 1), _MIN_NAMES), most)
    found = {
        name: _bare(graph, name) or nearest(name, ids) or _lacking(graph, name, ids)
        for name in list(graph.unknown)[:count]
    }
    left = [name for name in list(graph.unknown)[: count + 1] if found.get(name) is None]
    if len(left) == 1 and len(graph.unknown) <= count:
        found[left[0]] = _renamed(graph, left[0])
    return {name: node for name, node in found.items() if node is not None}


def _bare(graph: Graph, name: str) -> str | None:
    """The node whose id is *name* without the quotes of a text program that stand around it."""
    bare = name.strip(CURLS) if name[0] in CURLS or name[-1] in CURLS else ""
    return bare if bare and graph.numbers.get(bare, graph.known) < graph.known else None


def _lacking(graph: Graph, name: str, ids: list[str]) -> str | None:
    """Of several nodes that *name* may be a slip of, the only one that lacks the edges which the name has."""
    number = graph.numbers[name]
    lacking = [
        node
        for node in map(graph.numbers.__getitem__, near(name, ids))
        if node >= graph.implicit
        and not (graph.successors[number] and graph.successors[node])
        and not (graph.predecessors[number] and graph.predecessors[node])
    ]
    return graph.names[lacking[0]] if len(lacking) == 1 else None


def _renamed(graph: Graph, name: str) -> str | None:
    """The only node without edges, which *name*, the only one that means nothing else, leads to and from."""
    number = graph.numbers[name]
    if not graph.successors[number] or not graph.predecessors[number]:
        return None
    nodes = range(graph.implicit, graph.known)
    alone = [node for node in nodes if not graph.successors[node] and not graph.predecessors[node]]
    return graph.names[alone[0]] if len(alone) == 1 else None


def listed_in(graph: Graph) -> dict[str, tuple[str, ...]]:
    """The nodes that an unknown name lists, with commas and without brackets, or with blanks. Kept with the graph."""
    key = (__name__, "listed")
    known = graph.memo.get(key)
    if known is None:
        known = graph.memo[key] = {
            name: parts
            for name in graph.unknown
            if ("," in name or " " in name)
            and (parts := tuple([part.strip() for part in name.split("," if "," in name else None)]))
            and len(parts) > 1
            and all(graph.numbers.get(part, graph.known) < graph.known for part in parts)
        }
    assert isinstance(known, dict)
    return known


def merged(graph: Graph) -> tuple[Arrows, Arrows]:
    """The arrows both ways, each slip as one with the node that is meant. Kept with the graph."""
    key = (__name__, "merged")
    known = graph.memo.get(key)
    if known is None:
        slips = meanings(graph) if graph.unknown else {}
        numbers = graph.numbers
        meaning = {numbers[name]: [numbers[node] for node in nodes] for name, nodes in slips.items()}
        forward = _as_meant(graph.successors, graph.predecessors, meaning)
        back = _as_meant(graph.predecessors, graph.successors, meaning)
        known = graph.memo[key] = (forward, back)
    assert isinstance(known, tuple)
    return known


def meanings(graph: Graph) -> dict[str, tuple[str, ...]]:
    """The nodes that each unknown name means, as far as that is clear."""
    return {**{name: (node,) for name, node in meant(graph).items()}, **listed_in(graph)}


def _as_meant(arrows: Arrows, turned: Arrows, meaning: dict[int, list[int]]) -> Arrows:
    """*arrows* with slips replaced by what they mean; only those lists are new that a slip is in."""
    if not meaning:
        return arrows

    def targets(numbers: Iterable[int]) -> list[int]:
        found = [target for number in numbers for target in arrows[number]]
        return [node for target in found for node in meaning.get(target, (target,))]

    new = list(arrows)
    for slip in meaning:
        for source in turned[slip]:
            new[source] = targets([source])
    groups: dict[int, list[int]] = {}
    for slip, nodes in meaning.items():
        for node in nodes:
            groups.setdefault(node, [node]).append(slip)
    for node, group in groups.items():
        new[node] = targets(group)
    for slip in meaning:
        new[slip] = []
    return new
