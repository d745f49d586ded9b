"""What a workflow says of itself before its nodes, as far as lenses and hovers show it."""

from typing import TYPE_CHECKING, NamedTuple

from darwinflow.model.span import Span
from darwinflow.projection.projection import Projection

if TYPE_CHECKING:
    from darwinflow.model.workflow import Parent


class Header(NamedTuple):
    """What is missing or of a wrong type is empty or None."""

    id: str
    id_span: Span | None
    """Of the value."""
    version: int | None
    description: str
    parent: "Parent | None"


def header_of(projection: Projection) -> Header:
    header = projection.header
    named = header.field("id") if header.id is not None else None
    data = header.data if isinstance(header.data, dict) else {}
    description = data.get("description")
    return Header(
        header.id or "",
        named.span if named is not None else None,
        header.version,
        description if isinstance(description, str) else "",
        _parent(data.get("metadata"), header.id or ""),
    )


def _parent(metadata: object, own_id: str) -> "Parent | None":
    from darwinflow.model.workflow import Parent  # here, because dataclasses cost the first diagnostics 10 ms

    parent = metadata.get("parent") if isinstance(metadata, dict) else None
    if isinstance(parent, int) and not isinstance(parent, bool):
        return Parent(own_id, parent)
    if isinstance(parent, dict):
        name, version = parent.get("id"), parent.get("version")
        if isinstance(name, str) and isinstance(version, int) and not isinstance(version, bool):
            return Parent(name, version)
    return None
