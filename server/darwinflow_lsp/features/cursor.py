"""Where a cursor stands in a half-written text: under which keys, at a key or at a value.

Reads the lines of one segment by indentation and brackets, so that it has an answer where the text is no YAML
yet, which is the moment in which completion is asked for.
"""

import re
from typing import NamedTuple

from darwinflow.document.document import Document
from darwinflow.model.span import Span
from darwinflow_lsp.features.fields import ITEM

_KEY = re.compile(
    r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s\-#:,\[\]{}"'][^#:,\[\]{}]*?|-[^\s:]+)[ \t]*:(?=[ \t]|$)"""
)
_BLOCK_SCALAR = re.compile(r":[ \t]+(?:[!&]\S+[ \t]+)*[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?$")
_WORD = re.compile(r"[^\s,\[\]{}]*\Z")
_TOKEN = re.compile(
    r"""(?x)
      "(?:[^"\\]|\\.)*"? | '(?:[^']|'')*'?            # quoted, closed or not
    | [{}\[\],] | :(?=[\s,\[\]{}]|$) | (?<!\S)\#.*
    | (?:[^\s,\[\]{}:"'] | :(?![\s,\[\]{}]|$))(?:[^\s,\[\]{}:]|:(?![\s,\[\]{}]|$))*
    """
)
"""What brackets hold: texts, brackets, commas, the colon behind a key, a comment."""


class Spot(NamedTuple):
    path: tuple[str, ...]
    """The keys that lead here, `ITEM` for each list; of a value its own key last."""
    is_key: bool
    """A key may stand here; else a value."""
    span: Span
    """What has been typed of the word so far, up to the cursor."""
    column: int
    """At which the entry begins, with its key."""
    indentation: int
    """Of the cursor's line."""
    item_line: int
    """Where the innermost list's item begins; -1 outside lists."""
    is_flow: bool = False
    """Between brackets, where everything goes on one line."""


class _Level(NamedTuple):
    column: int
    name: str
    line: int


def spot_at(document: Document, line: int, column: int) -> Spot | None:
    """None where nothing can be said: in a comment, in a block of text, in a text beyond the limits."""
    if not document.roots:
        return None
    place = document.locate(line)
    levels: list[_Level] = []
    if place.section_index >= 0 and place.segment_index >= 0:
        section = document.roots[place.root_index].sections[place.section_index]
        if section.head is not None:
            levels.append(_Level(-1, section.key_text, place.start_line))
    lines = document.lines
    return _Reader(lines.slice(place.start_line, line), lines[line][:column], place.start_line, levels).spot()


