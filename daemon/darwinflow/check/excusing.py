"""Takes away the findings that comments suppress, and tells of comments that suppress none."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence

from darwinflow.check.codes import CODES
from darwinflow.check.finding import Finding
from darwinflow.check.rules.unexplained_suppression import unexplained_suppression
from darwinflow.check.rules.unused_suppression import Missed, unused_suppression
from darwinflow.check.suppressions import Suppression, lines_of
from darwinflow.document.document import Document
from darwinflow.document.problem import DOCUMENT_LIMIT, YAML_SYNTAX
from darwinflow.model.span import Span

_MAX_HINTS = 1_000
"""More are never shown."""
_BEHIND = 1 << 30
_HIDING = frozenset({YAML_SYNTAX, DOCUMENT_LIMIT})
"""While a text has one of these, rules are silent, and a suppression of what they would say is no mistake.

Nothing suppresses them.
"""


def excused(
    document: Document,
    found: list[Finding],
    suppressions: Sequence[Suppression],
    judged: Collection[str],
) -> list[Finding]:
    """*found* without what *suppressions*, at their places in *document*, take away.

    *judged*: codes whose findings are all in *found*.
    """
    if not suppressions:
        return found
    covers = _Covers(lines_of(document, suppressions))
    names = [frozenset([code.name for code in suppression.codes]) for suppression in suppressions]
    used: list[set[str]] = [set() for _ in suppressions]
    there: list[set[str]] = [set() for _ in suppressions]
    kept: list[Finding] = []
    for finding in found:
        near = covers.of(finding.span.line)
        excuses = [number for number in near if finding.code in names[number]]
        excuses = [number for number in excuses if not suppressions[number].is_slip]
        if finding.code in _HIDING:
            excuses = []  # who could read no further may not be silent about it
        for number in excuses:
            used[number].add(finding.code)
        if not excuses:
            kept.append(finding)
            for number in near:
                there[number].add(finding.code)
    if not any(finding.code in _HIDING for finding in found):
        hints: list[Finding] = []
        unjudged = CODES.difference(judged)
        meant: set[tuple[str, Span]] = set()
        left = _places(kept, frozenset().union(*names))
        for number, suppression in enumerate(suppressions):
            missed = [] if suppression.is_slip else _missed(suppression, covers.ranges[number], left)
            hints += unused_suppression(document, suppression, used[number], there[number], judged, missed)
            meant.update((one.code, one.span) for one in missed if one.where and one.code not in used[number])
            if used[number] or not names[number].isdisjoint(unjudged):
                hints += unexplained_suppression(suppression)
            if len(hints) > _MAX_HINTS:
                break
        kept = _doubted(kept, meant) + hints
    return kept


def _places(found: Sequence[Finding], names: Collection[str]) -> dict[str, list[Span]]:
    """Where each of the codes *names* is found, in the order of the text."""
    places: dict[str, list[Span]] = {}
    for finding in found:
        if finding.code in names:
            places.setdefault(finding.code, []).append(finding.span)
    for spans in places.values():
        spans.sort()
    return places


def _missed(suppression: Suppression, lines: range, left: Mapping[str, list[Span]]) -> list[Missed]:
    """Of each code of *suppression*, which counts for *lines*, the finding nearest to it that nothing takes away."""
    missed: list[Missed] = []
    end = lines.stop if lines else suppression.line
    for code in suppression.codes:
        spans = left.get(code.name, ())
        at = bisect_right(spans, (end,))
        near = sorted(spans[max(at - 1, 0) : at + 1], key=lambda span: abs(span.line - suppression.line))
        if near:
            is_above = near[0].line == suppression.line - 1
            where = "above" if is_above else "below" if near[0].line == end else ""
            missed.append(Missed(code.name, near[0], where))
    return missed


def _doubted(found: list[Finding], meant: Collection[tuple[str, Span]]) -> list[Finding]:
    """*found*, of which those in *meant* are to stay as they are: their fixes are certain no more."""
    if not meant:
        return found
    return [
        one._replace(fixes=tuple([fix.doubted() for fix in one.fixes]))
        if one.fixes and (one.code, one.span) in meant
        else one
        for one in found
    ]


class _Covers:
    """Which suppressions count for a line."""

    def __init__(self, ranges: list[range]) -> None:
        self.ranges = ranges
        self._by_line: dict[int, list[int]] = {}
        self._long: list[tuple[int, int, int]] = []
        """First line, the one behind the last, and number; no two overlap but those that begin together."""
        for number, lines in enumerate(ranges):
            if len(lines) > 1:
                self._long.append((lines.start, lines.stop, number))
            elif lines:
                self._by_line.setdefault(lines.start, []).append(number)
        self._long.sort()

    def of(self, line: int) -> list[int]:
        """Their numbers."""
        found = list(self._by_line.get(line, ()))
        at = bisect_right(self._long, (line, _BEHIND, 0)) - 1
        first = self._long[at][0] if at >= 0 else 0
        while at >= 0 and self._long[at][0] == first:
            if line < self._long[at][1]:
                found.append(self._long[at][2])
            at -= 1
        return found
