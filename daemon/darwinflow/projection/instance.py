"""From the data of a document in the native form to the graph that it says, whatever is wrong with it."""

from collections.abc import Iterator, Mapping

from darwinflow.graph.edits import Attributes, Edge, Instance

_ENDS = frozenset({"from", "to"})


def instance_of(data: object) -> Instance | None:
    """None where *data* has neither nodes nor edges.

    Entries that are no nodes or edges are left out, and so is a node whose id another one has already. Lists of ends
    become an edge each.
    """
    if not isinstance(data, Mapping) or not ("nodes" in data or "edges" in data):
        return None
    nodes: dict[str, Attributes] = {}
    for entry in _entries(data.get("nodes")):
        name = entry.get("id")
        if isinstance(name, str) and name not in nodes:
            nodes[name] = _without(entry, {"id"})
    edges = [edge for entry in _entries(data.get("edges")) for edge in _edges(entry)]
    return Instance(_without(data, {"nodes", "edges"}), nodes, edges)


def _edges(entry: Attributes) -> Iterator[Edge]:
    attributes = _without(entry, _ENDS)
    for source in _names(entry.get("from")):
        for target in _names(entry.get("to")):
            yield Edge(source, target, attributes)


def _names(value: object) -> list[str]:
    return [name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str)]


def _entries(value: object) -> list[Attributes]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []


def _without(attributes: Attributes, keys: set[str] | frozenset[str]) -> Attributes:
    return {key: value for key, value in attributes.items() if key not in keys}
