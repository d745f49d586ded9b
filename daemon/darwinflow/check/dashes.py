"""Items whose dash is missing: their keys are read as keys of the item above, which gives each of them twice."""

from bisect import bisect_right
from collections.abc import Sequence

from darwinflow.check.words import all_of, quoted
from darwinflow.document.document import Document
from darwinflow.document.grammar.scan import indent_of
from darwinflow.document.problem import DUPLICATE_KEY, MAX_RELATED, Problem, Related
from darwinflow.model.span import Span


def without_dashes(document: Document, problems: Sequence[Problem]) -> tuple[list[Problem], list[int]]:
    """*problems*, those of one such item as one, and the lines where such items begin."""
    repeats = [one for one in problems if one.code == DUPLICATE_KEY and is_below(one)]
    groups = _groups(document, repeats) if len(repeats) > 1 else []
    if not groups:
        return list(problems), []
    joined = {group[0]: _as_one(document, group) for group in groups}
    others = {one for group in groups for one in group[1:]}
    return [joined.get(one, one) for one in problems if one not in others], [
        one.span.line for one in joined.values()
    ]


def _groups(document: Document, repeats: list[Problem]) -> list[list[Problem]]:
    """Those about keys of one item each, its first key among them; in the order of the text."""
    leaders: dict[int, list[int]] = {}
    """By column, the lines of first keys behind a dash that are given again."""
    for one in repeats:
        first = one.related[0].span
        if _is_behind_dash(document, first):
            leaders.setdefault(first.column, []).append(first.line)
    for lines in leaders.values():
        lines.sort()
    groups: dict[int, list[Problem]] = {}
    for one in repeats:
        first = one.related[0].span
        lines = leaders.get(first.column, [])
        at = bisect_right(lines, first.line) - 1
        if at >= 0 and is_one_mapping(document, lines[at], one.span):
            groups.setdefault(lines[at], []).append(one)
    return [group for group in groups.values() if len(group) > 1]


def is_below(problem: Problem) -> bool:
    """Whether both keys begin lines of their own, below one another."""
    first = problem.related[0].span
    return first.line < problem.span.line and first.column == problem.span.column > 0


def _is_behind_dash(document: Document, span: Span) -> bool:
    before = document.lines[span.line][: span.column].strip()
    return before == "-"


def is_one_mapping(document: Document, first: int, span: Span) -> bool:
    """Whether no line from behind *first* to *span*'s is less indented than its key."""
    return all(
        indent_of(line) >= span.column or line.strip()[:1] in ("", "#")
        for line in document.lines.slice(first + 1, span.line + 1)
    )


def _as_one(document: Document, group: list[Problem]) -> Problem:
    first = group[0]
    names = [_name(document, one.span) for one in group]
    message = f"{all_of([quoted(name) for name in names])} are given twice in one item; write '- {names[0]}' if another begins here"
    others = [
        Related(one.span, f"and {quoted(name)} is given again here")
        for one, name in zip(group[1:MAX_RELATED], names[1:], strict=False)
    ]
    return first._replace(message=message, related=(first.related[0], *others))


def _name(document: Document, span: Span) -> str:
    return document.lines[span.line][span.column : span.end_column]
