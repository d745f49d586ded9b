"""Lines of brackets as programs lay them out: what closes, entries, what opens. Functions of strings only."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from darwinflow.document.grammar.scan import BLANKS

_TEXT: Final = "\ue000"
"""Stands for each character of a text in quotes."""
_INNER: Final = "\ue001"
"""Stands for each character of brackets that close on their line."""
_STRING: Final = re.compile(r"(?<![^\s\[\]{},:])(?:\"(?:[^\"\\]|\\.)*+\"|'(?:[^']|'')*+')")
_COMMENT: Final = re.compile(r"(?:^|(?<=[ \t]))#.*")
_BRACKETS: Final = re.compile(r"\[[^\[\]{}]*+\]|\{[^\[\]{}]*+\}")
_ROW: Final = re.compile(r"( *)([\]}]*)((?:,[ \t]*)?)(.*?)([\[{]?)[ \t]*(,?)[ \t]*\Z")
_KEY: Final = rf"(?:{_TEXT}+[ \t]*:|[A-Za-z_$<][\w./$<-]*+:(?=[ \t]|\Z))[ \t]*"
_VALUE: Final = rf"(?:[{_TEXT}]+|[{_INNER}]+|[^\s\"'#:{_TEXT}{_INNER}](?:(?!:[ \t]|:\Z)[^\"\[\]{{}}{_TEXT}{_INNER}])*+(?<!'))"
_ENTRY: Final = re.compile(rf"(?P<key>{_KEY})?(?P<value>{_VALUE})?\Z")
_MAX_DEPTH: Final = 20
_LONGEST: Final = 1_000

_OPEN_KEY: Final = re.compile(r"[ \t]*([\"'])[\w./$-]+(?=[ \t]*:)")
_BARE_KEY: Final = re.compile(r"[ \t]*(?=[\w./$-]+([\"'])[ \t]*:)")
_BEFORE_VALUE: Final = re.compile(
    r"[ \t]*(?:(?:\"[^\"]*\"|'[^']*'|[A-Za-z_][\w./$-]*):[ \t]*)?(?=[^\s\"'\[{])"
)
_END: Final = re.compile(r"[ \t]*(,?)[ \t]*\Z")
_LOST_COLON: Final = re.compile(r"[ \t]*(?:\"[^\"]*\"|[A-Za-z_][\w-]*)([ \t]*)(?=[\"'\[{\d])")
_DOUBLED: Final = re.compile(r"([\"'\[\]{}:])\1")
_CUT_KEY: Final = re.compile(r"[ \t]*([\"'])[\w./$-]*\Z")
_LOST_SPACE: Final = re.compile(r"[ \t]*[A-Za-z_][\w-]*:(?=[\"'\[{])")


class Row(NamedTuple):
    """One such line."""

    row: int
    indent: int
    closing: str = ""
    """The brackets that it begins with."""
    is_entry: bool = False
    is_key: bool = False
    """Whether it ends with a key that has nothing behind it."""
    opening: str = ""
    """The bracket that it ends with, if any."""
    opening_column: int = 0
    has_comma: bool = False
    end: int = 0
    """Behind all that stands there but the comma."""


def row_of(line: str, row: int) -> Row | None:
    """None where the line is laid out otherwise, or broken."""
    if len(line) > _LONGEST:
        return None
    match = _ROW.match(bare(line).rstrip(BLANKS))
    if match is None:
        return None
    body, opening = match[4], match[5]
    parts = [part.strip(BLANKS) for part in body.split(",")] if body.strip(BLANKS) else []
    read = [_ENTRY.match(part) for part in parts]
    if not all(read) or "" in parts:
        return None
    last = read[-1] if read else None
    is_key = last is not None and last["key"] is not None and last["value"] is None
    if opening and last is not None and not is_key:
        return None
    end = match.end(2)
    if body or opening:
        end = match.end(5) if opening else match.start(4) + len(body.rstrip(BLANKS))
    return Row(
        row,
        len(match[1]),
        closing=match[2],
        is_entry=bool(body),
        is_key=is_key and not opening,
        opening=opening,
        opening_column=match.start(5),
        has_comma=bool(match[6] or (match[3] and not body and not opening)),
        end=end,
    )


def bare(line: str) -> str:
    """*line* without comment, texts in quotes and brackets that close replaced by as many characters of no meaning."""
    text = _COMMENT.sub("", without_texts(line))
    for _ in range(_MAX_DEPTH):
        text, count = _BRACKETS.subn(lambda match: _INNER * len(match[0]), text)
        if not count:
            break
    return text


def without_texts(line: str) -> str:
    """*line* with texts in quotes replaced by as many characters of no meaning."""
    return _STRING.sub(lambda match: _TEXT * len(match[0]), line)


class Mend(NamedTuple):
    """What a line lacks by itself: a quote, a colon, or a space behind one; or what stands there twice."""

    column: int
    end: int
    text: str


def mends(line: str) -> Iterator[Mend]:
    """Ways to make a broken line one that is laid out; the likeliest first."""
    if len(line) > _LONGEST:
        return
    seen: set[str] = set()
    for one in _mends(line):
        mended = line[: one.column] + one.text + line[one.end :]
        if mended not in seen and row_of(mended, 0) is not None:
            seen.add(mended)
            yield one


def _mends(line: str) -> Iterator[Mend]:
    for doubled in _DOUBLED.finditer(line):
        yield Mend(doubled.end() - 1, doubled.end(), "")
    if found := _LOST_COLON.match(line):
        yield Mend(found.start(1), found.end(), ": ")
    if found := _LOST_SPACE.match(line):
        yield Mend(found.end(), found.end(), " ")
    if found := _OPEN_KEY.match(line) or _BARE_KEY.match(line):
        yield Mend(found.end(), found.end(), found[1])
    behind = _END.search(line)
    for quote in ('"', "'"):
        if behind is not None and line.count(quote) % 2 and (quote == '"' or '"' not in line):
            if found := _BEFORE_VALUE.match(line):
                yield Mend(found.end(), found.end(), quote)
            yield Mend(behind.start(), behind.start(), quote)
            yield Mend(behind.end(1), behind.end(1), quote)
    if found := _CUT_KEY.match(line):
        yield Mend(found.end(), found.end(), f"{found[1]}:")
