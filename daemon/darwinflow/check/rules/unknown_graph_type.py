"""`unknown-graph-type`: a comment says that a document is of a graph type that there is not."""

from collections.abc import Iterator

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.words import all_of, shown
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.nearest import nearest
from darwinflow.projection.detect import choice_of, late_choice_of, near_choice_of

_WRITTEN = "darwinflow: graph-type="


def unknown_graph_type(document: Document, catalog: Catalog) -> Iterator[Finding]:
    """Silent about types whose files are at fault, which is said there."""
    for root_index in range(len(document.roots)):
        choice = choice_of(document, root_index)
        nearly = near_choice_of(document, root_index) if choice is None else None
        if nearly is not None:
            message = f"a comment that names the graph type begins with '# {_WRITTEN}'"
            fix = Fix(f"Write '{_WRITTEN}'", (Edit(nearly, _WRITTEN),))
            yield Finding("unknown-graph-type", ERROR, nearly, message, (), (fix,))
        late = late_choice_of(document, root_index) if choice is None and nearly is None else None
        if late is not None and late.name in catalog.names:
            message = "a comment that names the graph type stands above the first key; here it says nothing"
            yield Finding("unknown-graph-type", ERROR, late.span, message)
        if choice is None or choice.name in catalog.names or not catalog.lost.isdisjoint((choice.name, "")):
            continue
        message = f"no graph type is called '{shown(choice.name)}'"
        fixes: tuple[Fix, ...] = ()
        near = nearest(choice.name, catalog.names)
        if near is not None:
            message += f"; did you mean '{near}'?"
            fixes = (Fix(f"Change to '{near}'", (Edit(choice.span, near),)),)
        else:
            verb = "are" if len(catalog.names) > 1 else "is"
            message += f"; there {verb} {all_of(catalog.names)}"
        yield Finding("unknown-graph-type", ERROR, choice.span, message, (), fixes)
