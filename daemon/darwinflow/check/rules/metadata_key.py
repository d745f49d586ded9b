"""`metadata-key`: a key of the document's metadata, which takes any, is a slip of one that means something."""

from collections.abc import Iterator, Mapping

from darwinflow.catalog.catalog import Compiled
from darwinflow.check.finding import HINT, Finding, Fix
from darwinflow.check.subject import replacement
from darwinflow.check.words import scalar, shown
from darwinflow.graph.graph_type import Field, fields_of
from darwinflow.model.nearest import nearest
from darwinflow.projection.header import Header

METADATA = "metadata"


def metadata_key(header: Header, fields: Mapping[str, Field]) -> Iterator[Finding]:
    """*fields*: of the document."""
    data = header.data.get(METADATA) if isinstance(header.data, dict) else None
    known = fields_of(fields[METADATA].schema) if METADATA in fields else {}
    if not isinstance(data, dict) or data.keys() <= known.keys():
        return
    free = [name for name in known if name not in data]
    for key, value in data.items():
        meant = nearest(key, free) if key not in known else None
        located = header.locate((METADATA, key)) if meant is not None else None
        if meant is None or located is None:
            continue
        found, start = located
        here = found.key if found.key is not None and not found.rest else found.value
        span = here.span.moved(start)
        fixes: tuple[Fix, ...] = ()
        if found.key is not None and not found.rest and _fits(known[meant], value):
            fixes = replacement(f"Rename to '{meant}'", span, scalar(meant))
        message = f"'{shown(key)}' is an entry of your own here; did you mean '{meant}'?"
        yield Finding("metadata-key", HINT, span, message, (), fixes)


def _fits(field: Field, value: object) -> bool:
    return Compiled(field.schema).takes(value)
