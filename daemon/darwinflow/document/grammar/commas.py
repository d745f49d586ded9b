"""What stands between the entries of brackets where a comma is missing, and where a text begins too early because of it."""

import re
from typing import Final

from darwinflow.document.grammar.block_scalars import BlockScalars
from darwinflow.document.grammar.scan import BLANKS, after_blanks
from darwinflow.document.lines import Edit
from darwinflow.document.node import PLAIN, Node
from darwinflow.document.problem import Repair
from darwinflow.model.span import Span

_MARKS: Final = r"->|=>|\u2192|[;\uff0c\u3001\uff1b]"
"""What people write between two entries."""
_FOR_COMMA: Final = re.compile(rf"{_MARKS}|:")
_KEY: Final = re.compile(r"[A-Za-z_][\w./-]*(?=[ \t]*:(?:[ \t,\[\]{}]|\Z))")
_NEXT_KEY: Final = re.compile(rf"[ \t]*(?:(?:{_MARKS})[ \t]*|(?<=[ \t]))[A-Za-z_][\w.-]*\Z")
_LONGEST_KEY: Final = 100


def before_next_key(text: str) -> int:
    """How much of *text*, which stands before a ``:``, is the value of the key before it; all of it where there is one word."""
    start = max(len(text) - _LONGEST_KEY, 1)
    match = _NEXT_KEY.search(text, start)
    return len(text[: match.start()].rstrip(BLANKS)) if match is not None else len(text)


class Commas(BlockScalars):
    """The layer that says what is missing between two entries."""

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
