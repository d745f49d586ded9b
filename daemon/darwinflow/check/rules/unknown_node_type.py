"""`unknown-node-type`: a node's type is none of the graph type's."""

from collections.abc import Iterator

from darwinflow.check.finding import Finding, Fix
from darwinflow.check.slashes import slashes
from darwinflow.check.subject import Subject, error, replacement
from darwinflow.check.words import all_of, scalar, shown


def unknown_node_type(subject: Subject) -> Iterator[Finding]:
    if subject.noun != "node" or subject.kind in subject.type_names:
        return
    if not subject.kind and not (isinstance(subject.data, dict) and subject.data.get("type") == ""):
        return  # it says nothing, or no text, which other rules tell
    span = subject.value_span(("type",))
    if span is None:
        return
    comment = slashes(subject, ("type",), subject.kind, "unknown-node-type")
    if comment is not None:
        yield comment
        return
    message = f"no node type is called '{shown(subject.kind)}'"
    fixes: tuple[Fix, ...] = ()
    if subject.meant_kind:
        message += f"; did you mean '{subject.meant_kind}'?"
        if subject.own_node(("type",)) is not None:
            fixes = replacement(f"Change to '{subject.meant_kind}'", span, scalar(subject.meant_kind))
    else:
        message += f"; there are {all_of(subject.type_names)}"
    yield error("unknown-node-type", span, message, fixes)
