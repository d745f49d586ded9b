"""Texts in quotes, on one line and over several."""

import re
from itertools import pairwise
from typing import Final

from darwinflow.document.grammar.properties import Properties
from darwinflow.document.grammar.scan import (
    BLANKS,
    CLOSED_TEXT,
    DOUBLE_END,
    DOUBLE_QUOTED,
    SINGLE_END,
    SINGLE_QUOTED,
    indent_of,
)
from darwinflow.document.lines import Edit
from darwinflow.document.node import BROKEN, DOUBLE, SCALAR, SINGLE, Node
from darwinflow.document.problem import BREAKING, MAX_RELATED, YAML_SYNTAX, Problem, Related, Repair
from darwinflow.model.span import Span

_ESCAPES: Final = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    " ": " ",
    '"': '"',
    "/": "/",
    "\\": "\\",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}
_ESCAPE: Final = re.compile(
    r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})|(.|$))",
    re.DOTALL,
)
_REPLACEMENT: Final = "\ufffd"


_BEHIND_TEXT: Final = frozenset(["", *" \t,]}:#"])
"""What may stand right behind the quote that ends a text."""
_LONGEST_LOOK: Final = 1_000
"""Characters in which the end of a text is looked for that a quote inside it has ended."""
_TEXT_END: Final = re.compile(r"[ \t]*(?:[,\]}]|#|\Z)")


def behind_inner_quotes(line: str, column: int) -> int:
    """The column behind a text that goes on behind a quote which ends it at *column*; 0 where nobody can tell.

    The quotes inside are pairs, or apostrophes, and behind the last one the line or the brackets end.
    """
    quote, count = line[column - 1], 0
    end = column + _LONGEST_LOOK
    at = column - 1
    while at >= 0:
        if not is_apostrophe(line, at):
            if at >= column and count % 2 == 0 and _TEXT_END.match(line, at + 1):
                return at + 1
            count += 1
        at = line.find(quote, at + 1, end)
    return 0


def is_apostrophe(line: str, at: int) -> bool:
    """Whether the quote at *at* stands within a word, as in `don't`."""
    return line[at] == "'" and line[at - 1].isalnum() and line[at + 1 : at + 2].isalnum()


def are_certain(line: str, places: list[int]) -> bool:
    """Whether the quotes at *places* belong into a text; else a letter may have changed places with one of them."""
    single = [at for at in places if is_apostrophe(line, at)]
    pairs = [at for at in places if at not in single]
    beside = [line[at + 1 : at + 2] if number % 2 else line[at - 1] for number, at in enumerate(pairs)]
    are_apart = all(" " in line[one:other] for one, other in pairwise(single))
    return are_apart and not any(mark.isalnum() or mark == "_" for mark in beside)


