"""`condition-syntax`: a condition is no CEL; `document-limit`: it is too long to be read as any."""

import re
from collections.abc import Iterator
from typing import Final

from darwinflow.check.cel import MAX_CHARACTERS, parsed
from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.references.odd_names import as_key, odd_name_at
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.subject import Condition
from darwinflow.check.words import shown
from darwinflow.document.problem import DOCUMENT_LIMIT

_WORD: Final = re.compile(r"[^\s()\[\]{}.,'\"&|=!<>?:+*/%-]+")


def condition_syntax(condition: Condition) -> Iterator[Remark]:
    text, writing = condition.text, condition.writing
    if condition.read is None:
        message = f"the condition has {len(text)} characters; at most {MAX_CHARACTERS} are read"
        yield Remark(Finding(DOCUMENT_LIMIT, ERROR, writing.whole(), message))
        return
    fault = condition.read.fault
    if fault is None or (writing.own is not None and writing.own.tag is not None):
        return  # what a tag has taken away, `unknown-tag` tells
    odd = _odd_name(condition)
    if odd is not None:
        name, at = odd
        end = at + len(name)
        message = f"'{shown(name)}' is no name in CEL; write {as_key(name)}"
        fixes = writing.change(f"Write {as_key(name)}", at, end, as_key(name))
        offered = fixes if condition.is_known(name) else ()
        yield Remark(Finding("condition-syntax", ERROR, writing.span(at, end), message, (), offered))
        return
    fixes = ()
    if fault.instead and parsed(text[: fault.start] + fault.instead + text[fault.end :]).fault is None:
        fixes = writing.change(f"Write {fault.instead}", fault.start, fault.end, fault.instead)
    span = writing.span(fault.start, fault.end)
    yield Remark(Finding("condition-syntax", ERROR, span, fault.message, (), fixes))


def _odd_name(condition: Condition) -> tuple[str, int] | None:
    """A node's id that is no name in CEL and makes the fault, with its place."""
    for word in _WORD.finditer(condition.text):
        at = word.start()
        name = odd_name_at(condition.scope.graph, condition.text, at)
        if name is not None:
            text = condition.text[:at] + as_key(name) + condition.text[at + len(name) :]
            if len(text) <= MAX_CHARACTERS and parsed(text).fault is None:
                return name, at
    return None
