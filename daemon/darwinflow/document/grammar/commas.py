"""What stands between the entries of brackets where a comma is missing, and brackets that are never closed."""

import re
from typing import Final

from darwinflow.document.grammar.block_scalars import BlockScalars
from darwinflow.document.grammar.scan import BLANKS, after_blanks
from darwinflow.document.lines import Edit
from darwinflow.document.node import PLAIN, Node
from darwinflow.document.problem import BREAKING, Repair
from darwinflow.model.span import Span

_MARKS: Final = r"->|=>|\u2192|[;\uff0c\u3001\uff1b]"
"""What people write between two entries."""
_FOR_COMMA: Final = re.compile(rf"{_MARKS}|:")
_KEY: Final = re.compile(r"[A-Za-z_][\w./-]*(?=[ \t]*:(?:[ \t,\[\]{}]|\Z))")
_NEXT_KEY: Final = re.compile(rf"[ \t]*(?:(?:{_MARKS})[ \t]*|(?<=[ \t]))[A-Za-z_][\w.-]*\Z")
CLOSING: Final = {"[": "]", "{": "}"}
_NEVER: Final = re.compile(r"('[\[{]' is never closed; add '[\]}]+)'\Z")
_LONGEST_KEY: Final = 100


def before_next_key(text: str) -> int:
    """How much of *text*, which stands before a ``:``, is the value of the key before it; all of it where there is one word."""
    start = max(len(text) - _LONGEST_KEY, 1)
    match = _NEXT_KEY.search(text, start)
    return len(text[: match.start()].rstrip(BLANKS)) if match is not None else len(text)


class Commas(BlockScalars):
    """The layer that says what is missing between two entries and behind the last."""

    __slots__ = ()

    def is_for_comma(self, behind: tuple[int, int], row: int, column: int) -> int:
        """The column behind a mark that is written for a comma, which is reported; -1 where there is none.

        *behind*: row and column behind the entry before it.
        """
        line = self.lines[row]
        mark = _FOR_COMMA.match(line, column)
        if mark is None:
            return -1
        end = after_blanks(line, mark.end())
        if mark[0] == ":" and _KEY.match(line, end) is None:
            message = "a value without quotes cannot hold ': '; quote it"
            self.report(row, column, row, column + 1, message)
            return mark.end()
        start = behind[1] if behind[0] == row else column
        repair = Repair("Write ','", (Edit(Span(row, start, row, end), ", "),))
        message = f"a ',' stands between two entries, not '{mark[0]}'"
        self.report(row, column, row, mark.end(), message, repair=repair)
        return mark.end()

    def report_comma(self, behind: tuple[int, int], row: int, column: int, value: Node | None) -> None:
        """Report that a comma is missing before what stands here. *value*: of the entry before it."""
        key = _KEY.match(self.lines[row], column)
        if key is None:
            self.report(row, column, row, column + 1, "a ',' is missing before this")
            return
        message = f"a ',' is missing before '{key[0]}'"
        repair = None
        if value is not None and value.style == PLAIN and " " in value.source:
            message += "; a text that holds ': ' wants quotes"
        elif value is not None and value.style == PLAIN and value.source.endswith("."):
            message += ", or '.' stands for it"
        else:
            text = ", " if behind == (row, column) else ","
            repair = Repair("Write ','", (Edit(Span(*behind, *behind), text),))
        self.report(row, column, row, key.end(), message, repair=repair)

    def report_never_closed(self, row: int, column: int) -> None:
        """Unless a text in it is never closed either; said at the innermost bracket of those that lack their end."""
        if self.is_too_deep or self.open_text_row >= row:
            return
        opening = self.lines[row][column]
        inner = self.problems[-1] if self.problems else None
        never = _NEVER.match(inner.message) if inner is not None and inner.span > (row, column) else None
        if inner is not None and never is not None:
            message = f"{never[1]}{CLOSING[opening]}'"
            self.problems[-1] = inner._replace(message=message)
            return
        message = f"'{opening}' is never closed; add '{CLOSING[opening]}'"
        self.report(row, column, row, column + 1, message, BREAKING)

    def report_unclosed(self, row: int, column: int, last_row: int) -> None:
        """Said once, of the innermost bracket that what stands below *last_row* cannot belong to."""
        if self.unclosed_row != last_row and self.open_text_row < row:
            opening = self.lines[row][column]
            message = f"'{opening}' is never closed; add '{CLOSING[opening]}'"
            self.report(row, column, row, column + 1, message, BREAKING)
        self.unclosed_row = last_row
