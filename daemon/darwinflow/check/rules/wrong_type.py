"""`wrong-type`, `config-wrong-type`: a value is of another kind than its schema takes."""

import re
from collections.abc import Iterator

from darwinflow.catalog.catalog import Compiled
from darwinflow.check.commas import comma_between, cut_off
from darwinflow.check.faults import Fault
from darwinflow.check.finding import Finding, Fix
from darwinflow.check.slashes import slashes
from darwinflow.check.subject import Subject, error, replacement
from darwinflow.check.words import all_of, given, quoted, shown, switch_meant, type_words, wanted
from darwinflow.document.node import PLAIN, SCALAR, Node
from darwinflow.document.problem import Related
from darwinflow.graph.graph_type import fields_of
from darwinflow.model.span import Span
from darwinflow.projection.places import Path

_WHOLE = re.compile(r"(0|-?[1-9][0-9]{0,17})(\.0+)?\Z")
_QUOTE = "Put it in quotes"
_MAX_RELATED = 20


def wrong_type(subject: Subject) -> Iterator[Finding]:
    """Items of one list that are wrong in the same way are one finding."""
    alike: dict[tuple[Path, str], list[Finding]] = {}
    for fault in subject.faults:
        found = _said(subject, fault) if fault.kind == "type" else None
        if found is None:
            continue
        is_item = bool(fault.path) and isinstance(fault.path[-1], int)
        place = fault.path[:-1] if is_item else fault.path
        alike.setdefault((place, found.fixes[0].title if found.fixes else ""), []).append(found)
    for first, *more in alike.values():
        yield _with_others(first, more) if more else first


def _said(subject: Subject, fault: Fault) -> Finding | None:
    """None where a fault of syntax says enough."""
    span = subject.value_span(fault.path)
    if span is None:
        return None
    comment = slashes(subject, fault.path, fault.data, subject.code(fault, "wrong-type"))
    if comment is not None:
        return comment
    name = subject.name(fault.path)
    if (value := cut_off(subject, fault)) is not None:
        return _behind_comma(subject, fault, value, span)
    if fault.data is None and fault.path:
        message = f"{name} has no value; it must be {_wanted(fault)}"
    else:
        message = f"{name} must be {_wanted(fault)}, not {given(fault.data)}"
    return error(
        subject.code(fault, "wrong-type"), span, message, _fixes(subject, fault, span), subject.about(fault)
    )


def _behind_comma(subject: Subject, fault: Fault, value: Fault, span: Span) -> Finding:
    """A value that a comma cuts off its key."""
    message = f"no ',' stands before a value; write '{fault.path[-1]}: {shown(value.name)}'"
    place = comma_between(subject, fault, value)
    fixes = (
        replacement("Remove the ','", place, ": ") if place is not None and _takes(fault, value.name) else ()
    )
    return error(subject.code(fault, "wrong-type"), span, message, fixes, subject.about(fault))


def _with_others(first: Finding, others: list[Finding]) -> Finding:
    """*first* with other items of its list, whose fixes have the same title."""
    related = tuple([Related(other.span, "and so must this") for other in others[:_MAX_RELATED]])
    edits = [edit for found in (first, *others) for fix in found.fixes for edit in fix.edits]
    title = first.fixes[0].title.replace(_QUOTE, f"Put all {len(others) + 1} in quotes") if edits else ""
    return first._replace(related=related, fixes=(Fix(title, tuple(edits)),) if edits else ())


def _wanted(fault: Fault) -> str:
    is_plain = fault.keyword == "type" and "type" in fault.schema
    what = type_words(fault.schema) if is_plain else wanted(fault.schema)
    needed = [quoted(name) for name, field in fields_of(fault.schema).items() if field.required]
    return f"{what} with {all_of(needed)}" if needed and what == "a mapping" else what


def _fixes(subject: Subject, fault: Fault, span: Span) -> tuple[Fix, ...]:
    """Quotes around a number that should be text, or none around text that should be a number, true or false."""
    node = subject.own_node(fault.path)
    if node is None or node.kind != SCALAR or node.line != node.end_line or node.tag is not None:
        return ()
    is_free = fault.schema.get("x-reference") is not True and not _is_faulty_text(subject, fault, node)
    is_other = isinstance(fault.data, (bool, int, float)) and node.style == PLAIN
    if is_free and is_other and _takes(fault, node.source):
        return replacement(_QUOTE, span, f'"{node.source}"')
    if isinstance(fault.data, (str, float)) and (match := _WHOLE.match(node.source)):
        number = int(match[1])
        if _takes(fault, number):
            return replacement(f"Write {number}", span, str(number))
    switch = switch_meant(fault.data) if isinstance(fault.data, str) else None
    if switch is not None and _takes(fault, switch == "true"):
        return replacement(f"Write {switch}", span, switch)
    return ()


def _is_faulty_text(subject: Subject, fault: Fault, node: Node) -> bool:
    """Whether quotes make a text that the next check finds fault with: the name of no type, or a condition of no sense."""
    if subject.noun == "node" and fault.path == ("type",):
        return node.source not in subject.type_names
    return subject.noun == "edge" and fault.path == ("condition",) and node.source != "true"


def _takes(fault: Fault, value: object) -> bool:
    return Compiled(fault.schema).takes(value)
