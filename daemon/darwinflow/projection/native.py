"""How DarwinFlow's own format writes a graph: the lists `nodes` and `edges` of a mapping.

The only module that knows these two words; another dialect gives the same facts in its own way.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from darwinflow.document.node import ALIAS, EMPTY, SCALAR, SEQ, Node
from darwinflow.document.root import Root
from darwinflow.document.section import Section
from darwinflow.document.segment import Segment
from darwinflow.projection.facts import NONE, EdgeFact, End, Facts, NodeFact, Reading, facts_of
from darwinflow.projection.places import entry

NODES = "nodes"
EDGES = "edges"
MARKS = ("id", NODES, EDGES)
"""A mapping with two of these is a workflow."""
_MAX_TEXTS = 1_000
MIXED = "*"
"""The role of a segment that may hold both lists, as entries of a mapping."""
_ALONE = " alone"


class Carrier(NamedTuple):
    """A section whose segments add to the graph, and what they hold."""

    section: int
    role: str


def alone(role: str) -> str:
    """The role of a list in a document without the other one, whose items may stand in it as its key is missing."""
    return role + _ALONE


def base(role: str) -> str:
    """The key of the list that has *role*."""
    return role.removesuffix(_ALONE)


def may_hold_nodes(role: str) -> bool:
    return role != EDGES


def may_hold_edges(role: str) -> bool:
    return role != NODES


def misplaced(found: tuple[Carrier, ...], node_count: int, edge_count: int) -> str:
    """The key of the list that is missing while items of it stand in the other; empty where there is none."""
    roles = {carrier.role for carrier in found}
    if edge_count and roles == {alone(NODES)}:
        return EDGES
    return NODES if node_count and roles == {alone(EDGES)} else ""


def lists(root: Root, found: tuple[Carrier, ...], key: str) -> bool:
    """Whether the document has the list *key* at all."""
    return any(
        (base(carrier.role) == key and not _is_void(root.sections[carrier.section]))
        or (carrier.role == MIXED and any(name == key for name, _, _ in _mixed_entries(root, carrier)))
        for carrier in found
    )


def _is_void(section: Section) -> bool:
    """Whether nothing stands below the key."""
    node = section.segments.first.node if section.kind != "items" else None
    return node is not None and node.style == EMPTY and node.tag is None


def empty_list(root: Root, found: tuple[Carrier, ...]) -> tuple[int, Node] | None:
    """The section and the key of a list of nodes that is there and empty."""
    for carrier in found:
        section = root.sections[carrier.section]
        if base(carrier.role) == NODES and section.key is not None and section.data == []:
            return carrier.section, section.key
        if carrier.role == MIXED:
            node = section.segments[0].node
            for key, value in node.pairs if node is not None else section.segments[0].pairs:
                if key.source == NODES and value.kind == SEQ and not value.items:
                    return carrier.section, key
    return None


def _mixed_entries(root: Root, carrier: Carrier) -> Iterator[tuple[str, Node, Any]]:
    for segment in root.sections[carrier.section].segments:
        yield from _entries(segment)


_FACTS = {role: f"{__name__}.{role}" for key in (NODES, EDGES, MIXED) for role in (key, alone(key))}
"""The key of a segment's memo for each role: a text, whose hash is known."""


def read(segment: Segment, role: str) -> Facts:
    """What *segment* adds; kept with it."""
    key = _FACTS[role]
    facts: Facts | None = segment.memo.get(key)
    if facts is None:
        segment.memo[key] = facts = _read(segment, role)
    return facts


def _read(segment: Segment, role: str) -> Facts:
    nodes: list[NodeFact] = []
    edges: list[EdgeFact] = []
    if role != base(role):
        return _sorted(read(segment, base(role)))
    if role == MIXED:
        for name, entry_value, data in _entries(segment):
            if name == NODES:
                nodes += [_node(node, item) for node, item in _items(entry_value, data)]
            elif name == EDGES:
                edges += [_edge(node, item) for node, item in _items(entry_value, data)]
        return facts_of(nodes, edges)
    value = segment.node
    pairs: Iterable[tuple[Node, Any]]
    if segment.form.name == "quiet leading":
        return NONE  # lines between a value and the list that should not be there, which is said of the value
    if segment.kind == "items":
        pairs = zip(segment.items, segment.data, strict=True)
    elif value is not None:
        pairs = _items(value, segment.data)
    else:
        return NONE
    if role == NODES:
        return facts_of([_node(node, data) for node, data in pairs], [])
    return facts_of([], [_edge(node, data) for node, data in pairs])


def _sorted(facts: Facts) -> Facts:
    """The same where each item is what it looks like; *facts* themselves where that changes nothing."""
    edges = [node for node in facts.nodes if _is_edge(node.data)]
    nodes = [edge for edge in facts.edges if _is_node(edge.data)]
    if not edges and not nodes:
        return facts
    return facts_of(
        [
            *[node for node in facts.nodes if not _is_edge(node.data)],
            *[_node(edge.item, edge.data) for edge in nodes],
        ],
        [
            *[edge for edge in facts.edges if not _is_node(edge.data)],
            *[_edge(node.item, node.data) for node in edges],
        ],
    )


