"""Applies the fixes of a document's findings, as many as lead to nothing new that is wrong."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from darwinflow.catalog.type_file import GRAPH_TYPE_INVALID
from darwinflow.check.engine import Checked
from darwinflow.check.finding import Finding
from darwinflow.check.fixes import edits_of, fixable, fixed
from darwinflow.check.shown import MAX_FINDINGS
from darwinflow.document.document import Document
from darwinflow.document.problem import DOCUMENT_LIMIT, YAML_SYNTAX

_MAX_ROUNDS: Final = 5
"""One fix may make another possible; this many times at most."""
_MAX_STEPS: Final = 4
"""Slips in one place, of which each shows when the one before it is mended."""
_MAX_CHECKS: Final = 150
_MAX_CHECKED_LINES: Final = 1_000_000
"""What may be spent on finding those that are well where all together are not; what is not tried by then stays."""
_HIDING: Final = frozenset({YAML_SYNTAX, DOCUMENT_LIMIT})
"""While a text has one of these, rules are silent about what else is there."""
_IN_STAGES: Final = frozenset({*_HIDING, GRAPH_TYPE_INVALID})
"""While there is one of these, what a later look at the text would find may not show."""

_OF_WALKS: Final = frozenset(
    {
        "unreachable-node",
        "no-path-to-end",
        "option-not-handled",
        "context-not-upstream",
        "upstream-avoidable",
    }
)
"""Silent while an edge lacks a name that may lead anywhere; that a fix gives it one does not make them."""


def mended(checked: Checked, check: Callable[[Document], Checked]) -> tuple[Checked, int]:
    """The check of the mended document, and how many fixes were applied. *check*: checks what fixes make of it."""
    count = 0
    trials = _Trials(
        lambda before, chosen: check(fixed(before.document, chosen)), len(checked.document.lines)
    )
    for _ in range(_MAX_ROUNDS):
        chosen = [one for one in fixable(checked.every_finding()) if trials.is_open(checked, one)]
        # What a fault of syntax has hidden comes to light in a round of its own.
        chosen = [one for one in chosen if one.code in _HIDING] or chosen
        kept, after = trials.well(checked, chosen)
        if not kept:
            after, steps = trials.chained(checked)
            if not steps:
                break
            count += steps
        checked = after
        count += len(kept)
    return checked, count


def is_well(checked: Checked, finding: Finding, check: Callable[[Document, Checked], Checked]) -> bool:
    """Whether `mended` would make the fix of *finding*, one of *checked*, if it were the only one.

    *check*: checks what one edit makes of a document, with the check before it.
    """

    def after(before: Checked, chosen: Sequence[Finding]) -> Checked:
        for edit in edits_of(chosen):
            before = check(before.document.edit(edit), before)
        return before

    trials = _Trials(after, len(checked.document.lines))
    kept, _ = trials.well(checked, [finding])
    return bool(kept) or trials.followed(checked, finding)[1] > 0


class _Trials:
    """Finds out which fixes are well, by making them."""

    def __init__(self, after: Callable[[Checked, Sequence[Finding]], Checked], lines: int) -> None:
        """*after*: the check once the fixes of some findings are made. *lines*: how many are read at each, about."""
        self._after = after
        self._left = min(_MAX_CHECKS, max(_MAX_CHECKED_LINES // lines, 8))
        self._refused: set[tuple[str, str, str]] = set()
        self._hopeless: set[tuple[str, str, str]] = set()

    def is_open(self, checked: Checked, finding: Finding) -> bool:
        """Whether the fix of *finding* has not been refused."""
        return _known_by(checked, finding) not in self._refused

    def well(self, checked: Checked, chosen: Sequence[Finding]) -> tuple[list[Finding], Checked]:
        """Of *chosen*, in their order, those that lead to nothing new together with the ones before them.

        All are tried at once, then by halves: of many, few are not well as a rule.
        """
        before = checked.every_finding()
        kept: list[Finding] = []
        stack = [list(chosen)] if chosen else []
        while stack and self._left > 0:
            group = stack.pop()
            self._left -= 1
            after = self._after(checked, [*kept, *group])
            if not _fresh([*kept, *group], before, after.every_finding()):
                kept += group
                checked_kept = after
            elif len(group) == 1:
                self._refused.add(_known_by(checked, group[0]))
            else:
                half = len(group) // 2
                stack += [group[half:], group[:half]]
        return (kept, checked_kept) if kept else (kept, checked)

    def chained(self, checked: Checked) -> tuple[Checked, int]:
        """The check after the first refused fix that is well once what it brings to light is mended, too.

        And of how many fixes; 0: there is none.
        """
        for first in fixable(checked.every_finding()):
            key = _known_by(checked, first)
            if key in self._refused and key not in self._hopeless:
                self._hopeless.add(key)
                after, steps = self.followed(checked, first)
                if steps:
                    return after, steps
        return checked, 0

    def followed(self, checked: Checked, first: Finding) -> tuple[Checked, int]:
        """The check once the fix of *first* is made and those of what it brings to light, and of how many; 0: not so."""
        before, now, steps, count = checked.every_finding(), checked, [first], 0
        for _ in range(_MAX_STEPS):
            if self._left <= 0:
                break
            self._left -= 1
            now = self._after(now, steps)
            count += len(steps)
            fresh = _fresh(steps, before, now.every_finding(), is_staged=first.code in _IN_STAGES)
            if not fresh:
                return now, count
            steps = fixable(fresh)
            if len(steps) < len(fresh) or any(map(_takes_away, steps)):
                break
        return checked, 0


def _takes_away(finding: Finding) -> bool:
    """Whether its fix is no other spelling, but leaves out what somebody has written."""
    return not all(edit.text for edit in finding.fixes[0].edits)


def _known_by(checked: Checked, finding: Finding) -> tuple[str, str, str]:
    """What stays of a finding while other lines are mended."""
    return finding.code, finding.message, checked.document.lines[finding.span.line]


def _fresh(
    chosen: Sequence[Finding], before: Sequence[Finding], after: Sequence[Finding], *, is_staged: bool = False
) -> list[Finding]:
    """What the fixes of *chosen* have made wrong that was not. *is_staged*: a fault of syntax was mended before them.

    Where they mend syntax, or there are more findings than are listed, others come to light; only those on the lines
    that they change are theirs, and no other fault of syntax may come.
    """
    new = Counter(map(_said, after))
    new -= Counter(map(_said, before))
    is_staged = is_staged or any(finding.code in _IN_STAGES for finding in chosen)
    if len(before) <= MAX_FINDINGS and not is_staged:
        return [one for one in after if _said(one) in new and one.code not in _OF_WALKS]
    changed = set(_changed_lines(chosen))
    return [one for one in after if _said(one) in new and (one.code in _HIDING or one.span.line in changed)]


def _said(finding: Finding) -> tuple[str, str]:
    """Without the name that is proposed: of many findings, only some propose one, and others once these are mended."""
    return finding.code, finding.message.partition("; did you mean")[0]


def _changed_lines(chosen: Sequence[Finding]) -> Iterator[int]:
    """The lines that hold the text of their fixes once these are made."""
    shift = 0
    for edit in sorted(edit for finding in chosen for edit in finding.fixes[0].edits):
        added = edit.text.count("\n")
        yield from range(edit.span.line + shift, edit.span.line + shift + added + 1)
        shift += added - (edit.span.end_line - edit.span.line)
