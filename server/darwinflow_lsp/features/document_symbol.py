"""`textDocument/documentSymbol`: the workflow as its nodes and edges, all of them."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from darwinflow.model.span import Span
from darwinflow.projection.projection import EdgeRef, NodeRef, Projection
from darwinflow_lsp.features.header import header_of
from darwinflow_lsp.snapshot import Snapshot

# Kinds of LSP; how editors draw them is all that they mean here.
MODULE = 2
FUNCTION = 12
EVENT = 24


class Symbol(NamedTuple):
    name: str
    detail: str
    kind: int
    span: Span
    """All of it; contains `selection` and every child."""
    selection: Span
    children: "Iterable[Symbol]" = ()
    """To be gone through once: they are looked for on the way."""


def document_symbols(snapshot: Snapshot) -> tuple[Symbol, ...]:
    """One tree a workflow of the stream."""
    return tuple(_workflow(snapshot, projection) for projection in snapshot.projections)


def _workflow(snapshot: Snapshot, projection: Projection) -> Symbol:
    document = snapshot.document
    header = header_of(projection)
    start, end = snapshot.root_lines(projection.root_index)
    last = max(end - 1, start)
    whole = Span(start, 0, last, len(document.lines[last]))
    version = f"v{header.version}" if header.version is not None else ""
    selection = header.id_span or Span(start, 0, start, len(document.lines[start]))
    children = chain(_nodes(projection), _edges(projection))
    return Symbol(header.id or "workflow", version, MODULE, whole, selection, children)


def _nodes(projection: Projection) -> Iterator[Symbol]:
    for node in projection.nodes():
        yield Symbol(node.id or "(no id)", node.type, FUNCTION, *_spans(node))


def _edges(projection: Projection) -> Iterator[Symbol]:
    for edge in projection.edges():
        name = f"{', '.join(edge.sources) or '?'} → {', '.join(edge.targets) or '?'}"
        span = edge.item_span
        yield Symbol(name, edge.condition or "", EVENT, span, span)


def _spans(node: NodeRef | EdgeRef) -> tuple[Span, Span]:
    """The whole and its name. An id that an alias brings stands elsewhere: then the entry is its own name."""
    whole = node.item_span
    name = node.span if isinstance(node, NodeRef) else whole
    inside = (whole.line, whole.column) <= (name.line, name.column) and (name.end_line, name.end_column) <= (
        whole.end_line,
        whole.end_column,
    )
    return whole, name if inside else whole
