"""A document as a typed graph: nodes, edges, who refers to whom, and where each stands.

Immutable. Positions are looked up when they are asked for, so that an edit inside a value makes a new projection
in the time of one segment.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.problem import DOCUMENT_LIMIT, UNDEFINED_ALIAS, YAML_SYNTAX
from darwinflow.document.segment import Segment
from darwinflow.graph.graph_type import GraphType
from darwinflow.model.span import Span
from darwinflow.projection import native
from darwinflow.projection.carriers import carriers
from darwinflow.projection.columns import Columns
from darwinflow.projection.editing import carriers_after, edit_of, edited, facts_in, keeps_graph
from darwinflow.projection.ends import end_is_allowed, ends_by_name
from darwinflow.projection.facts import NONE, SOURCE, EdgeFact, Facts, NodeFact
from darwinflow.projection.graph import EndPlace, Graph, Place, connected, numbered
from darwinflow.projection.header import Header
from darwinflow.projection.hidden import Hidden, hidden
from darwinflow.projection.native import Carrier
from darwinflow.projection.patching import Edited, patched
from darwinflow.projection.places import first_token
from darwinflow.projection.succession import Succession

_HIDING = frozenset({YAML_SYNTAX, UNDEFINED_ALIAS, DOCUMENT_LIMIT})


class NodeRef(NamedTuple):
    """One node of a projected document, with absolute places."""

    id: str
    type: str
    span: Span
    """Of the id's value."""
    item_span: Span
    """From the first to the last character of the whole entry."""
    fact: NodeFact
    start_line: int
    """The first line of the segment that `fact` counts from."""


class EdgeRef(NamedTuple):
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    condition: str | None
    item_span: Span
    fact: EdgeFact
    start_line: int


class Reference(NamedTuple):
    """One use of a node's id in an edge."""

    name: str
    side: int
    """`facts.SOURCE` or `facts.TARGET`."""
    span: Span