class Quoted(Properties):
    """The layer that reads ``"..."`` and ``'...'``."""

    __slots__ = ()

    def quoted(self, row: int, column: int, outer: int) -> tuple[Node, int, int]:
        """The text that opens here, and the row and column behind its end.

        A line indented no more than *outer* ends it in any case: YAML wants
        every line of a value deeper than its parent, which is what keeps one
        open quote from swallowing the document.
        """
        line = self.lines[row]
        is_double = line[column] == '"'
        match = (DOUBLE_QUOTED if is_double else SINGLE_QUOTED).match(line, column)
        style = DOUBLE if is_double else SINGLE
        if match is not None:
            goes_on = line[match.end() : match.end() + 1] not in _BEHIND_TEXT
            if goes_on and self.has_room and (last := behind_inner_quotes(line, match.end())):
                return self._with_inner_quotes(row, column, match.end() - 1, last), row, last
            body = line[column + 1 : match.end() - 1]
            text = self._unescaped(body, row, column + 1) if is_double else body.replace("''", "'")
            return Node(SCALAR, text, row, column, row, match.end(), style, text), row, match.end()
        end_pattern = DOUBLE_END if is_double else SINGLE_END
        chunks = [line[column + 1 :]]
        at = row
        for at in range(row + 1, self.count):
            line = self.lines[at]
            if (
                indent_of(line) <= outer
                and line.strip(BLANKS)
                and not self._ends_here(at, row, column, outer)
            ):
                break
            match = end_pattern.match(line)
            if match is not None:
                chunks.append(line[: match.end() - 1])
                text = self._folded(chunks, row, column, is_double=is_double)
                return Node(SCALAR, text, row, column, at, match.end(), style, text), at, match.end()
            chunks.append(line)
        else:
            at = self.count
        self.reach = max(self.reach, at)
        return self._unclosed(row, column)

    def _with_inner_quotes(self, row: int, column: int, first: int, end: int) -> Node:
        """The text from *column* to before *end*, which the quote at *first* and others inside it would end; reported once."""
        line = self.lines[row]
        quote = line[column]
        own = '\\"' if quote == '"' else "''"
        places = [at for at in range(first, end - 1) if line[at] == quote]
        edits = tuple([Edit(Span(row, at, row, at + 1), own) for at in places])
        message = f"a {quote} inside the text ends it; write {own} for it"
        repair: Repair | None = Repair(f"Write {own} for each {quote} inside", edits)
        if not are_certain(line, places):
            message, repair = f"this {quote} ends the text; write {own} for one inside it", None
        self.report(row, first, row, first + 1, message, repair=repair)
        return Node(
            SCALAR, line[column + 1 : end - 1], row, column, row, end, BROKEN, line[column + 1 : end - 1]
        )

    def _ends_here(self, at: int, row: int, column: int, outer: int) -> bool:
        """Whether the text that opens at *row*, *column* ends on a line as deep as its key, in front of a bracket.

        YAML forbids that; everybody writes and reads it.
        """
        line = self.lines[at]
        is_quote = line[outer : outer + 1] == self.lines[row][column]
        return is_quote and indent_of(line) == outer and CLOSED_TEXT.match(line, outer) is not None

    def _unclosed(self, row: int, column: int) -> tuple[Node, int, int]:
        line = self.lines[row]
        end = len(line.rstrip(BLANKS))
        self.open_text_row = row
        message = f"this text opens with {line[column]} and is never closed; close it"
        self.report(row, column, row, end, message, BREAKING)
        text = line[column + 1 :].rstrip(BLANKS)
        return Node(SCALAR, text, row, column, row, end, BROKEN, text), row, len(line)

    def _unescaped(self, body: str, row: int, column: int) -> str:
        """*body* with its escapes replaced; *column* is where it begins on its line."""
        if "\\" not in body:
            return body

        def replacement(match: re.Match[str]) -> str:
            high, low, code, letter = match.groups()
            if high is not None:
                # JSON writes an astral character as two; whoever pastes it means one.
                return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
            start, end = column + match.start(), column + match.end()
            if code is not None:
                number = int(code[1:], 16)
                if 0xD800 <= number <= 0xDFFF:
                    self.report(
                        row,
                        start,
                        row,
                        end,
                        f"'\\{code}' is half a surrogate pair; the other half is missing",
                    )
                    return _REPLACEMENT
                if number > 0x10FFFF:
                    self.report(
                        row, start, row, end, f"'\\{code}' is beyond the last character, '\\U0010FFFF'"
                    )
                    return _REPLACEMENT
                return chr(number)
            if letter in _ESCAPES:
                return _ESCAPES[letter]
            places.append((start, letter))
            return match[0]

        places: list[tuple[int, str]] = []
        text = _ESCAPE.sub(replacement, body)
        if places:
            self._report_escapes(row, places, is_certain=len(places) == body.count("\\"))
        return text

    def _report_escapes(self, row: int, places: list[tuple[int, str]], *, is_certain: bool) -> None:
        """Report backslashes that begin no escape, those of one line of a text together. *is_certain*: it has no others."""
        start, letter = places[0]
        message = f"'\\{letter}' is no escape; write '\\\\{letter}' for a backslash, or use single quotes"
        edits = tuple([Edit(Span(row, at, row, at + 1), "\\\\") for at, _ in places])
        repair = Repair("Double the backslashes", edits) if is_certain else None
        related = tuple(
            [Related(Span(row, at, row, at + 2), "nor is this") for at, _ in places[1 : MAX_RELATED + 1]]
        )
        span = Span(row, start, row, start + 1 + len(letter))
        self.add(Problem(YAML_SYNTAX, message, span, related, repair=repair))

    def _folded(self, chunks: list[str], row: int, column: int, *, is_double: bool) -> str:
        """The lines of a quoted text as one: a line end is a space, a blank line is a line end."""
        parts: list[str] = []
        last = len(chunks) - 1
        blank_lines = 0
        is_joined = False
        for at, chunk in enumerate(chunks):
            text = chunk.lstrip(BLANKS) if at else chunk
            is_joining = False
            if at < last:
                text, is_joining = _without_line_end(text, is_double=is_double)
            if is_double:
                shift = len(chunk) - len(chunk.lstrip(BLANKS)) if at else column + 1
                text = self._unescaped(text, row + at, shift)
            else:
                text = text.replace("''", "'")
            if at:
                if at < last and not chunk.strip(BLANKS):
                    blank_lines += 1
                    continue
                if blank_lines:
                    parts.append("\n" * blank_lines)
                elif not is_joined:
                    parts.append(" ")
                blank_lines = 0
            parts.append(text)
            is_joined = is_joining
        return "".join(parts)


def _without_line_end(text: str, *, is_double: bool) -> tuple[str, bool]:
    """A line of a quoted text without what the line end takes away, and whether a backslash joins the next."""
    if not is_double:
        return text.rstrip(BLANKS), False
    if (len(text) - len(text.rstrip("\\"))) % 2:
        return text[:-1], True
    bare = text.rstrip(BLANKS)
    if len(bare) < len(text) and (len(bare) - len(bare.rstrip("\\"))) % 2:
        bare = text[: len(bare) + 1]  # the blank is escaped, so it stays
    return bare, False
