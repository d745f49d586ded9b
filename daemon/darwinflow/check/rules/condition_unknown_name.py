"""`condition-unknown-name`: a condition names something that is not there where it is decided."""

import re
from collections.abc import Iterator
from typing import Final

from darwinflow.check.cel import Use
from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.nearest import nearest
from darwinflow.check.references.odd_names import as_key, is_name, odd_names
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.rows import nodes_read
from darwinflow.check.references.subject import Condition
from darwinflow.check.words import shown

CODE: Final = "condition-unknown-name"
_KEY: Final = re.compile(r"nodes\s*(?:\[\s*[rR]?(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|\.\s*(\w+))")
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
        odd = _odd_name(condition, use)
        if odd is not None:
            behind = use.offset + len(odd)
            message = f"'{shown(odd)}' is no name in CEL; write {as_key(odd)}"
            fixes = condition.writing.change(f"Write {as_key(odd)}", use.offset, behind, as_key(odd))
            yield _remark(condition, use.offset, behind, message, fixes if condition.is_known(odd) else ())
        elif not condition.scope.is_node(node.name):
            yield _unknown(condition, use, node.name, is_sound=node.is_sound)
        elif not node.is_sound:
            yield _without_output(condition, use, node.name)


def _remark(
    condition: Condition, start: int, end: int, message: str, fixes: tuple[Fix, ...] = (), name: str = ""
) -> Remark:
    return Remark(Finding(CODE, ERROR, condition.writing.span(start, end), message, (), fixes), name)


def _odd_name(condition: Condition, use: Use) -> str | None:
    """A node's id that is no name in CEL and begins where *use* does."""
    if use.name == "nodes":
        return None
    for name in odd_names(condition.scope.graph):
        end = use.offset + len(name)
        if condition.text.startswith(name, use.offset) and re.match(
            r"\s*\.\s*output\b", condition.text[end:]
        ):
            return name
    return None


def _unknown(condition: Condition, use: Use, name: str, *, is_sound: bool) -> Remark:
    scope = condition.scope
    start, end = _place(condition, use)
    if scope.is_always_there(name):
        return _remark(condition, start, end, scope.without_output(name))
    if use.name == "nodes":
        near = scope.nearest_node(name)
        text = f'"{near}"' if near is not None and "[" in condition.text[use.offset : start + 1] else near
        message = f"no node is called '{shown(name)}'"
    else:
        names = [one for one in scope.listed if is_name(one)]
        near = text = nearest(name, names if is_sound else [*_WHOLE_NAMES, *names])
        message = f"nothing is called '{shown(name)}' here"
    if near is None:
        known = (
            ""
            if use.name == "nodes"
            else "; a condition knows output, input and NODE.output of earlier nodes"
        )
        return _remark(condition, start, end, message + known, (), name)
    fixes: tuple[Fix, ...] = ()
    if text and (near in _WHOLE_NAMES or (is_sound and condition.is_known(near))):
        is_from_start = near == "output" and any(map(scope.is_always_there, condition.sources))
        if not is_from_start and (near not in _WHOLE_NAMES or not scope.is_node(near)):
            fixes = condition.writing.change(f"Change to '{near}'", start, end, text)
    return _remark(condition, start, end, f"{message}; did you mean '{near}'?", fixes, name)


def _place(condition: Condition, use: Use) -> tuple[int, int]:
    """Where the name stands, with its quotes where it is a key."""
    match = _KEY.match(condition.text, use.offset) if use.name == "nodes" else None
    if match is None:
        return use.offset, use.offset + len(use.name)
    return match.span(1) if match[1] else match.span(2)


def _without_output(condition: Condition, use: Use, name: str) -> Remark:
    start, end = _place(condition, use)
    if use.name == "nodes":
        return _remark(condition, start, end, f"a node gives its 'output'; write {as_key(name)}.output")
    message = f"'{shown(name)}' is a node, and what it gave is '{shown(name)}.output'"
    fixes: tuple[Fix, ...] = ()
    if use.path[:1] == ("decision",) and name in condition.scope.options and condition.is_known(name):
        fixes = condition.writing.change(f"Write {name}.output", start, end, f"{name}.output")
    return _remark(condition, start, end, message, fixes)
