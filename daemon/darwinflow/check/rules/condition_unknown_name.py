"""`condition-unknown-name`: a condition names something that is not there where it is decided."""

import json
import re
from collections.abc import Iterator
from typing import Final

from darwinflow.check.cel import Use
from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.references.decisions import DECISION, Slip, slip_of
from darwinflow.check.references.odd_names import as_key, is_name, odd_name_at
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.rows import nodes_read, place_of
from darwinflow.check.references.subject import Condition
from darwinflow.check.words import shown
from darwinflow.model.nearest import nearest

CODE: Final = "condition-unknown-name"
_FOREIGN: Final = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "nil": "null",
    "undefined": "null",
    "Null": "null",
    "NULL": "null",
}
"""What other languages call the fixed values of CEL."""
_TAILS: Final = ("s", "t")
"""Letters that slip in behind a name."""
_WHOLE_NAMES: Final = ("output", "input")


def condition_unknown_name(condition: Condition) -> Iterator[Remark]:
    if condition.read is None or condition.read.tree is None:
        return
    for use in condition.read.uses:
        starts = [name for name in condition.sources if condition.scope.is_always_there(name)]
        if use.name == "output" and starts:
            message = condition.scope.without_output(starts[0])
            yield _remark(condition, use.offset, use.offset + len(use.name), message)
    behind = -1
    for use, node in nodes_read(condition.text):
        if use.offset < behind:
            continue  # part of an id that is no name, which is told at its beginning
        odd = None
        if use.name != "nodes":
            odd = odd_name_at(condition.scope.graph, condition.text, use.offset)
        if odd is not None:
            behind = use.offset + len(odd)
            message = f"'{shown(odd)}' is no name in CEL; write {as_key(odd)}"
            fixes = condition.writing.change(f"Write {as_key(odd)}", use.offset, behind, as_key(odd))
            yield _remark(condition, use.offset, behind, message, fixes if condition.is_known(odd) else ())
        elif not condition.scope.is_node(node.name):
            yield _unknown(condition, use, node.name, is_sound=node.is_sound)
        elif not node.is_sound:
            yield _without_output(condition, use, node.name)
    for use in condition.read.uses:
        yield from _slip(condition, use)


def _slip(condition: Condition, use: Use) -> Iterator[Remark]:
    """A field that is nearly called `decision`, of nodes that all decide, or a field of the decision itself."""
    slip = slip_of(use)
    deciders = [] if slip is None else [slip.decider] if slip.decider else condition.sources
    if slip is None or not deciders or not all(name in condition.scope.options for name in deciders):
        return
    behind = use.offset + len(use.name)
    (decided,) = DECISION
    if slip.field == decided:
        yield _field_of_decision(condition, use, slip, deciders[0])
        return
    match = re.compile(r"\b" + re.escape(slip.field) + r"\b").search(condition.text, behind)
    start, end = match.span() if match is not None else (use.offset, behind)
    message = f"'{shown(deciders[0])}' gives no '{shown(slip.field)}'; did you mean '{decided}'?"
    fixes = condition.writing.change(f"Change to '{decided}'", start, end, decided) if match else ()
    if slip.behind:
        fixes = tuple([fix.doubted() for fix in fixes])  # the decision has no such field either
    yield _remark(condition, start, end, message, fixes)


def _field_of_decision(condition: Condition, use: Use, slip: Slip, decider: str) -> Remark:
    pattern = rf"\b{slip.field}\s*\.\s*({re.escape(slip.behind)})\b"
    match = re.compile(pattern).search(condition.text, use.offset)
    start, end = match.span(1) if match is not None else (use.offset, use.offset + len(use.name))
    message = f"'{slip.field}' is a text, one of the options of '{shown(decider)}', and has no '{shown(slip.behind)}'"
    return _remark(condition, start, end, message)


def _remark(
    condition: Condition, start: int, end: int, message: str, fixes: tuple[Fix, ...] = (), name: str = ""
) -> Remark:
    return Remark(Finding(CODE, ERROR, condition.writing.span(start, end), message, (), fixes), name)


