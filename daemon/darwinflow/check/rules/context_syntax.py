"""`context-syntax`: a text that should be a reference is none."""

import re
from collections.abc import Iterator
from typing import Final

from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.references.reference import INPUT, OUTPUT, reference_of
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.subject import Citation
from darwinflow.check.words import shown
from darwinflow.model.nearest import nearest

_TEMPLATE: Final = re.compile(r"\s*(?:\$?\{\{|\$\{)\s*([^{}]*?)\s*\}\}?\s*\Z")

_INDEX: Final = re.compile(r"""\[(?:(\d+)|'([^'\[\].]+)'|"([^"\[\].]+)")\]""")
"""A step of a path as other languages write it."""
_IN_NO_STEP: Final = frozenset("[](){}*?|")


def context_syntax(citation: Citation) -> Iterator[Remark]:
    if not citation.is_meant or citation.reference.is_sound:
        return
    text = citation.text
    meant = _meant(citation)
    message = f"'{shown(text)}' is no reference"
    fixes: tuple[Fix, ...] = ()
    if meant is None:
        message += f"; write {INPUT}.NAME or NODE.{OUTPUT}"
    elif citation.scope.is_node(text):
        message = f"'{shown(text)}' is a node's id; its output is '{shown(meant)}'"
    else:
        message += f"; did you mean '{shown(meant)}'?"
    name = reference_of(meant).name if meant is not None else ""
    if meant is not None and (not name or citation.is_known(name)):
        fixes = citation.writing.change(f"Change to '{meant}'", 0, len(text), meant)
    yield Remark(Finding("context-syntax", ERROR, citation.writing.whole(), message, (), fixes))


def _bare(text: str) -> str:
    """*text* without the braces that it stands in where it is put into another."""
    match = _TEMPLATE.match(text)
    return match[1] if match is not None else text


def _as_step(index: re.Match[str]) -> str:
    return f".{index[index.lastindex or 0]}"


def _meant(citation: Citation) -> str | None:
    """The reference that the text is a slip of."""
    scope, text = citation.scope, _INDEX.sub(_as_step, _bare(citation.text))
    head, *steps = text.split(".")
    steps = [step for step in steps if step]
    if any(not _IN_NO_STEP.isdisjoint(step) for step in steps):
        return None
    if head == INPUT or (not scope.is_node(head) and nearest(head, [INPUT]) is not None):
        return ".".join([INPUT, *steps])
    name = head if scope.is_node(head) else scope.nearest_node(head)
    if name is None:
        return None
    if (steps and nearest(steps[0], [OUTPUT]) == OUTPUT) or steps[:1] == [OUTPUT]:
        steps = steps[1:]
    return ".".join([name, OUTPUT, *steps])
