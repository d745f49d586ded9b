"""`cycle`: edges lead back to where they began, in a graph type, or along edges of a type, that has no cycles."""

from collections.abc import Iterator
from itertools import islice

from darwinflow.check.cycles import cyclic, turned, way_through
from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.pairs import MAX_PAIRS
from darwinflow.check.rules.edge_constraint import type_of
from darwinflow.check.rules.endless_cycle import closing_span
from darwinflow.check.words import all_of, quoted
from darwinflow.graph.graph_type import EdgeType
from darwinflow.projection.facts import TARGET
from darwinflow.projection.graph import EndPlace
from darwinflow.projection.projection import Projection


def cycle(projection: Projection) -> Iterator[Finding]:
    graph_type = projection.graph_type
    if graph_type.acyclic and graph_type.direction != "directed":
        yield from islice(_undirected(projection), MAX_PAIRS)
    elif graph_type.acyclic:
        yield from _directed(projection, projection.graph.successors, f"a {graph_type.name} has no cycles")
    else:
        for edge_type in graph_type.edge_types.values():
            if edge_type.acyclic:
                arrows = _arrows_of(projection, edge_type)
                yield from _directed(projection, arrows, f"edges of type {edge_type.name} close no cycles")


def _directed(projection: Projection, arrows: list[list[int]], rule: str) -> Iterator[Finding]:
    graph = projection.graph
    for group in sorted(cyclic(graph, arrows, turned(arrows))):
        way = [graph.names[number] for number in way_through(graph, group, arrows)]
        if len(way) == 1 and not projection.graph_type.allow_self_loops:
            continue  # `self-loop` says so
        what = "leads to itself" if len(way) == 1 else "lead to one another"
        message = f"{rule}, and {all_of([quoted(name) for name in way])} {what}"
        yield Finding("cycle", ERROR, closing_span(projection, way[-1], way[0]), message)


def _undirected(projection: Projection) -> Iterator[Finding]:
    """Every edge between nodes that earlier edges connect already."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while (upper := above.setdefault(name, name)) != name:
            above[name] = above[upper]
            name = upper
        return name

    for place, edge in projection.placed_edges():
        others: dict[str, list[tuple[int, str]]] = {}
        for source in edge.sources:
            name = source.name
            if name not in others:
                others[name] = [(at, end.name) for at, end in enumerate(edge.targets) if end.name != name]
            for at, target in others[name]:
                one, other = top(name), top(target)
                above[one] = other
                if one == other:
                    message = f"a {projection.graph_type.name} has no cycles, and edges connect {quoted(name)} and {quoted(target)} already"
                    yield Finding("cycle", ERROR, projection.end_span(EndPlace(place, TARGET, at)), message)


def _arrows_of(projection: Projection, edge_type: EdgeType) -> list[list[int]]:
    """Of edges of one type, joins behind all that have names."""
    numbers = projection.graph.numbers
    arrows: list[list[int]] = [[] for _ in projection.graph.names]
    for _, edge in projection.placed_edges():
        if type_of(projection.graph_type, edge) is edge_type:
            targets = [numbers[target.name] for target in edge.targets]
            if len(edge.sources) > 1 and len(targets) > 1:
                targets, behind = [len(arrows)], targets
                arrows.append(behind)
            for source in edge.sources:
                arrows[numbers[source.name]] += targets
    return arrows