def _has_wandering_dot(name: str, near: str, behind: str) -> bool:
    """Whether the dot *behind* may stand a letter too early or too late: `outpu.tlog`, `outputl.og`."""
    if behind[:1] != ".":
        return False
    if near.startswith(name):
        return near[len(name) :].startswith(behind[1:])
    return name.startswith(near) and name[len(near) :] not in _TAILS


def _unknown(condition: Condition, use: Use, name: str, *, is_sound: bool) -> Remark:
    scope = condition.scope
    start, end = place_of(condition.text, use)
    if scope.is_always_there(name):
        return _remark(condition, start, end, scope.without_output(name))
    own = _own_word(condition, use)
    if own is not None:
        message = f"nothing is called '{shown(name)}' here; did you mean '{own}'?"
        return _remark(
            condition,
            start,
            end,
            message,
            condition.writing.change(f"Change to '{own}'", start, end, own),
            name,
        )
    decider = next((one for one in condition.sources if name in condition.scope.options.get(one, ())), None)
    if decider is not None and not use.path and use.name != "nodes":
        message = (
            f"'{shown(name)}' is an answer of '{shown(decider)}', a text; write it in quotes: '{shown(name)}'"
        )
        quoted = condition.writing.change(f"Write '{name}' in quotes", start, end, f"'{name}'")
        return _remark(condition, start, end, message, quoted, name)
    whole = nearest(name, _WHOLE_NAMES) if use.name != "nodes" and not is_sound else None
    near = whole or scope.nearest_node(name)
    message = (
        f"no node is called '{shown(name)}'"
        if use.name == "nodes"
        else f"nothing is called '{shown(name)}' here"
    )
    if near is None:
        known = (
            ""
            if use.name == "nodes"
            else "; a condition knows output, input and NODE.output of earlier nodes"
        )
        return _remark(condition, start, end, message + known, (), name)
    fixes: tuple[Fix, ...] = ()
    is_certain = is_sound and condition.is_known(near) if whole is None else _is_there(condition, whole)
    if is_certain:
        text = _written(condition, use, start, near)
        fixes = condition.writing.change(f"Change to '{near}'", start, end, text)
        if _has_wandering_dot(name, near, condition.text[end : end + 2]):
            fixes = tuple([fix.doubted() for fix in fixes])  # then the field is another one, too
    return _remark(condition, start, end, f"{message}; did you mean '{near}'?", fixes, name)


def _own_word(condition: Condition, use: Use) -> str | None:
    """What CEL calls a fixed value of other languages; the whole of a decision whose `output` is left out."""
    if use.path or use.name == "nodes":
        return None
    if (use.name,) == DECISION and all(name in condition.scope.options for name in condition.sources):
        return f"output.{use.name}"
    return _FOREIGN.get(use.name)


def _is_there(condition: Condition, name: str) -> bool:
    """Whether `output` or `input` means something on this edge."""
    return name != "output" or not any(map(condition.scope.is_always_there, condition.sources))


def _written(condition: Condition, use: Use, start: int, node: str) -> str:
    """How the condition writes a node, or one of the names that it always knows, in this place."""
    if use.name == "nodes":
        is_key = "[" in condition.text[use.offset : start + 1]
        return json.dumps(node, ensure_ascii=False) if is_key else node
    return node if is_name(node) else as_key(node)


def _without_output(condition: Condition, use: Use, name: str) -> Remark:
    start, end = place_of(condition.text, use)
    if use.name == "nodes":
        return _remark(condition, start, end, f"a node gives its 'output'; write {as_key(name)}.output")
    message = f"'{shown(name)}' is a node, and what it gave is '{shown(name)}.output'"
    fixes: tuple[Fix, ...] = ()
    if use.path[:1] == ("decision",) and name in condition.scope.options and condition.is_known(name):
        fixes = condition.writing.change(f"Write {name}.output", start, end, f"{name}.output")
    return _remark(condition, start, end, message, fixes)
