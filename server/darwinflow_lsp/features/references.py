"""`textDocument/references`: every place that names a node."""

from darwinflow.check.mentions.naming import spans_naming
from darwinflow.model.span import Span
from darwinflow_lsp.features.symbol import Kind, symbol_at
from darwinflow_lsp.snapshot import Snapshot


def references(snapshot: Snapshot, line: int, column: int, *, declaration: bool) -> tuple[Span, ...]:
    """In the order of the text. START, END and names that no node has are found where they are used."""
    symbol = symbol_at(snapshot, line, column)
    if symbol is None or symbol.kind not in (Kind.NODE_ID, Kind.NODE_REFERENCE):
        return ()
    projection = snapshot.checked.projection_at(line)
    if projection is None:
        return ()
    spans = {reference.span for reference in projection.references(symbol.name)}
    spans |= set(spans_naming(projection, symbol.name))
    own = projection.definition(symbol.name)
    if declaration and own is not None:
        spans.add(own)
    return tuple(sorted(spans))
