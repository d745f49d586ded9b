"""One line out of its column: what is said of it."""

from typing import NamedTuple

from darwinflow.check.columns import is_item
from darwinflow.check.finding import Finding
from darwinflow.check.words import quoted
from darwinflow.document.document import Document
from darwinflow.document.grammar.scan import first_column, indent_of, key_colon
from darwinflow.document.lines import Edit
from darwinflow.document.problem import CONTAINED, YAML_SYNTAX, Problem, Repair
from darwinflow.model.span import Span


class Shift(NamedTuple):
    """A line out of its column."""

    row: int
    problem: Problem
    problems: frozenset[Problem]
    """What it leads to, of the engine's."""
    findings: frozenset[Finding]
    """And of the rules'."""


def moved(document: Document, row: int, column: int) -> Edit:
    """The line *row* put at *column*."""
    return Edit(Span(row, 0, row, first_column(document.lines[row])), " " * column)


def problem_of(document: Document, row: int, column: int) -> Problem:
    """What is said of the line *row*, which belongs at *column*."""
    line = document.lines[row]
    indent = first_column(line)
    repair = Repair(f"Indent it by {column}", (moved(document, row, column),))
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
