"""Lines that stand out of their column: those below are read as something else, and are blamed for it.

A line is tried at each column where it could belong: if that leaves less to be said, and nothing new, it is the slip.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from darwinflow.check.columns import (
    content_above,
    content_below,
    is_item,
    is_opening,
    rows_beside,
)
from darwinflow.check.finding import Finding
from darwinflow.check.items import ItemCheck
from darwinflow.check.part import Part
from darwinflow.check.shift import Shift, Way, may_lack_mark, ways
from darwinflow.document.document import Document, Place
from darwinflow.document.grammar.scan import after_blanks, first_column, indent_of, is_mark, key_colon
from darwinflow.document.lines import Edit
from darwinflow.document.problem import DUPLICATE_KEY, YAML_SYNTAX, Problem
from darwinflow.model.span import Span
from darwinflow.projection import native
from darwinflow.projection.carriers import carriers
from darwinflow.projection.projection import Projection

_MAX_SAID: Final = 30
"""Of a document; where there is more to say, nobody looks for one line behind it."""
_MAX_ROWS: Final = 10
"""That are tried."""
_MAX_SEGMENTS: Final = 8
"""That a line may come out of or into."""
_MAX_LINES: Final = 5_000
"""Of a document, and of what is read anew in all trials together: in longer ones each key would cost as much again."""
_OF_KEYS: Final = frozenset({"unknown-field", "config-unknown-field"})
_OF_KINDS: Final = frozenset({"wrong-type", "config-wrong-type"})

Said = tuple[str, str, int]
"""Code, message and line of a problem or a finding."""


class Shifted(NamedTuple):
    """What is left to be said where lines are out of their column."""

    problems: Sequence[Problem]
    """In the order of the text, those of such lines as one each."""
    rows: Sequence[int]
    """Of those lines."""
    silent: frozenset[Finding]


def shifted(
    document: Document,
    parts: Sequence[Part | None],
    of_items: Sequence[Finding],
    items: Callable[[str], ItemCheck],
) -> Shifted:
    """*of_items*: what *items*, the rules by graph type, say of nodes and edges."""
    problems = document.problems()
    told = [*of_items, *[one for part in parts if part is not None for one in _around(part)]]
    found = Shifts(document, problems, told, parts, items).found() if parts else []
    if not found:
        return Shifted(problems, (), frozenset())
    gone = {one for shift in found for one in shift.problems}
    left = [one for one in problems if one not in gone] + [shift.problem for shift in found]
    left.sort(key=lambda one: one.span)
    silent = frozenset([one for shift in found for one in shift.findings])
    return Shifted(left, [shift.row for shift in found], silent)


class _Trial(NamedTuple):
    way: Way
    document: Document
    lines: range
    """Of the segments that the line would come out of and into, which are looked at as a whole."""
    problems: Counter[Said]
    findings: Counter[Said]


class Shifts:
    """The search for such lines in one document."""

    def __init__(
        self,
        document: Document,
        problems: Sequence[Problem],
        told: Sequence[Finding],
        parts: Sequence[Part | None],
        items: Callable[[str], ItemCheck],
    ) -> None:
        """*told*: what item rules say of *document*; *items*: those rules, by graph type."""
        self._document = document
        self._problems = problems
        self._said = _said(problems)
        self._told = told
        self._parts = parts
        self._items = items
        self._lines_left = _MAX_LINES

    def found(self) -> list[Shift]:
        count = len(self._problems) + len(self._told)
        if len(self._document.lines) > _MAX_LINES:
            return []
        if not count or count > _MAX_SAID or (count == 1 and not self._is_of_item()):
            return []
        fitting: list[tuple[_Trial, Shift]] = []
        is_told = False
        for row, blamed in list(self._suspects())[:_MAX_ROWS]:
            for way in ways(self._document, row, blamed):
                if is_told and not (way.edit.text and first_column(self._document.lines[row])):
                    continue  # it would cost a reading of all that is listed, to learn of a rival at most
                trial = self._trial(way)
                shift = self._shift(trial) if trial is not None else None
                if trial is not None and shift is not None:
                    fitting.append((trial, shift))
                    is_told = is_told or _weight(shift) == count
        fitting.sort(key=self._rank)
        found: list[Shift] = []
        gone: set[Problem | Finding] = set()
        for trial, shift in fitting:
            if gone.isdisjoint((*shift.problems, *shift.findings)):
                gone.update((*shift.problems, *shift.findings))
                found.append(self._told_as(trial, shift, fitting))
        return found

    def _rank(self, one: tuple[_Trial, Shift]) -> tuple[int, int]:
        """What mends most comes first, of such what moves a line least."""
        trial, shift = one
        return -_weight(shift), trial.way.distance

    def _is_of_item(self) -> bool:
        """Whether all that there is to say is of an item of a list, which may lead to what graph rules say."""
        lines = self._document.lines
        return any(is_item(lines[row]) or may_lack_mark(lines[row]) for row in self._rows())

    def _rows(self) -> Iterator[int]:
        yield from [one.span.line for one in self._problems]
        yield from [one.span.line for one in self._told]

    def _suspects(self) -> Iterator[tuple[int, int]]:
        """Lines that may be out of their column, each with the one that is blamed."""
        lines = self._document.lines
        seen: set[int] = set()
        for row, is_beside in self._blamed():
            for at in rows_beside(lines, row) if is_beside else [row]:
                if at > 0 and at not in seen:
                    seen.add(at)
                    yield at, row

    def _blamed(self) -> Iterator[tuple[int, bool]]:
        for one in self._problems:
            first = first_column(self._document.lines[one.span.line])
            if one.code in (YAML_SYNTAX, DUPLICATE_KEY) and (not first or one.span.column <= first):
                yield one.span.line, True
        for finding in self._told:
            if finding.code in _OF_KEYS:
                yield finding.span.line, False
                yield content_above(self._document.lines, finding.span.line), False
            elif finding.code in _OF_KINDS:
                yield finding.span.line, False
                yield content_below(self._document.lines, finding.span.line), False

    def _trial(self, way: Way) -> _Trial | None:
        """None where the edit leaves what is wrong there, or makes something else wrong."""
        row = way.row
        before = self._document.locate(row)
        part = self._parts[before.root_index]
        self._lines_left -= _end(self._document, before) - before.start_line
        if part is None or self._lines_left < 0:
            return None
        after, old = self._document.edit(way.edit), part.projection
        now = after.locate(row)
        if now.root_index != before.root_index or len(after.roots) != len(self._document.roots):
            return None
        start = min(before.start_line, now.start_line)
        lines = range(start, max(_end(self._document, before), _end(after, now)))
        problems = _said(after.problems())
        if any(line in lines for _, _, line in problems) or problems - self._said:
            return None
        if not _begins_there(after, row):
            return None
        root = after.roots[now.root_index]
        projection = Projection(after, now.root_index, old.graph_type, carriers(root), old.graph)
        if projection.misplaced:
            return None
        items = self._items(old.graph_type.name)
        found = [*_of_segments(projection, lines, items), *items.header(projection.header)]
        return _Trial(way, after, lines, problems, _said(found))

    def _shift(self, trial: _Trial) -> Shift | None:
        """What vanishes with the line in its place; None where that is too little, or not all."""
        part = self._parts[self._document.locate(trial.way.row).root_index]
        heads = frozenset(_around(part)) if part is not None else frozenset()
        near = [one for one in self._told if one.span.line in trial.lines or one in heads]
        if trial.findings - _said(near):
            return None
        gone = frozenset([one for one in self._problems if not trial.problems[_key(one)]])
        silent = frozenset([one for one in near if not trial.findings[_key(one)]])
        row = trial.way.row
        shift = Shift(row, trial.way.problem, gone, silent)
        is_dash = is_item(self._document.lines[row])
        if not gone and not self._is_blamed(row, silent, _OF_KINDS if is_dash else _OF_KEYS):
            return None
        least = 1 if gone and (is_dash or trial.way.is_mark) else 2
        return shift if _weight(shift) >= least else None

    def _is_blamed(self, row: int, found: Iterable[Finding], codes: Collection[str]) -> bool:
        """Whether something of *codes* is said of the line, or right below it of what it holds."""
        rows = (row, content_below(self._document.lines, row))
        return any(one.code in codes and one.span.line in rows for one in found)

    def _told_as(self, trial: _Trial, shift: Shift, fitting: list[tuple[_Trial, Shift]]) -> Shift:
        """*shift*, without a fix where something else fits as well and gives other data."""
        root_index = trial.document.locate(trial.way.row).root_index
        others = [
            other.document
            for other, rival in fitting
            if rival is not shift and _weight(rival) == _weight(shift)
        ]
        exchanged = self._exchanged(trial)
        if exchanged is not None:
            others.append(exchanged)
        data = trial.document.data(root_index) if others else None
        if all(other.data(root_index) == data for other in others):
            return shift
        return shift._replace(problem=shift.problem._replace(repair=None))

    def _exchanged(self, trial: _Trial) -> Document | None:
        """The document with the line and one beside it exchanged, where that mends as much."""
        lines = self._document.lines
        at = trial.way.row
        for row in (at - 1, at):
            if trial.way.is_mark or not (0 <= row < len(lines) - 1 and is_opening(lines[row])):
                continue
            if row < at and indent_of(lines[row]) != indent_of(lines[at]):
                continue
            span = Span(row, 0, row + 1, len(lines[row + 1]))
            edit = Edit(span, lines[row + 1] + lines.end_of(row) + lines[row])
            other = self._trial(trial.way._replace(row=row, edit=edit))
            if other is not None and self._shift(other) is not None:
                return other.document
        return None


def _around(part: Part) -> list[Finding]:
    """What is said of the fields around nodes and edges."""
    return [*part.header, *[one for one in part.graph if one.code == "missing-field"]]


def _weight(shift: Shift) -> int:
    return len(shift.problems) + len(shift.findings)


def _end(document: Document, place: Place) -> int:
    if place.section_index < 0:
        return place.start_line
    section = document.roots[place.root_index].sections[place.section_index]
    return place.start_line + section.segment(place.segment_index).line_count


def _begins_there(document: Document, row: int) -> bool:
    """Whether what stands on the line *row* begins there, and is no part of a text that began above."""
    line = document.lines[row]
    column = first_column(line)
    while is_mark(line, column, "-"):
        column = after_blanks(line, column + 1)
    path = document.path_at(row, column)
    if not path.steps:
        return key_colon(line, column) >= 0
    step = path.steps[-1]
    if path.is_on_key and step.key is not None:
        return step.key.line + step.key_line == row
    return step.node.line + step.line == row


def _of_segments(projection: Projection, lines: range, items: ItemCheck) -> Iterator[Finding]:
    """What item rules say of the segments on *lines*."""
    document = projection.document
    roles = {one.section: one.role for one in projection.carriers}
    line = lines.start
    for _ in range(_MAX_SEGMENTS):
        if line >= lines.stop:
            return
        place = document.locate(line)
        if place.section_index < 0:
            return
        section = document.roots[place.root_index].sections[place.section_index]
        segment = section.segment(place.segment_index)
        if place.segment_index >= 0 and place.section_index in roles:
            facts = native.read(segment, roles[place.section_index])
            yield from [one.moved(place.start_line) for one in items.segment(segment, facts)]
        line = place.start_line + segment.line_count


def _said(found: Iterable[Problem | Finding]) -> Counter[Said]:
    return Counter([_key(one) for one in found])


def _key(one: Problem | Finding) -> Said:
    return one.code, one.message, one.span.line
