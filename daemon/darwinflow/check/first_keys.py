"""First keys of mappings that stand out of line: the parser takes their column for that of all, and blames the keys below."""

from collections.abc import Sequence
from typing import Final

from darwinflow.document.document import Document
from darwinflow.document.grammar.scan import indent_of, key_colon
from darwinflow.document.lines import Edit
from darwinflow.document.problem import ADRIFT, YAML_SYNTAX, Problem, Repair
from darwinflow.model.span import Span

_STEP: Final = 2
_MAX_LINES: Final = 200
"""Of a mapping, that are looked through for keys in line."""
_MAX_KEYS: Final = 20


def at_first_keys(document: Document, problems: Sequence[Problem]) -> list[Problem]:
    """*problems*, those of a key that is in line with all below it at the first key, which is not."""
    found: list[Problem] = []
    count = 0
    for one in problems:
        moved: Problem | None = None
        if count < _MAX_KEYS and _is_of_indentation(document, one):
            count += 1
            moved = _moved(document, one.span.line)
        found.append(moved or one)
    return found


def _is_of_indentation(document: Document, problem: Problem) -> bool:
    row, column, end_row, end = problem.span
    is_whole = problem.code == YAML_SYNTAX and problem.reach == ADRIFT and not column and row == end_row
    return is_whole and row > 1 and 0 < end == indent_of(document.lines[row])


def _moved(document: Document, row: int) -> Problem | None:
    """What is wrong with the key above *row*; None where that is not clearly it."""
    lines = document.lines
    first, column = indent_of(lines[row - 1]), indent_of(lines[row])
    parent = lines[row - 2]
    outer = indent_of(parent.replace("- ", "  ", 1))
    is_first = parent.rstrip().endswith(":") and outer < min(first, column)
    if not is_first or first == column or not _is_key(lines[row - 1]) or not _is_key(lines[row]):
        return None
    keys = 0
    for line in lines.slice(row, min(row + _MAX_LINES, len(lines))):
        indent = indent_of(line)
        if line.strip()[:1] in ("", "#"):
            continue
        if indent <= outer:
            break
        if indent < column:
            return None
        keys += indent == column
    is_odd = (column - outer) % _STEP == 0 and (first - outer) % _STEP != 0
    if keys < 2 and not is_odd:
        return None
    end = key_colon(lines[row - 1], first)
    message = f"this key is indented by {first}, those below it by {column}; align them"
    edit = Edit(Span(row - 1, 0, row - 1, first), " " * column)
    span = Span(row - 1, first, row - 1, end)
    return Problem(YAML_SYNTAX, message, span, (), ADRIFT, Repair("Align it with them", (edit,)))


def _is_key(line: str) -> bool:
    column = indent_of(line)
    return line[column : column + 1] not in ("-", "#", "") and key_colon(line, column) >= 0
