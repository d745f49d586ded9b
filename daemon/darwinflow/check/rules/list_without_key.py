"""`missing-field` of the list of nodes or of edges whose items stand in the other list, or under its key, as its own key is missing."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.misnamed import misnamed
from darwinflow.check.words import with_article
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span
from darwinflow.projection.native import NODES
from darwinflow.projection.places import first_token
from darwinflow.projection.projection import Projection


def list_without_key(projection: Projection) -> Iterator[Finding]:
    """Shown at the key that is wrong, or else at the first of the items. The fix then puts the key above it, where all that stands below certainly belongs to it."""
    key = projection.misplaced
    if not key:
        return
    here, there = tuple(projection.nodes()), tuple(projection.edges())
    items = [(one.fact.item, one.start_line) for one in (here if key == NODES else there)]
    others = [one.start_line + one.fact.item.line for one in (there if key == NODES else here)]
    data = [one.fact.data for one in here] + [one.fact.data for one in there]
    if any(isinstance(one, dict) and key in one for one in data):
        return  # the key stands in one of the items, where it is told
    slip = misnamed(projection)
    if slip is not None:
        message = f"this is the list of '{key}', and its key is '{slip.given}'; write '{key}'"
        rename = Fix(f"Rename to '{key}'", (Edit(slip.span, key),))
        yield Finding("missing-field", ERROR, slip.span, message, (), (rename,))
        return
    item, start = items[0]
    owner, field = projection.graph_type.name, projection.graph_type.document_fields.get(key)
    title = f", {field.title}" if field is not None and field.title else ""
    message = f"{with_article(owner)} needs '{key}'{title}; '{key}:' is missing above this line"
    span = first_token(item).moved(start)
    line = start + item.line
    is_first = projection.document.lines[line][: item.column].strip(" ") == "-"
    fixes: tuple[Fix, ...] = ()
    if is_first and projection.is_whole and max(others, default=0) < line:
        fixes = (Fix(f"Write '{key}:' above it", (Edit(Span(line, 0, line, 0), f"{key}:\n"),)),)
    yield Finding("missing-field", ERROR, span, message, (), fixes)
