"""`invalid-value`, `config-invalid-value`: a value of the right kind that its schema does not take."""

from collections.abc import Iterator
from typing import Any, Final

from darwinflow.check.faults import Fault
from darwinflow.check.finding import Finding, Fix
from darwinflow.check.subject import Subject, error, replacement
from darwinflow.check.words import any_of, given, scalar, wanted
from darwinflow.graph.graph_type import text_of
from darwinflow.model.nearest import nearest
from darwinflow.model.span import Span

_MAX_COMPARED: Final = 20


def invalid_value(subject: Subject) -> Iterator[Finding]:
    for fault in subject.faults:
        if fault.kind != "value":
            continue
        span = subject.value_span(fault.path)
        if span is None:
            continue
        message, fixes = _said(subject, fault, span)
        yield error(
            subject.code(fault, "invalid-value"), span, f"{subject.name(fault.path)} {message}", fixes
        )


def _said(subject: Subject, fault: Fault, span: Span) -> tuple[str, tuple[Fix, ...]]:
    limit, data = fault.limit, fault.data
    if fault.keyword in ("enum", "const"):
        words = [str(word) for word in (limit if isinstance(limit, list) else [limit])]
        message = f"must be {any_of(words)}, not {given(data)}"
        meant = nearest(data, words) if isinstance(data, str) else None
        if meant is None:
            return message, ()
        is_own = subject.own_node(fault.path) is not None
        fixes = replacement(f"Change to '{meant}'", span, scalar(meant)) if is_own else ()
        return f"{message}; did you mean '{meant}'?", fixes
    if fault.keyword == "minimum":
        return f"must be at least {limit}, not {data}", ()
    if fault.keyword == "maximum":
        return f"must be at most {limit}, not {data}", ()
    if fault.keyword == "maxLength":
        return f"has {len(data)} characters; at most {limit} are taken", ()
    if fault.keyword == "minLength":
        return "must not be empty", ()
    if fault.keyword == "uniqueItems":
        return f"must be {_form(fault)}; {given(_twice(data))} is there twice", ()
    if fault.keyword in ("minItems", "maxItems"):
        return f"must be {_form(fault)}, not {_count(data)}", ()
    return f"must be {wanted(fault.schema)}, not {given(data)}", ()


def _twice(items: list[Any]) -> Any:
    """The first of *items* that equals one before it; of lists and mappings only the first few are compared."""
    seen: set[tuple[bool, Any]] = set()
    others: list[Any] = []
    for item in items:
        if isinstance(item, (list, dict)):
            if item in others[:_MAX_COMPARED]:
                return item
            others.append(item)
        elif (key := (isinstance(item, bool), item)) in seen:
            return item
        else:
            seen.add(key)
    return others[0] if others else None


def _form(fault: Fault) -> str:
    own = text_of(fault.schema, "x-wanted")
    if own:
        return own
    if fault.keyword == "minItems":
        return f"a list of {fault.limit} or more"
    return f"a list of at most {fault.limit}" if fault.keyword == "maxItems" else "a list of different items"


def _count(data: list[object]) -> str:
    return "an empty list" if not data else f"a list of {len(data)}"
