"""`context-syntax`: a text that should be a reference is none."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.references.reference import INPUT, OUTPUT, reference_of
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.subject import Citation, Scope
from darwinflow.check.words import shown
from darwinflow.model.nearest import nearest

_TEMPLATE: Final = re.compile(r"\s*(?:\$?\{\{|\$\{)\s*([^{}]*?)\s*\}\}?\s*\Z")

_INDEX: Final = re.compile(r"""\[(?:(\d+)|'([^'\[\].]+)'|"([^"\[\].]+)")\]""")
"""A step of a path as other languages write it."""
_IN_NO_STEP: Final = frozenset("[](){}*?| ")
_JOINTS: Final = " _-/:;,\\"
"""What stands where a dot belongs."""
_TAILS: Final = ("s", "t")
"""Letters that slip in behind `output`."""


class _Meant(NamedTuple):
    text: str
    is_certain: bool = True


def context_syntax(citation: Citation) -> Iterator[Remark]:
    if not citation.is_meant or citation.reference.is_sound:
        return
    if citation.parts:
        yield _without_comma(citation)
        return
    text = citation.text
    meant = _meant(citation)
    message = f"'{shown(text)}' is no reference"
    fixes: tuple[Fix, ...] = ()
    if meant is None:
        message += f"; write {INPUT}.NAME or NODE.{OUTPUT}"
    elif citation.scope.is_node(text):
        message = f"'{shown(text)}' is a node's id; its output is '{shown(meant.text)}'"
    else:
        message += f"; did you mean '{shown(meant.text)}'?"
    name = reference_of(meant.text).name if meant is not None else ""
    if meant is not None and (not name or citation.is_known(name)):
        fixes = citation.writing.change(f"Change to '{meant.text}'", 0, len(text), meant.text)
        fixes = fixes if meant.is_certain else tuple([fix.doubted() for fix in fixes])
    yield Remark(Finding("context-syntax", ERROR, citation.writing.whole(), message, (), fixes))


def _without_comma(citation: Citation) -> Remark:
    """What to say of several references that stand as one item."""
    start, end = citation.parts[1]
    span = citation.writing.span(start, end)
    message = f"a ',' is missing before '{shown(citation.text[start:end])}'"
    if citation.writing.is_behind_dash:
        message = f"'{shown(citation.text[start:end])}' is an item of its own; write it on the next line, behind '- '"
    fixes = citation.writing.split("Make each an item of its own", citation.parts)
    return Remark(Finding("context-syntax", ERROR, span, message, (), fixes))


def _bare(text: str) -> str:
    """*text* without the braces that it stands in where it is put into another."""
    match = _TEMPLATE.match(text)
    return match[1] if match is not None else text


def _as_step(index: re.Match[str]) -> str:
    return f".{index[index.lastindex or 0]}"


def _meant(citation: Citation) -> _Meant | None:
    """The reference that the text is a slip of."""
    scope, text = citation.scope, _INDEX.sub(_as_step, _bare(citation.text))
    head, *steps = text.split(".")
    steps = [step for step in steps if step]
    if steps and not scope.is_node(head) and scope.is_node(head + steps[0]):
        head, *steps = head + steps[0], *steps[1:]  # a dot within the id
    name = head if scope.is_node(head) else scope.nearest_node(head)
    if head == INPUT:
        return _joined(INPUT, steps)
    if not scope.is_node(head) and _is_slip(head, INPUT):
        return _joined(INPUT, steps, is_certain=head[:-1] != INPUT or head[-1] in _TAILS)
    if name is None:
        return _without_first_dot(head, steps, scope)
    first = steps[0].strip() if steps else OUTPUT
    if len(steps) > 1 and (first + steps[1] == OUTPUT or first + steps[1][:1] == OUTPUT):
        behind = (first + steps[1]).removeprefix(OUTPUT)  # a dot within the word, or before its last letter
        return _joined(name, [OUTPUT, *([behind] if behind else []), *steps[2:]])
    rest = first.removeprefix(OUTPUT).lstrip(_JOINTS) if first.startswith(OUTPUT) else first
    if not rest or rest in _TAILS or (first == rest and _is_slip(first, OUTPUT)):
        return _joined(name, [OUTPUT, *steps[1:]])
    if " " in first and (rest == INPUT or scope.is_node(rest) or scope.nearest_node(rest) is not None):
        return None
    # One letter behind `output` may be a slip of the finger, or a path without its dot.
    is_certain = scope.is_node(head) if first == rest else len(rest) > 1 and " " not in first
    return _joined(name, [OUTPUT, rest, *steps[1:]], is_certain=is_certain)


def _without_first_dot(head: str, steps: list[str], scope: Scope) -> _Meant | None:
    """The reference whose dot before `output`, or behind `input`, is missing."""
    name = head.removesuffix(OUTPUT).rstrip(_JOINTS)
    if head.endswith(OUTPUT) and scope.is_node(name):
        return _joined(name, [OUTPUT, *steps])
    rest = head.removeprefix(INPUT).lstrip(_JOINTS)
    return _joined(INPUT, [rest, *steps], is_certain=False) if head.startswith(INPUT) and rest else None


def _is_slip(word: str, of: str) -> bool:
    return nearest(word, [of]) == of


def _joined(head: str, steps: list[str], *, is_certain: bool = True) -> _Meant | None:
    if any(not _IN_NO_STEP.isdisjoint(step) for step in steps):
        return None
    return _Meant(".".join([head, *steps]), is_certain)
