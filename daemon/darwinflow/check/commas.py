"""A comma between a key in braces and its value, which is read as a key of its own."""

from collections.abc import Mapping

from darwinflow.check.faults import Fault
from darwinflow.check.subject import Subject
from darwinflow.document.node import FLOW
from darwinflow.model.span import Span


def cut_off(subject: Subject, empty: Fault) -> Fault | None:
    """The key right behind one without a value that is that value; None where there is none."""
    if empty.kind != "type" or empty.data is not None or not empty.path:
        return None
    for fault in subject.faults:
        if fault.kind == "unknown" and fault.path == empty.path[:-1] and _is_next(fault, empty):
            place = subject.locate(fault.path)
            is_in_braces = place is not None and not place[0].rest and place[0].value.style == FLOW
            return fault if is_in_braces else None
    return None


def is_cut_off(subject: Subject, unknown: Fault) -> bool:
    """Whether *unknown* is the value of the key before it, which is told there."""
    if not isinstance(unknown.data, Mapping) or unknown.data.get(unknown.name, "") is not None:
        return False
    return any(cut_off(subject, fault) is unknown for fault in subject.faults if fault.kind == "type")


def comma_between(subject: Subject, empty: Fault, value: Fault) -> Span | None:
    """From behind a key to its value; None where they stand on two lines, or that is not plain."""
    key = subject.key_span(empty.path[:-1], str(empty.path[-1]))
    behind = subject.key_span(value.path, value.name)
    if (
        key is None
        or behind is None
        or key.line != behind.line
        or not subject.owns_key(value.path, value.name)
    ):
        return None
    return Span(key.line, key.end_column, behind.line, behind.column)


def _is_next(unknown: Fault, empty: Fault) -> bool:
    if not isinstance(unknown.data, Mapping) or unknown.data.get(unknown.name, "") is not None:
        return False
    names = list(unknown.data)
    at = names.index(unknown.name)
    is_open = (unknown.meant, unknown.inside, unknown.instead) == (None, None, None)
    return is_open and at > 0 and names[at - 1] == empty.path[-1]
