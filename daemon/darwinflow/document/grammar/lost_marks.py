"""What is missing or too much in brackets that were read with faults, as far as one or a few marks would mend all of them."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from darwinflow.document.grammar.layout import MOST, Slip, Walk
from darwinflow.document.grammar.rows import Mend, Row, mends, row_of, without_texts
from darwinflow.model.span import Span

_MOST_MENDS: Final = 3
_LONGEST: Final = 1_000
_UNOPENED: Final = "{} ends this text, and none begins it; put one before it"
_UNCOLONED: Final = re.compile("[{,][ \\t]*([A-Za-z_][\\w-]*)(?:([ \\t]+)|(:))(?=\ue000)")
"""A key in braces, with what stands in place of ': ' before a text in quotes."""
_BEFORE_VALUE: Final = re.compile(r"[{,][ \t]*[A-Za-z_][\w-]*:[ \t]+")
_BEFORE_ITEM: Final = re.compile(r"(?:(?<![\w\])])\[|,)[ \t]*")


def slips(lines: Sequence[str], column: int, outer: int) -> Iterator[list[Slip]]:
    """What may be wrong in the brackets that open at *column* of the first line and take all lines; the likeliest first.

    *outer*: the column of what they belong to.
    """
    if len(lines) == 1:
        yield from _on_line(lines[0], column)
        return
    if lines[0][column + 1 :].strip(" \t"):
        return
    rows: list[Row] = []
    broken = -1
    for at, line in enumerate(lines[1:], 1):
        if line.strip(" \t")[:1] in ("", "#"):
            continue
        row = row_of(line, at)
        if row is None:
            if broken >= 0:
                return
            broken = len(rows)
            row = Row(at, 0)
        rows.append(row)
    if broken < 0:
        yield from _told(lines, rows, column, outer)
        return
    at = rows[broken].row
    plans: list[list[Slip]] = []
    for _, mend in zip(range(_MOST_MENDS), mends(lines[at]), strict=False):
        mended = row_of(_mended(lines[at], mend), at)
        assert mended is not None
        rows[broken] = mended
        plans += _told(lines, rows, column, outer, _of_line(lines[at], at, mend))
    yield from sorted(plans, key=len)


def _told(
    lines: Sequence[str], rows: Sequence[Row], column: int, outer: int, own: Slip | None = None
) -> Iterator[list[Slip]]:
    """*own*: what one of the lines lacks by itself, which is put into its row already."""
    walk = Walk(lines, column, outer)
    if not walk.through(rows):
        return
    found = walk.slips
    if own is not None:
        found = [_before(one, own) for one in found]
        at_once = [one for one in found if one[:3] == (own.row, own.end, own.end)]
        if at_once:
            found = [one for one in found if one not in at_once]
            own = own._replace(text=own.text + "".join([one.text for one in at_once]))
        found = sorted([*found, own])
    if 0 < len(found) <= MOST:
        yield found


def _before(slip: Slip, own: Slip) -> Slip:
    """*slip* at the places of the text before *own* is mended."""
    by = len(own.text) - (own.end - own.start)

    def back(column: int) -> int:
        return column if column <= own.start else max(column - by, own.start)

    span = slip.span
    if span.line == own.row:
        span = Span(span.line, back(span.column), span.end_line, back(span.end_column))
    if slip.row == own.row:
        slip = slip._replace(start=back(slip.start), end=back(slip.end))
    return slip._replace(span=span)


def _mended(line: str, mend: Mend) -> str:
    return line[: mend.column] + mend.text + line[mend.end :]


def _of_line(line: str, row: int, mend: Mend) -> Slip:
    """What a line lacks by itself."""
    column, end, text = mend
    if not text:
        twice = line[column:end]
        span = Span(row, column, row, end)
        return Slip(
            row, column, end, "", span, f"this {twice} stands there twice; remove one", f"Remove {twice}"
        )
    mark = text.strip(" ")
    mark = mark.removesuffix(":") or mark
    if mark in ("", ":"):
        return _colon(line, row, mend)
    if line.count(mark, 0, column) % 2:
        span = Span(row, line.rfind(mark, 0, column), row, column)
        message = f"this text opens with {mark} and is never closed; close it"
    else:
        span = Span(row, column, row, line.find(mark, column) + 1)
        message = _UNOPENED.format(mark)
    return Slip(row, column, end, text, span, message, f"Add {mark}")


def _colon(line: str, row: int, mend: Mend) -> Slip:
    column, end, text = mend
    key = line[:column].removesuffix(":").replace("{", ",").rpartition(",")[2].strip(" \t")
    if ":" in text:
        span = Span(row, column - len(key), row, column)
        message = f"a key needs ':' behind it; write '{key}: ...'"
    else:
        span = Span(row, column - 1, row, column)
        message = f"':' needs a space behind it; write '{key}: ...'"
    return Slip(row, column, end, text, span, message, f"Write '{key}: '")


def _on_line(line: str, column: int) -> Iterator[list[Slip]]:
    """A colon or the first quote of a text that is missing in brackets on one line."""
    if len(line) > _LONGEST:
        return
    text = without_texts(line)
    for match in list(_UNCOLONED.finditer(text, column))[:_MOST_MENDS]:
        mend = Mend(match.start(2), match.end(2), ": ") if match[2] else Mend(match.end(3), match.end(3), " ")
        is_exchanged = bool(match[3]) and line[match.end(3) + 1 : match.end(3) + 2] in (" ", "\t")
        yield [_of_line(line, 0, mend)._replace(is_certain=not is_exchanged)]
    for quote in ('"', "'"):
        end = text.rfind(quote)
        if end < 0:
            continue
        is_list = line.rfind("[", column, end) > line.rfind("{", column, end)
        before = _BEFORE_ITEM if is_list and text[end + 1 : end + 2] in ",]" else _BEFORE_VALUE
        places = [match.end() for match in before.finditer(line, column, end)]
        for place in reversed(places[-_MOST_MENDS:]):
            if line[place] in "\"'":
                span = Span(0, place, 0, end + 1)
                message = f"this text begins with {line[place]} and ends with {quote}; it wants one of them"
                yield [Slip(0, place, place + 1, quote, span, message, f"Begin it with {quote}")]
                continue
            span = Span(0, place, 0, end + 1)
            message = _UNOPENED.format(quote)
            is_certain = not is_list or len(places) == 1
            yield [Slip(0, place, place, quote, span, message, f"Add {quote}", is_certain=is_certain)]
