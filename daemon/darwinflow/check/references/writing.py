"""Changing a few characters of a text, in whatever style it is written."""

import json
import re
from typing import Final

from darwinflow.check.inside import Letters
from darwinflow.document.lines import Edit
from darwinflow.document.node import DOUBLE, FOLDED, LITERAL, PLAIN, SINGLE

_HARMLESS: Final = re.compile(r"[\w.]+\Z")
"""What may stand inside a plain text anywhere."""


def rewritten(letters: Letters, start: int, end: int, text: str) -> Edit | None:
    """The edit that writes *text* for the characters from *start* to before *end*; None where that is not plain."""
    node = letters.node
    value = node.value
    if not isinstance(value, str):
        return None
    if node.style == PLAIN and not _HARMLESS.match(text):
        if node.line != node.end_line:
            return None
        return Edit(node.span, json.dumps(value[:start] + text + value[end:], ensure_ascii=False))
    span, last = letters.span(start, end), letters.span(end - 1, end)
    if span is None or last is None or last.line != span.line:
        return None
    if node.style == SINGLE:
        return Edit(span, text.replace("'", "''"))
    if node.style == DOUBLE:
        return Edit(span, json.dumps(text, ensure_ascii=False)[1:-1])
    return Edit(span, text) if node.style in (PLAIN, LITERAL, FOLDED) else None
