"""`condition-unknown-name`: a condition calls what CEL does not have; `condition-syntax`: its types cannot fit."""

from collections.abc import Iterator

from darwinflow.check.cel_types import type_fault
from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.subject import Condition


def condition_type(condition: Condition) -> Iterator[Remark]:
    if condition.read is None or condition.read.tree is None:
        return
    fault = type_fault(condition.text, condition.read.tree)
    if fault is None:
        return
    writing = condition.writing
    span = writing.span(fault.start, fault.end)
    fixes: tuple[Fix, ...] = ()
    if fault.instead:
        fixes = writing.change(f"Change to '{fault.instead}'", fault.start, fault.end, fault.instead)
    code = "condition-unknown-name" if fault.is_name else "condition-syntax"
    yield Remark(Finding(code, ERROR, span, fault.message, (), fixes))
