"""Texts after ``|`` and ``>``."""

import re
from typing import Final

from darwinflow.document.grammar.plain import Plain
from darwinflow.document.grammar.scan import BLANKS, indent_of
from darwinflow.document.node import FOLDED, LITERAL, SCALAR, Node
from darwinflow.document.problem import ADRIFT

_HEADER: Final = re.compile(r"[|>]([0-9+-]*)([ \t]+#.*|[ \t]*)\Z", re.DOTALL)


class BlockScalars(Plain):
    """The layer that reads literal and folded texts."""

    __slots__ = ()

    def block_scalar(self, row: int, column: int, outer: int) -> tuple[Node, int]:
        """The text under the header at *column* and the row behind it."""
        header = self.lines[row]
        is_folded = header[column] == ">"
        step, chomping = self._header(row, column)
        indent = max(outer, 0) + step if step else None
        body, last, behind = self._body(row, outer, indent)
        trailing = 0
        while body and not body[-1]:
            body.pop()
            trailing += 1
        text = _folded(body) if is_folded else "\n".join(body)
        if chomping == "+":
            text += "\n" * (trailing + 1 if body else trailing)
        elif not chomping and body:
            text += "\n"
        style = FOLDED if is_folded else LITERAL
        return Node(SCALAR, text, row, column, last, len(self.lines[last]), style, text), behind

    def _header(self, row: int, column: int) -> tuple[int, str]:
        """The indentation step that the header names (0: none) and its chomping mark."""
        line = self.lines[row]
        match = _HEADER.match(line, column)
        if match is None:
            message = f"the text of '{line[column]}' begins on the next line; nothing may follow it here"
            self.report(row, column + 1, row, len(line.rstrip(BLANKS)), message)
            return 0, ""
        step = 0
        chomping = ""
        for mark in match[1]:
            if mark in "+-" and not chomping:
                chomping = mark
            elif mark in "123456789" and not step:
                step = int(mark)
            else:
                end = column + 1 + len(match[1])
                message = f"'{line[column]}' takes one digit from 1 to 9 and one of '+' and '-'"
                self.report(row, column, row, end, message)
                break
        return step, chomping

    def _body(self, row: int, outer: int, indent: int | None) -> tuple[list[str], int, int]:
        """The lines of text without their indentation, the last row that has text, the row behind."""
        body: list[str] = []
        last = row
        widest_blank = 0
        at = row + 1
        while at < self.count:
            line = self.lines[at]
            column = indent_of(line)
            if column == len(line):
                widest_blank = max(widest_blank, column)
                body.append("" if indent is None else line[indent:])
                at += 1
                continue
            if indent is None:
                if column <= outer:
                    if line[column] == "\t" and not line.strip(BLANKS):
                        self.report_tab(at, column)
                    break
                indent = column
                if widest_blank > indent:
                    message = "a blank line above the text is indented deeper than the text; shorten it"
                    self.report(at - 1, 0, at - 1, widest_blank, message)
            if column < indent:
                if column <= outer or line[column] == "#":
                    break
                message = (
                    f"this line is part of the text above, which is indented by {indent}; indent it alike"
                )
                self.report(at, 0, at, column, message, ADRIFT)
                at += 1
                continue
            body.append(line[indent:])
            last = at
            at += 1
        return body, last, at


def _folded(body: list[str]) -> str:
    """Line ends between lines of text become spaces; deeper lines and blank lines keep theirs."""
    parts: list[str] = []
    was_deeper = False
    blank_lines = 0
    is_first = True
    for line in body:
        if not line:
            blank_lines += 1
            continue
        is_deeper = line[0] in BLANKS
        if is_first:
            parts.append("\n" * blank_lines)
        elif is_deeper or was_deeper:
            parts.append("\n" * (blank_lines + 1))
        else:
            parts.append("\n" * blank_lines if blank_lines else " ")
        parts.append(line)
        was_deeper = is_deeper
        blank_lines = 0
        is_first = False
    return "".join(parts)
