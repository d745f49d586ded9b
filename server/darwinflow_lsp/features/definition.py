"""`textDocument/definition`: from a node's id, wherever it is used, to the place that names the node."""

from darwinflow.model.span import Span
from darwinflow_lsp.features.symbol import Kind, symbol_at
from darwinflow_lsp.snapshot import Snapshot


def definition(snapshot: Snapshot, line: int, column: int) -> tuple[Span, ...]:
    """Empty for START and END, which no text lists, and for names that no node has."""
    symbol = symbol_at(snapshot, line, column)
    if symbol is None or symbol.kind not in (Kind.NODE_ID, Kind.NODE_REFERENCE):
        return ()
    projection = snapshot.checked.projection_at(line)
    place = projection.definition(symbol.name) if projection is not None else None
    return () if place is None else (place,)
