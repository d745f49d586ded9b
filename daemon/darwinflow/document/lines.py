"""A text as lines, the way the language server protocol counts them.

Lines end with ``\\n``, ``\\r\\n`` or ``\\r`` and with nothing else: U+2028, U+0085,
form feed and their like are characters of a line. Terminators are kept, so the
text comes out as it went in.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from darwinflow.document.chunks import Chunks
from darwinflow.model.span import Span

_TERMINATOR: Final = re.compile(r"\r\n|\n|\r")
_PIECE: Final = 1 << 16
"""Characters that are split in one go."""


class Edit(NamedTuple):
    """Replace *span* by *text*. Places beyond a line or the text mean its end."""

    span: Span
    text: str


class LineChange(NamedTuple):
    """Which lines an edit replaced: ``removed`` lines from ``start`` on became ``added`` ones."""

    start: int
    removed: int
    added: list[str]


class Lines:
    """An immutable text in lines. An edit copies one block of lines and shares the rest."""

    __slots__ = ("_ends", "_texts", "byte_size")

    def __init__(self, texts: Chunks[str], ends: Chunks[str] | None, byte_size: int) -> None:
        self._texts = texts
        self._ends = ends
        """Terminators, the last one empty; None where all others are ``\\n``."""
        self.byte_size = byte_size
        """Of the text in UTF-8."""

    @classmethod
    def of(cls, text: str) -> "Lines":
        texts, ends = split(text)
        is_plain = "\r" not in text
        return cls(Chunks.of(texts), None if is_plain else Chunks.of(ends), _byte_size(text))

    def __len__(self) -> int:
        """At least 1: a text that ends with a terminator has an empty line after it."""
        return len(self._texts)

    def __getitem__(self, line: int) -> str:
        """A line without its terminator."""
        return self._texts[line]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def slice(self, start: int, end: int) -> list[str]:
        """The lines from *start* to before *end*."""
        return self._texts.slice(start, end)

    def text(self) -> str:
        """The whole text, terminators as they were."""
        if self._ends is None:
            return "\n".join(self._texts)
        return "".join([part for pair in zip(self._texts, self._ends, strict=True) for part in pair])

    def clamped(self, span: Span) -> Span:
        """The span inside the text, its ends in order."""
        start = self._place(span.line, span.column)
        end = self._place(span.end_line, span.end_column)
        return Span(*start, *max(start, end))

    def _place(self, line: int, column: int) -> tuple[int, int]:
        if line < 0:
            return 0, 0
        if line >= len(self):
            last = len(self) - 1
            return last, len(self[last])
        return line, min(max(column, 0), len(self[line]))

    def end_of(self, line: int) -> str:
        """The terminator of a line."""
        if self._ends is not None:
            return self._ends[line]
        return "\n" if line < len(self) - 1 else ""

    def edited(self, edit: Edit) -> tuple["Lines", LineChange]:
        """The text after *edit*, whose span is clamped, and the lines that changed.

        A ``\\r`` and a ``\\n`` that come to stand side by side are one terminator,
        so the line before the edit may be among the changed ones.
        """
        span, text = edit
        start, end = span.line, span.end_line + 1
        first = self[start]
        last = first if span.end_line == start else self[span.end_line]
        if self._ends is None and "\r" not in text:
            added = (first[: span.column] + text + last[span.end_column :]).split("\n")
            size = self.byte_size + _byte_size(text) - self._span_size(span, first, last)
            if len(added) > 1 and end - start > 1:
                start, end, added = _narrowed(self.slice(start, end), start, added)
            texts = self._texts.replaced(start, end, added)
            return Lines(texts, None, size), LineChange(start, end - start, added)
        mark = self.end_of(span.end_line)
        whole = first[: span.column] + text + last[span.end_column :] + mark
        if start and whole[:1] == "\n" and self.end_of(start - 1) == "\r":
            start -= 1
            whole = self[start] + "\r" + whole
        added, ends = split(whole)
        if mark:
            added.pop()
            ends.pop()
        old_ends = self._ends or Chunks.of(["\n"] * (len(self) - 1) + [""])
        texts, new_ends = self._texts.replaced(start, end, added), old_ends.replaced(start, end, ends)
        old = self.slice(start, end)
        removed_size = _byte_size("".join(old)) + sum(map(len, old_ends.slice(start, end)))
        size = self.byte_size - removed_size + _byte_size("".join(added)) + sum(map(len, ends))
        if len(added) > 1 and end - start > 1:
            start, end, added = _narrowed(old, start, added)
        return Lines(texts, new_ends, size), LineChange(start, end - start, added)

    def _span_size(self, span: Span, first: str, last: str) -> int:
        """Bytes of a span in a text whose terminators are all ``\\n``."""
        if span.line == span.end_line:
            return _byte_size(first[span.column : span.end_column])
        between = self.slice(span.line + 1, span.end_line)
        size = _byte_size(first[span.column :]) + _byte_size(last[: span.end_column])
        return size + _byte_size("".join(between)) + span.end_line - span.line


def _narrowed(old: list[str], start: int, new: list[str]) -> tuple[int, int, list[str]]:
    """The same replacement of lines without those that are equal at both ends; one line always stays.

    An editor that sends the whole text, or a formatter, changes few lines.
    """
    shorter = min(len(old), len(new)) - 1
    same = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    rest = shorter - same
    alike = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    return start + same, start + len(old) - alike, new[same : len(new) - alike]


def split(text: str) -> tuple[list[str], list[str]]:
    """Lines and their terminators; as many of one as of the other, the last terminator empty.

    A long text is split piece by piece, so that a thread that does it lets others go on.
    """
    if len(text) <= _PIECE:
        return _split(text)
    texts: list[str] = []
    ends: list[str] = []
    at = 0
    while len(text) - at > _PIECE and (end := _TERMINATOR.search(text, at + _PIECE)) is not None:
        more, more_ends = _split(text[at : end.end()])
        texts += more[:-1]
        ends += more_ends[:-1]
        at = end.end()
    more, more_ends = _split(text[at:])
    return texts + more, ends + more_ends


def _split(text: str) -> tuple[list[str], list[str]]:
    if "\r" not in text:
        texts = text.split("\n")
        return texts, ["\n"] * (len(texts) - 1) + [""]
    if text.count("\r\n") == text.count("\r") == text.count("\n"):
        texts = text.split("\r\n")
        return texts, ["\r\n"] * (len(texts) - 1) + [""]
    return _TERMINATOR.split(text), [*_TERMINATOR.findall(text), ""]


def _byte_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
