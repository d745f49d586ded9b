"""`condition-never-true`: no answer that a node can give makes a condition true, so its edge is never taken."""

import re
from collections.abc import Iterator
from typing import Final

from darwinflow.check.finding import WARNING, Finding, Fix
from darwinflow.check.references.decisions import Comparison, comparisons, is_never_true, misfits
from darwinflow.check.references.remark import Answered, Remark
from darwinflow.check.references.subject import Condition
from darwinflow.check.words import all_quoted, shown

_LITERAL: Final = re.compile(r"""[rR]?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|-?\w+""")
_PLAIN_ANSWER: Final = re.compile(r"[^'\"\\\n]*\Z")


def condition_never_true(condition: Condition) -> Iterator[Remark]:
    tree = condition.read.tree if condition.read is not None else None
    if tree is None:
        return
    is_told = False
    for comparison in comparisons(tree):
        deciders = [comparison.decider] if comparison.decider else condition.sources
        options = [condition.scope.options.get(decider) for decider in deciders]
        if any(given is None or comparison.answer in given for given in options):
            continue  # one of them may answer that, or anything
        is_told = True
        yield _no_option(condition, comparison, deciders[0])
    for misfit in misfits(tree):
        deciders = [misfit.decider] if misfit.decider else condition.sources
        if deciders and all(decider in condition.scope.options for decider in deciders):
            is_told = True
            message = f"'{shown(deciders[0])}' answers with a text, which '{misfit.sign}' cannot compare with {misfit.what}"
            span = condition.writing.span(misfit.offset, misfit.offset + len(misfit.sign))
            yield Remark(Finding("condition-never-true", WARNING, span, message))
    if not is_told and is_never_true(tree):
        message = "the condition is never true, so the edge is never taken"
        yield Remark(Finding("condition-never-true", WARNING, condition.writing.whole(), message))


def _no_option(condition: Condition, comparison: Comparison, decider: str) -> Remark:
    match = _LITERAL.match(condition.text, comparison.offset)
    start, end = match.span() if match is not None else (comparison.offset, comparison.offset + 1)
    options = condition.scope.options[decider]
    message = f"'{shown(decider)}' never answers '{shown(comparison.answer)}'"
    near = condition.scope.nearest_answer(decider, comparison.answer)
    fixes: tuple[Fix, ...] = ()
    if near is None:
        message += f"; its options are {all_quoted(options)}"
    else:
        message += f"; did you mean '{shown(near)}'?"
        if match is not None and _PLAIN_ANSWER.match(near):
            quote = match[0][-1] if match[0][-1] in "'\"" else "'"
            fixes = condition.writing.change(f"Change to '{near}'", start, end, f"{quote}{near}{quote}")
    span = condition.writing.span(start, end)
    finding = Finding("condition-never-true", WARNING, span, message, (), fixes)
    return Remark(finding, answered=Answered(decider, comparison.answer if near else "", near or ""))
