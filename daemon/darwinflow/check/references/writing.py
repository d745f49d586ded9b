"""Changing a few characters of a text, in whatever style it is written."""

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from darwinflow.check.inside import Letters
from darwinflow.document.lines import Edit
from darwinflow.document.node import DOUBLE, FOLDED, LITERAL, PLAIN, SINGLE
from darwinflow.model.span import Span

_HARMLESS: Final = re.compile(r"[\w.]+\Z")
"""What may stand inside a plain text anywhere."""
_DASH: Final = re.compile(r" *- +\Z")


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


def is_behind_dash(letters: Letters) -> bool:
    """Whether the text is an item of a list that has a line for each."""
    return _DASH.match(letters.before) is not None


def split_items(letters: Letters, parts: Sequence[tuple[int, int]]) -> tuple[Edit, ...]:
    """The edits that make each of *parts*, with blanks between them, an item of its own in the same list; none where that is not plain."""
    node = letters.node
    quote = {PLAIN: "", SINGLE: "'", DOUBLE: '"'}.get(node.style)
    spans = [letters.span(*part) for part in parts]
    places = [span for span in spans if span is not None]
    if quote is None or len(places) < len(parts):
        return ()
    between = f",{' ' if quote else ''}"
    if is_behind_dash(letters):
        between = f"\n{letters.before}"
    edits: list[Edit] = []
    for first, second in pairwise(places):
        if first.line != second.line and (quote or between != ","):
            return ()
        end = second.column if between != "," else first.end_column
        edits.append(Edit(Span(first.line, first.end_column, first.line, end), quote + between + quote))
    return tuple(edits)