class Projection:
    """One document of a stream as a graph of `graph_type`."""

    __slots__ = ("_hidden", "carriers", "document", "graph", "graph_type", "root_index")

    def __init__(
        self,
        document: Document,
        root_index: int,
        graph_type: GraphType,
        carriers: tuple[Carrier, ...],
        graph: Graph,
    ) -> None:
        self.document = document
        self.root_index = root_index
        self.graph_type = graph_type
        self.carriers = carriers
        self.graph = graph
        self._hidden: Hidden | None = None

    @property
    def ids(self) -> list[str]:
        """Every id that a node has, in the order of the text; those that are always there come first."""
        return self.graph.names[: self.graph.known]

    @property
    def header(self) -> Header:
        """What the document says of itself."""
        is_closed = self.graph_type.document.get("additionalProperties") is False
        fields = self.graph_type.document_fields if is_closed else None
        return Header(self.document, self.root_index, fields, self.misplaced)

    @property
    def misplaced(self) -> str:
        """The key that is missing of a list whose items stand in the other; empty where there is none."""
        return native.misplaced(self.carriers, self.graph.node_count, self.graph.edge_count)

    @property
    def is_whole(self) -> bool:
        """Whether no fault of syntax may have hidden a node or an edge."""
        sections = self.document.roots[self.root_index].sections
        return not any(
            problem.code in _HIDING
            for carrier in self.carriers
            for problem in sections[carrier.section].problems()
        )

    @property
    def lists_edges(self) -> bool:
        return self._lists(native.EDGES)

    @property
    def lists_nodes(self) -> bool:
        return self._lists(native.NODES)

    def _lists(self, key: str) -> bool:
        root = self.document.roots[self.root_index]
        return self.misplaced == key or native.lists(root, self.carriers, key)

    def empty_list_span(self) -> Span | None:
        """The key of the list of nodes where it is there and empty."""
        if self.graph.node_count:
            return None
        found = native.empty_list(self.document.roots[self.root_index], self.carriers)
        if found is None:
            return None
        section, key = found
        return key.span.moved(self.document.segment_start(self.root_index, section, -1))

    def may_be_end(self, name: str, side: int) -> bool:
        """Whether an edge may have the node *name* at this side; only the node's type decides."""
        number = self.graph.numbers.get(name, self.graph.known)
        if number >= self.graph.known:
            return True
        return end_is_allowed(self.graph_type, self.graph.types[number], side)

    def may_be_lost(self, name: str) -> bool:
        """Whether a node of this name may stand among lines that a fault of syntax has hidden."""
        if self._hidden is None:
            self._hidden = hidden(self.document, self.root_index, self.carriers)
        return self._hidden.may_hold(name)

    def listed_under(self, names: frozenset[str]) -> list[tuple[str, Place]]:
        """Entries of the list of nodes that have one of *names* as their id."""
        graph = self.graph
        found = [(name, place) for name, place in graph.listed if name in names]
        for name in sorted(names & graph.numbers.keys()):
            number = graph.numbers[name]
            place = graph.place(number)
            if place is not None:
                found.append((name, place))
        return found

    def segment(self, place: Place) -> Segment:
        return self.document.roots[self.root_index].sections[place.section].segment(place.segment)

    def start_line(self, place: Place) -> int:
        return self.document.segment_start(self.root_index, place.section, place.segment)

    def facts(self, section: int, segment: int) -> Facts:
        """What one segment adds to the graph; nothing where it is none of those that do."""
        role = next((carrier.role for carrier in self.carriers if carrier.section == section), None)
        if role is None or segment < 0:
            return NONE
        return native.read(self.document.roots[self.root_index].sections[section].segment(segment), role)

    def node_fact(self, place: Place) -> NodeFact:
        return self.facts(place.section, place.segment).nodes[place.at]

    def edge_fact(self, place: Place) -> EdgeFact:
        return self.facts(place.section, place.segment).edges[place.at]

    def node(self, name: str) -> NodeRef | None:
        """The first node of this id; None where no node has it or it is never listed."""
        number = self.graph.numbers.get(name)
        place = self.graph.place(number) if number is not None else None
        return self.node_at(place) if place is not None else None

    def node_at(self, place: Place) -> NodeRef:
        fact = self.node_fact(place)
        start = self.start_line(place)
        token = fact.id_token
        span = token.span if token is not None else first_token(fact.item)
        return NodeRef(fact.name, fact.kind, span.moved(start), fact.item.span.moved(start), fact, start)

    def nodes(self) -> Iterator[NodeRef]:
        """Every entry of the list of nodes, in the order of the text."""
        for _, _, facts, start in self.located():
            for fact in facts.nodes:
                span = (fact.id_token.span if fact.id_token else first_token(fact.item)).moved(start)
                yield NodeRef(fact.name, fact.kind, span, fact.item.span.moved(start), fact, start)

    def edges(self) -> Iterator[EdgeRef]:
        """Every entry of the list of edges, in the order of the text."""
        for _, _, facts, start in self.located():
            for fact in facts.edges:
                yield EdgeRef(
                    tuple([end.name for end in fact.sources]),
                    tuple([end.name for end in fact.targets]),
                    fact.condition,
                    fact.item.span.moved(start),
                    fact,
                    start,
                )

    def located(self) -> Iterator[tuple[int, int, Facts, int]]:
        """Section, segment, what it adds and its first line, for each that may add something, in the order of the text."""
        for carrier in self.carriers:
            section = self.document.roots[self.root_index].sections[carrier.section]
            start = self.document.segment_start(self.root_index, carrier.section, 0)
            for at, (line, segment) in enumerate(section.segments.starts()):
                yield carrier.section, at, native.read(segment, carrier.role), start + line

    def definition(self, name: str) -> Span | None:
        """The id's value where the node of this name is listed."""
        node = self.node(name)
        return node.span if node is not None else None

    def references(self, name: str) -> list[Reference]:
        """Every use of *name* in an edge, in the order of the text; names that no node has can be asked for too."""
        return [Reference(name, place.side, self.end_span(place)) for place in self._ends().get(name, ())]

    def _ends(self) -> dict[str, list[EndPlace]]:
        """Every name at an edge with its places; kept with the graph, whose places are the same."""
        found = self.graph.memo.get(__name__)
        if found is None:
            found = self.graph.memo[__name__] = ends_by_name([one[:3] for one in self.located()])
        assert isinstance(found, dict)
        return found

    def unknown_ends(self, names: Collection[str]) -> dict[str, list[EndPlace]]:
        """Where each of *names*, which no node has, is used in an edge, in the order of the text."""
        segments = sorted({place for name in names for place in self.graph.unknown[name]})
        return ends_by_name([(*place, self.facts(*place)) for place in segments], names)

    def placed_edges(self) -> Iterator[tuple[Place, EdgeFact]]:
        """Every entry of the list of edges with its place, in the order of the text."""
        for section, segment, facts, _ in self.located():
            for at, fact in enumerate(facts.edges):
                yield Place(section, segment, at), fact

    def edges_with(self, names: Collection[str], side: int) -> Iterator[tuple[Place, EdgeFact]]:
        """Edges that have one of *names* at this side and some name at the other, in the order of the text."""
        for column in self.graph.columns:
            ends = column.sources if side == SOURCE else column.targets
            segments = {column.arrow_segment(at) for at, name in enumerate(ends) if name in names}
            for segment in sorted(segments):
                for at, fact in enumerate(self.facts(column.section, segment).edges):
                    if any(end.name in names for end in (fact.sources if side == SOURCE else fact.targets)):
                        yield Place(column.section, segment, at), fact

    def end_span(self, place: EndPlace) -> Span:
        fact = self.edge_fact(place.edge)
        ends = fact.sources if place.side == SOURCE else fact.targets
        return ends[place.at].token.span.moved(self.start_line(place.edge))

    def id_span(self, place: Place) -> Span:
        return self.node_at(place).span


def project(
    document: Document,
    root_index: int,
    graph_type: GraphType,
    previous: Projection | None = None,
    succession: Succession | None = None,
) -> Projection:
    """The graph that one document of the stream holds.

    *previous*: of a document before an edit, and *succession* from its root to this one; what has not changed is
    taken over.
    """
    root = document.roots[root_index]
    edit: Edited | None = None
    if previous is not None and succession is not None and previous.graph_type is graph_type:
        change = document.change
        if change is not None and change.root_index != root_index:
            return Projection(document, root_index, graph_type, previous.carriers, previous.graph)
        now, before = carriers_after(succession, previous.carriers, change), previous.carriers
        if keeps_graph(succession, before, now):
            return Projection(document, root_index, graph_type, before, previous.graph)
        columns = edited(succession, previous.graph.columns, before, now)
        edit = edit_of(succession, previous.graph, before, now)
    else:
        now = carriers(root)
        columns = [Columns(carrier.section, facts_in(root, carrier)) for carrier in now]
    roles = dict(now)
    implicit = {name: node.name for name, node in graph_type.implicit.items()}

    def facts_at(section: int, segment: int) -> Facts:
        return native.read(root.sections[section].segment(segment), roles[section])

    graph = numbered(columns, implicit, edit.before if edit is not None else None)
    lists = patched(graph, edit) if edit is not None else None
    graph.successors, graph.predecessors = lists or connected(graph, facts_at)
    return Projection(document, root_index, graph_type, now, graph)