def _is_edge(data: Any) -> bool:
    return (
        isinstance(data, dict) and ("from" in data or "to" in data) and not ("id" in data or "type" in data)
    )


def _is_node(data: Any) -> bool:
    return (
        isinstance(data, dict) and ("id" in data and "type" in data) and not ("from" in data or "to" in data)
    )


def _entries(segment: Segment) -> Iterator[tuple[str, Node, Any]]:
    """The entries that a segment gives to the root's mapping, those of a merge too."""
    data = segment.data
    if segment.key is not None and segment.key.is_merge and segment.node is not None:
        for source in data if isinstance(data, list) else [data]:
            if isinstance(source, dict):
                yield from ((name, segment.node, value) for name, value in source.items())
        return
    node = segment.node
    pairs = node.pairs if node is not None else segment.pairs
    if not isinstance(data, dict):
        return
    for key, value in pairs:
        if key.kind == SCALAR and key.source in data:
            yield key.source, value, data[key.source]


def _items(value: Node, data: Any) -> Iterator[tuple[Node, Any]]:
    """Each item of a list with its data; behind an alias, the alias stands for each."""
    if not isinstance(data, list):
        return
    if value.kind == SEQ and len(value.items) == len(data):
        yield from zip(value.items, data, strict=True)
    else:
        yield from ((value, item) for item in data)


def _node(item: Node, data: Any) -> NodeFact:
    if not isinstance(data, dict):
        return NodeFact("", "", None, None, item, data)
    id_token = _value(item, "id") if "id" in data else None
    type_token = _value(item, "type") if "type" in data else None
    kind = data.get("type")
    return NodeFact(
        _name(data.get("id"), id_token),
        kind if isinstance(kind, str) else "",
        id_token,
        type_token,
        item,
        data,
        tuple(_reads(data.get("config"))),
        _options(data.get("config")),
        is_edge=_is_edge(data),
    )


def _reads(config: Any) -> Iterator[Reading]:
    if not isinstance(config, dict):
        return
    context = config.get("context")
    for at, text in enumerate(context if isinstance(context, list) else ()):
        if isinstance(text, str):
            yield Reading(("config", "context", at), text, is_meant=True)
    if "inputs" in config:
        yield from _texts(config["inputs"])


def _texts(inputs: Any) -> Iterator[Reading]:
    """The texts in what a sub-workflow is given; of what aliases share, as much as a reader would look at."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [(("config", "inputs"), inputs)]
    for path, value in waiting:
        if isinstance(value, str):
            yield Reading(path, value, is_meant=False)
        elif len(waiting) < _MAX_TEXTS and isinstance(value, dict):
            waiting += [((*path, key), inner) for key, inner in value.items()]
        elif len(waiting) < _MAX_TEXTS and isinstance(value, list):
            waiting += [((*path, at), inner) for at, inner in enumerate(value)]


def _options(config: Any) -> tuple[str, ...]:
    options = config.get("options") if isinstance(config, dict) else None
    return tuple([text for text in options if isinstance(text, str)]) if isinstance(options, list) else ()


def _edge(item: Node, data: Any) -> EdgeFact:
    if not isinstance(data, dict):
        return EdgeFact((), (), None, is_conditional=False, kind="", item=item, data=data, lacks=(True, True))
    condition, kind = data.get("condition"), data.get("type")
    sources, targets = _ends(item, data, "from"), _ends(item, data, "to")
    return EdgeFact(
        sources,
        targets,
        condition if isinstance(condition, str) else None,
        is_conditional="condition" in data,
        kind=kind if isinstance(kind, str) else "",
        item=item,
        data=data,
        lacks=(_lacks(data.get("from"), sources), _lacks(data.get("to"), targets)),
        node=_name(data["id"], _value(item, "id")) if _is_node(data) else "",
    )


def _lacks(given: Any, ends: tuple[End, ...]) -> bool:
    """Whether a name is missing among *ends*, which are all that *given* holds."""
    return not ends or (isinstance(given, list) and len(ends) < len(given))


def _ends(item: Node, data: dict[str, Any], side: str) -> tuple[End, ...]:
    if side not in data:
        return ()
    value = _value(item, side)
    given = data[side]
    if value is None:
        return ()
    if not isinstance(given, list):
        name = _name(given, value)
        return (End(name, value),) if name else ()
    ends = [End(_name(name, node), node) for node, name in _items(value, given)]
    return tuple([end for end in ends if end.name])


def _value(item: Node, key: str) -> Node | None:
    if item.kind == ALIAS:
        return item
    pair = entry(item, key)
    return pair[1] if pair is not None else None


def _name(data: Any, token: Node | None) -> str:
    """What *data* is called by. A number or boolean is a wrong type and a name all the same: one fault, not two."""
    if isinstance(data, str):
        return data
    if data is None or isinstance(data, (list, dict)):
        return ""
    return token.source if token is not None and token.kind == SCALAR else str(data)
