"""What a fault of syntax leads to: lines near it are read as something else than was meant, and faults are found there.

All of that vanishes when the fault is mended, so only the fault is told.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from typing import Final

from darwinflow.check.brackets import without_fitting_brackets
from darwinflow.check.colons import with_whole_keys
from darwinflow.check.dashes import without_dashes
from darwinflow.check.finding import Finding
from darwinflow.check.first_keys import at_first_keys
from darwinflow.check.lost_anchors import without_lost_anchors
from darwinflow.check.lost_ends import without_lost_ends
from darwinflow.check.lost_ids import without_lost_ids
from darwinflow.check.misnamed import without_misnamed
from darwinflow.check.part import Part
from darwinflow.check.strays import without_strays
from darwinflow.check.torn import Tear
from darwinflow.document.document import Document, Place
from darwinflow.document.grammar.scan import indent_of, key_colon
from darwinflow.document.problem import BREAKING, CONFLICT, DUPLICATE_KEY, LOOSE, YAML_SYNTAX, Problem

_OF_FIELDS: Final = frozenset(
    {
        *("unknown-field", "missing-field", "wrong-type", "invalid-value", "unknown-node-type"),
        *("config-unknown-field", "config-missing-field", "config-wrong-type", "config-invalid-value"),
        "metadata-key",
    }
)
"""Codes of findings about what one mapping holds."""
_OF_VALUES: Final = frozenset({"missing-field", "wrong-type", "config-missing-field", "config-wrong-type"})
"""Those of a mapping that was cut short."""
_OF_KINDS: Final = frozenset({"wrong-type", "config-wrong-type"})
_OF_NAMES: Final = frozenset(
    {"edge-unknown-node", "context-unknown-node", "condition-unknown-name", "template-unknown-node"}
)
_ON_LINE: Final = frozenset(
    {
        "condition-syntax",
        "condition-unknown-name",
        "condition-never-true",
        "condition-not-upstream",
        "context-syntax",
        "metadata-key",
    }
)
"""Codes of findings inside a text, or about a key, which on a line with a fault of syntax is not the one that was meant."""
_OF_GRAPHS: Final = frozenset(
    {
        *("unreachable-node", "no-path-to-end", "endless-cycle", "option-not-handled", "empty-workflow"),
        *("context-not-upstream", "condition-not-upstream", "upstream-avoidable", "unknown-input"),
        *("duplicate-node-id", "duplicate-edge", "condition-never-true"),
    }
)
"""Codes of findings that nodes or edges may cause which are not read, or read in the wrong place."""


class Stretch:
    """Segments of one section that a fault of syntax may have confused."""

    __slots__ = ("above", "first", "is_spilt", "last", "line")

    def __init__(self, line: int, place: Place, above: int, *, is_spilt: bool) -> None:
        self.line = line
        """Of the fault."""
        self.first = self.last = place
        self.above = above
        """The line before it that is neither blank nor a comment; -1 where there is none."""
        self.is_spilt = is_spilt
        """Whether something else than the fault itself is certainly read wrongly."""

    def reaches(self, place: Place) -> bool:
        """Whether what stands at *place*, behind the fault, may be read as it is because of it."""
        near = self.last
        is_within = place.root_index == near.root_index and place.section_index == near.section_index
        return is_within and self.first.segment_index <= place.segment_index <= near.segment_index + 1

    def holds(self, place: Place) -> bool:
        return self.reaches(place) and place.segment_index <= self.last.segment_index


class Wake:
    """What is left of the problems of a document, and which findings stand in the wake of those."""

    def __init__(
        self,
        document: Document,
        problems: Sequence[Problem],
        tears: Sequence[Tear] = (),
        unknown: Collection[int] = (),
        parts: Sequence[Part | None] = (),
        shifted: Sequence[int] = (),
    ) -> None:
        """*unknown*: lines of keys of the document that nobody knows; *parts*: what its roots hold.

        *shifted*: lines out of their column, which are among *problems*.
        """
        self._document = document
        self.problems: list[Problem] = []
        """Without those that others lead to; in the order of the text, as *problems* are."""
        self._stretches: list[Stretch] = []
        self._is_in_conflict = False
        self._behind = {tear.root_index for tear in tears}
        """Documents of the stream that are the rest of the one before."""
        waiting = [*tears]
        problems = without_misnamed(problems, [part.projection for part in parts if part is not None])
        problems = with_whole_keys(document, without_fitting_brackets(document, problems), parts)
        problems = at_first_keys(document, problems)
        problems, dashes = without_dashes(document, problems)
        problems, ids = without_lost_ids(document, problems, parts)
        problems, ends = without_lost_ends(document, problems, parts)
        problems, strays = without_strays(document, problems, unknown)
        for problem in without_lost_anchors(document, problems):
            while waiting and waiting[0].first <= problem.span.line:
                self._begin_tear(waiting.pop(0))
            if not self._is_led_to(problem):
                self.problems.append(problem)
        for tear in waiting:
            self._begin_tear(tear)
        self._stretches = [stretch for stretch in self._stretches if stretch.is_spilt]
        self._broken_lines = {problem.span.line for problem in problems if problem.reach & BREAKING}
        self._lines = [stretch.line for stretch in self._stretches]
        self._torn = {one.last.root_index for one in self._stretches if self._tears(one)}
        self._torn.update([root_index - part for root_index in self._behind for part in (0, 1)])
        self._torn.update(
            [document.locate(line).root_index for line in (*dashes, *ids, *ends, *strays, *shifted)]
        )
        self._faulty_lines = {problem.span.line for problem in self.problems if problem.code == YAML_SYNTAX}

    def _is_led_to(self, problem: Problem) -> bool:
        """Whether an earlier problem leads to this one; notes how far the two reach."""
        line = problem.span.line
        before = self.problems[-1] if self.problems else None
        if (
            before is not None
            and before.code == problem.code == YAML_SYNTAX
            and before.span[:2] == problem.span[:2]
        ):
            return True
        on_line = bool(self._stretches) and self._stretches[-1].line == line and problem.code == YAML_SYNTAX
        if not problem.reach and problem.code != DUPLICATE_KEY and not on_line:
            return False
        if problem.message == CONFLICT and self._goes_on(line):
            self._begin(line, self._document.locate(line), is_spilt=True)
            return True
        stretch = self._stretches[-1] if self._stretches else None
        if stretch is None and not problem.reach & BREAKING:
            return False
        place = self._document.locate(line)
        is_led_to = stretch is not None and stretch.reaches(place)
        if stretch is not None and stretch.is_spilt and stretch.line == line and is_led_to:
            return True
        if (
            stretch is not None
            and is_led_to
            and (problem.reach & LOOSE or (stretch.is_spilt and not problem.reach))
        ):
            stretch.last = place
            stretch.is_spilt = True
            return True
        if problem.reach & BREAKING:
            self._begin(line, place, is_spilt=bool(problem.reach & LOOSE))
        return False

    def _begin(self, line: int, place: Place, *, is_spilt: bool) -> None:
        self._stretches.append(Stretch(line, place, self._content_above(line), is_spilt=is_spilt))

    def _begin_tear(self, tear: Tear) -> None:
        place = self._document.locate(tear.first)
        stretch = Stretch(tear.line, place, self._content_above(tear.line), is_spilt=True)
        self._stretches.append(stretch)

    def _is_left_value(self, row: int) -> bool:
        """Whether what is said to be no key on line *row* may be meant as the value of the key above it."""
        if row not in self._faulty_lines:
            return False
        lines = self._document.lines
        column = indent_of(lines[row])
        above = lines[row - 1].rstrip()
        key = above.lstrip(" -")
        return above.endswith(":") and len(above) - len(key) == column and key_colon(lines[row], column) < 0

    def _goes_on(self, line: int) -> bool:
        """Whether the mark of a conflict on *line* belongs to one that is told already."""
        mark = self._document.lines[line][:1]
        is_known = self._is_in_conflict and mark != "<"
        self._is_in_conflict = mark == "<" or (is_known and mark != ">")
        return is_known

    def _content_above(self, line: int) -> int:
        lines = self._document.lines
        for at in range(line - 1, max(line - 100, -1), -1):
            if lines[at].strip()[:1] not in ("", "#"):
                return at
        return -1

    def _tears(self, stretch: Stretch) -> bool:
        """Whether nodes or edges may be missing."""
        root_index, section_index = stretch.first.root_index, stretch.first.section_index
        if section_index < 0:
            return True
        segments = self._document.roots[root_index].sections[section_index].segments
        return stretch.first.segment_index != stretch.last.segment_index or len(segments) == 1

    def of_header(self, root_index: int, found: tuple[Finding, ...]) -> Sequence[Finding]:
        """What is left of findings about the fields around nodes and edges."""
        if root_index in self._behind:
            return ()
        if root_index + 1 in self._behind:
            return [finding for finding in found if finding.code != "missing-field"]
        return found

    def left_of(self, found: Sequence[Finding]) -> list[Finding]:
        """*found* without what stands in the wake."""
        if not self._broken_lines and not self._torn and not self._faulty_lines:
            return list(found)
        return [finding for finding in found if not self._covers(finding)]

    def _covers(self, finding: Finding) -> bool:
        code, line = finding.code, finding.span.line
        if code in _OF_NAMES and (line in self._broken_lines or line in self._faulty_lines):
            return True
        if code in _ON_LINE and line in self._faulty_lines:
            return True
        if code in _OF_GRAPHS or (code in _OF_NAMES and not finding.fixes):
            return bool(self._torn) and self._document.locate(line).root_index in self._torn
        if code not in _OF_FIELDS:
            return False
        if code in _OF_KINDS and self._is_left_value(line + 1):
            return True
        at = bisect_right(self._lines, line)
        place = self._document.locate(line)
        return any(
            self._is_behind(one, place, code, line) for one in self._stretches[max(at - 1, 0) : at + 1]
        )

    def _is_behind(self, stretch: Stretch, place: Place, code: str, line: int) -> bool:
        if line >= stretch.line:
            return stretch.holds(place)
        if code not in _OF_VALUES or stretch.above < 0:
            return False
        if line == stretch.above:
            return True
        # What the fault cuts off the item above may be what that is said to lack.
        return place[:3] == self._document.locate(stretch.above)[:3]
