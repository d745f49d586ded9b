"""`missing-field`, `config-missing-field`: a mapping lacks keys that it needs. One finding a mapping."""

from collections.abc import Iterator, Mapping
from typing import Any

from darwinflow.check.faults import Fault
from darwinflow.check.finding import About, Finding
from darwinflow.check.subject import Subject, error
from darwinflow.check.words import all_of, quoted
from darwinflow.graph.graph_type import fields_of
from darwinflow.projection.places import Path


def missing_field(subject: Subject) -> Iterator[Finding]:
    lacking: dict[tuple[str, Path], list[Fault]] = {}
    for fault in subject.faults:
        if fault.kind == "missing":
            lacking.setdefault((subject.code(fault, "missing-field"), fault.path), []).append(fault)
    for (code, path), faults in lacking.items():
        span = subject.first_span(path)
        if span is not None:
            about = About(subject.noun, path, tuple([fault.name for fault in faults]))
            yield error(code, span, _message(subject, faults), (), about)


def _message(subject: Subject, faults: list[Fault]) -> str:
    fault = faults[0]
    owner = subject.owner(fault)
    because = {_because_of(one) for one in faults}
    beside = because.pop() if len(because) == 1 else ""
    if len(faults) > 1:
        order = list(fields_of(fault.schema))
        names = sorted(
            [one.name for one in faults], key=lambda name: order.index(name) if name in order else len(order)
        )
        return f"{owner} needs {all_of([quoted(name) for name in names])}{beside}"
    field = fields_of(fault.schema).get(fault.name)
    message = f"{owner} needs '{fault.name}'{beside}"
    if field is None:
        return message
    inner = [name for name, part in fields_of(field.schema).items() if part.required]
    if inner:
        return f"{message} with {all_of([quoted(name) for name in inner])} in it"
    return f"{message}, {field.title}" if field.title else message


def _because_of(fault: Fault) -> str:
    """The keys there that alone make it needed, as words; empty where it is needed anyway."""
    needed: Any = fault.schema.get("required", ())
    asking: Any = fault.schema.get("dependentRequired", {})
    if fault.name in needed or not isinstance(fault.data, Mapping):
        return ""
    keys = [key for key, names in asking.items() if key in fault.data and fault.name in names]
    return f" beside {all_of([quoted(key) for key in keys])}" if keys else ""
