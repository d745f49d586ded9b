"""One bracket too many or too few on a line: the parser tells each that no longer fits, and only the odd one is wrong."""

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Final, NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.problem import YAML_SYNTAX, Problem
from darwinflow.model.span import Span

_QUOTED: Final = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^']|'')*'| #.*")
_OPENING: Final = re.compile(r" *(?:- +)*(?:[^\[\]{}:]+:)? *[\[{]")
"""The beginning of a line whose value stands in brackets; in a text they mean nothing."""
_CLOSING: Final = {"{": "}", "[": "]"}
_MAX_LINES: Final = 20
_LONGEST: Final = 1_000


class _Odd(NamedTuple):
    column: int
    message: str


def without_fitting_brackets(document: Document, problems: Sequence[Problem]) -> list[Problem]:
    """*problems*, those of a line with one bracket that has no other as one."""
    by_line: dict[int, list[Problem]] = {}
    for one in problems:
        if one.code == YAML_SYNTAX:
            by_line.setdefault(one.span.line, []).append(one)
    crowded = [row for row, several in by_line.items() if len(several) > 1][:_MAX_LINES]
    told: dict[Problem, Problem] = {}
    gone: set[Problem] = set()
    for row in crowded:
        odd = _odd_in(document.lines[row])
        if odd is not None:
            first, *more = by_line[row]
            span = Span(row, odd.column, row, odd.column + 1)
            reach = reduce(or_, [one.reach for one in by_line[row]])
            told[first] = Problem(YAML_SYNTAX, odd.message, span, (), reach)
            gone.update(more)
    return [told.get(one, one) for one in problems if one not in gone] if told else list(problems)


def _odd_in(line: str) -> _Odd | None:
    """The only bracket of *line* that has no other; None where there are more, or none."""
    bare = _QUOTED.sub(lambda match: " " * len(match[0]), line[:_LONGEST])
    if len(line) > _LONGEST or '"' in bare or "'" in bare or not _OPENING.match(bare):
        return None
    odd: list[_Odd] = []
    open_at: list[tuple[str, int]] = []
    for column, mark in enumerate(bare):
        if mark in _CLOSING:
            open_at.append((mark, column))
        elif mark in _CLOSING.values():
            if len(open_at) > 1 and _CLOSING[open_at[-1][0]] != mark == _CLOSING[open_at[-2][0]]:
                odd.append(_unclosed(*open_at.pop()))
            if open_at and _CLOSING[open_at[-1][0]] == mark:
                open_at.pop()
            else:
                opening = "[" if mark == "]" else "{"
                odd.append(_Odd(column, f"'{mark}' closes nothing; remove it, or add the '{opening}'"))
    odd += [_unclosed(*one) for one in open_at]
    return odd[0] if len(odd) == 1 else None


def _unclosed(mark: str, column: int) -> _Odd:
    return _Odd(column, f"'{mark}' is never closed; add the '{_CLOSING[mark]}', or remove it")