class _Reader:
    """One pass over the lines before the cursor."""

    def __init__(self, before: list[str], cursor_line: str, first_line: int, levels: list[_Level]) -> None:
        self.before = before
        self.cursor_line = cursor_line
        self.first_line = first_line
        self.levels = levels
        self.flow: list[_Level] = []
        """Open brackets, each with the key it stands at."""
        self.scalar_column = -1
        """Lines deeper than this belong to a block of text; -1 outside one."""

    def spot(self) -> Spot | None:
        for at, text in enumerate(self.before):
            self._take(text, self.first_line + at)
        text, line = self.cursor_line, self.first_line + len(self.before)
        indent = _indentation(text)
        if self.scalar_column >= 0 and (indent > self.scalar_column or not text.strip()):
            return None
        if _comment_start(text) < len(text):
            return None
        if self.flow:
            self._scan_flow(text, 0, line)
            return self._in_flow(text, line) if self.flow else None
        return self._in_block(text, line, indent)

    def _take(self, text: str, line: int) -> None:
        stripped = text.strip()
        indent = _indentation(text)
        if self.scalar_column >= 0:
            if not stripped or indent > self.scalar_column:
                return
            self.scalar_column = -1
        if not stripped or stripped[0] == "#":
            return
        if self.flow:
            self._scan_flow(text, 0, line)
            return
        at = self._open_block(text, indent, line)
        if _BLOCK_SCALAR.search(text, max(at - 2, 0)) or text[at:].strip() in ("|", ">", "|-", ">-"):
            self.scalar_column = self.levels[-1].column if self.levels else 0
        elif text[at : at + 1] in ("{", "["):
            self._scan_flow(text, at, line)

    def _open_block(self, text: str, at: int, line: int) -> int:
        """Enter the dashes and the key of a line; returns where its value begins."""
        while text[at : at + 1] == ITEM and text[at + 1 : at + 2] in ("", " ", "\t"):
            while self.levels and (
                self.levels[-1].column > at or (self.levels[-1].column == at and self.levels[-1].name == ITEM)
            ):
                self.levels.pop()
            self.levels.append(_Level(at, ITEM, line))
            at += 1
            while text[at : at + 1] in (" ", "\t"):
                at += 1
        if at >= len(text):
            return at
        found = _KEY.match(text, at)
        if found is None:
            return at
        self._leave(at)
        self.levels.append(_Level(at, _bare(found[1]), line))
        at = found.end()
        while text[at : at + 1] in (" ", "\t"):
            at += 1
        return at

    def _leave(self, column: int) -> None:
        """Close what does not hold an entry at *column*."""
        while self.levels and self.levels[-1].column >= column:
            self.levels.pop()

    def _scan_flow(self, text: str, at: int, line: int) -> None:
        """Follow brackets from *at* on; stops behind the last that closes."""
        last: tuple[str, int] | None = None
        for token in _TOKEN.finditer(text, at):
            sign = token[0]
            if sign in ("{", "["):
                self.flow.append(_Level(token.start(), sign, line))
            elif sign in ("}", "]"):
                self._close(sign)
                if not self.flow:
                    return
            elif sign == ",":
                self._leave_flow_key()
            elif sign == ":" and last is not None:
                self._leave_flow_key()
                self.flow.append(_Level(last[1], last[0], line))
            elif sign[0] == "#":
                return
            last = (_bare(sign), token.start()) if sign[0] not in "{}[],:" else None

    def _leave_flow_key(self) -> None:
        if self.flow and self.flow[-1].name not in ("{", "["):
            self.flow.pop()

    def _close(self, sign: str) -> None:
        opening = "{" if sign == "}" else "["
        while self.flow:
            if self.flow.pop().name == opening:
                break
        self._leave_flow_key()

    def _in_flow(self, text: str, line: int) -> Spot:
        word = _word_start(text)
        path: list[str] = [level.name for level in self.levels]
        item_line = next((level.line for level in reversed(self.levels) if level.name == ITEM), -1)
        for level in self.flow:
            if level.name == "[":
                path.append(ITEM)
                item_line = level.line
            elif level.name != "{":
                path.append(level.name)
        is_key = bool(self.flow) and self.flow[-1].name == "{"
        span = Span(line, word, line, len(text))
        return Spot(tuple(path), is_key, span, word, _indentation(text), item_line, is_flow=True)

    def _in_block(self, text: str, line: int, indent: int) -> Spot | None:
        if not text.strip():
            self._leave(len(text))
            return self._spot(text, line, len(text), is_key=True)
        at = self._open_block(text, indent, line)
        has_key = len(self.levels) > 0 and self.levels[-1].line == line and self.levels[-1].name != ITEM
        if text[at : at + 1] in ("{", "["):
            self._scan_flow(text, at, line)
            return self._in_flow(text, line) if self.flow else None
        if has_key and text[-1] not in " \t" and text.endswith(":") and at >= len(text):
            return None
        if not has_key:
            dashes = [level for level in self.levels if level.line == line]
            if not dashes:
                self._leave(at)
            return self._spot(text, line, at, is_key=True)
        return self._spot(text, line, at, is_key=False)

    def _spot(self, text: str, line: int, at: int, *, is_key: bool) -> Spot:
        item_line = next((level.line for level in reversed(self.levels) if level.name == ITEM), -1)
        start = max(at, _word_start(text)) if not is_key else at
        column = at if is_key or not self.levels else self.levels[-1].column
        path = tuple(level.name for level in self.levels)
        span = Span(line, min(start, len(text)), line, len(text))
        return Spot(path, is_key, span, column, _indentation(text), item_line)


def _indentation(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _bare(key: str) -> str:
    return key[1:-1] if key[:1] in "\"'" else key


def _word_start(text: str) -> int:
    found = _WORD.search(text)
    return found.start() if found else len(text)


def _begins_word(text: str, at: int) -> bool:
    return at == 0 or text[at - 1] in " \t{[,"


def _quoted_end(text: str, at: int) -> int:
    """Behind the quote that closes the one at *at*; the end of the line where none does."""
    quote = text[at]
    at += 1
    while at < len(text):
        if text[at] == "\\" and quote == '"':
            at += 1
        elif text[at] == quote:
            return at + 1
        at += 1
    return len(text)


def _comment_start(text: str) -> int:
    """Where a comment begins; the length where none does."""
    at = 0
    while at < len(text):
        if text[at] in "\"'" and _begins_word(text, at):
            at = _quoted_end(text, at)
            continue
        if text[at] == "#" and (at == 0 or text[at - 1] in " \t"):
            return at
        at += 1
    return len(text)
