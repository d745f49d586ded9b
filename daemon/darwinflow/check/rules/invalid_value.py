"""`invalid-value`, `config-invalid-value`: a value of the right kind that its schema does not take."""

from collections.abc import Iterator

from darwinflow.catalog.catalog import Compiled
from darwinflow.check.asked import asked, choice
from darwinflow.check.faults import Fault
from darwinflow.check.finding import Finding, Fix
from darwinflow.check.nameless import sound_id
from darwinflow.check.slashes import slashes
from darwinflow.check.subject import Subject, error, replacement
from darwinflow.check.words import meant_word, quoted, scalar
from darwinflow.model.span import Span


def invalid_value(subject: Subject) -> Iterator[Finding]:
    for fault in subject.faults:
        if fault.kind != "value":
            continue
        span = subject.key_span(fault.path, fault.name) if fault.name else subject.value_span(fault.path)
        if span is None:
            continue
        comment = slashes(subject, fault.path, fault.data, subject.code(fault, "invalid-value"))
        if comment is not None and not fault.name:
            yield comment
            continue
        message, fixes = _said(subject, fault, span)
        name = (
            f"{quoted(fault.name)} is no name for an entry here: it"
            if fault.name
            else subject.name(fault.path)
        )
        yield error(
            subject.code(fault, "invalid-value"), span, f"{name} {message}", fixes, subject.about(fault)
        )


def _said(subject: Subject, fault: Fault, span: Span) -> tuple[str, tuple[Fix, ...]]:
    if fault.keyword not in ("enum", "const"):
        return asked(fault), _sound(subject, fault, span)
    limit, data = fault.limit, fault.data
    words = [word for word in (limit if isinstance(limit, list) else [limit]) if isinstance(word, str)]
    meant = meant_word(data, words) if isinstance(data, str) else None
    if meant is None:
        return choice(fault), ()
    is_own = subject.own_node(fault.path) is not None
    fixes = replacement(f"Change to '{meant}'", span, scalar(meant)) if is_own else ()
    return f"{choice(fault)}; did you mean '{meant}'?", fixes


def _sound(subject: Subject, fault: Fault, span: Span) -> tuple[Fix, ...]:
    """A node's id without what stands around it and no id may hold, where that makes one."""
    if subject.noun != "node" or fault.path != ("id",) or not isinstance(fault.data, str):
        return ()
    name, node = sound_id(fault.data), subject.own_node(fault.path)
    if not name or name == fault.data or node is None or not Compiled(fault.schema).takes(name):
        return ()
    if node.line != node.end_line or node.tag is not None or node.anchor is not None:
        return ()
    return replacement(f"Change to '{name}'", span, scalar(name))
