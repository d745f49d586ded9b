"""One line that is read as something else than was meant: where it may belong, and what is said of it."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from darwinflow.check.columns import columns_of, content_below, is_item
from darwinflow.check.finding import Finding
from darwinflow.check.words import quoted
from darwinflow.document.document import Document
from darwinflow.document.grammar.scan import first_column, indent_of, key_colon
from darwinflow.document.lines import Edit
from darwinflow.document.problem import CONTAINED, YAML_SYNTAX, Problem, Repair
from darwinflow.model.span import Span

_TIGHT: Final = re.compile(r" *(-)(?=[^\s-])")
"""A dash without the blank behind it."""
_TWICE: Final = re.compile(r" *(--)(?= )")
_HALF_KEY: Final = re.compile(r" *([A-Za-z_][\w.-]*) *\Z")
"""A word that lacks the colon behind it."""


class Way(NamedTuple):
    """An edit of a line that may mend it."""

    row: int
    edit: Edit
    problem: Problem
    distance: int
    """How far it moves the line."""
    is_mark: bool
    """Whether it puts a mark right, and the line stays where it is."""


class Shift(NamedTuple):
    """A line that is read as something else than was meant."""

    row: int
    problem: Problem
    problems: frozenset[Problem]
    """What it leads to, of the engine's."""
    findings: frozenset[Finding]
    """And of the rules'."""


def may_lack_mark(line: str) -> bool:
    """Whether a dash or a colon may be wrong in it."""
    return any(one.match(line) is not None for one in (_TIGHT, _TWICE, _HALF_KEY))


def ways(document: Document, row: int, blamed: int) -> Iterator[Way]:
    """What may be wrong with the line *row*. *blamed*: the one that is said to be wrong."""
    lines = document.lines
    line = lines[row]
    first = first_column(line)
    if match := _TIGHT.match(line):
        message = f"'-' needs a space behind it; write '- {line[match.end() :].strip()[:40]}'"
        edit = Edit(Span(row, match.end(), row, match.end()), " ")
        yield _marked(row, match, edit, message, "Put a space behind it")
    elif match := _TWICE.match(line):
        message = f"one '-' begins an item, not two; write '- {line[match.end() :].strip()[:40]}'"
        yield _marked(row, match, Edit(Span(row, first, row, first + 1), ""), message, "Remove one")
    elif (match := _HALF_KEY.match(line)) and _has_list_below(document, row):
        message = f"a key needs ':' behind it; write '{match[1][:40]}: ...'"
        edit = Edit(Span(row, match.end(1), row, match.end(1)), ":")
        yield _marked(row, match, edit, message, f"Write '{match[1][:40]}:'")
    if is_item(line) or key_colon(line, first) >= 0:
        for column in columns_of(lines, row, blamed):
            problem = _out_of_line(document, row, column)
            yield Way(row, _moved(document, row, column), problem, abs(column - first), is_mark=False)


def _has_list_below(document: Document, row: int) -> bool:
    below = content_below(document.lines, row)
    if below < 0:
        return False
    line = document.lines[below]
    return is_item(line) and first_column(line) >= first_column(document.lines[row])


def _marked(row: int, match: re.Match[str], edit: Edit, message: str, title: str) -> Way:
    span = Span(row, match.start(1), row, match.end(1))
    problem = Problem(YAML_SYNTAX, message, span, (), CONTAINED, Repair(title, (edit,)))
    return Way(row, edit, problem, 0, is_mark=True)


def _moved(document: Document, row: int, column: int) -> Edit:
    return Edit(Span(row, 0, row, first_column(document.lines[row])), " " * column)


def _out_of_line(document: Document, row: int, column: int) -> Problem:
    """What is said of the line *row*, which belongs at *column*."""
    line = document.lines[row]
    indent = first_column(line)
    repair = Repair(f"Indent it by {column}", (_moved(document, row, column),))
    if "\t" in line[:indent]:
        span = Span(row, indent_of(line), row, indent)
        return Problem(YAML_SYNTAX, "a tab cannot indent a line; use spaces", span, (), CONTAINED, repair)
    end, name = len(line.rstrip()), "this line"
    if is_item(line):
        end, name = indent + 1, "this item"
    elif key_colon(line, indent) > 0:
        end = key_colon(line, indent)
        name = quoted(line[indent:end].rstrip())
    message = f"{name} is out of line: indent it by {column}, not by {indent}"
    return Problem(YAML_SYNTAX, message, Span(row, indent, row, end), (), CONTAINED, repair)
