"""Takes away the findings that comments suppress, and tells of comments that suppress none."""

from collections.abc import Collection, Sequence

from darwinflow.check.finding import Finding
from darwinflow.check.rules.unused_suppression import unused_suppression
from darwinflow.check.suppressions import Suppression, lines_of
from darwinflow.document.document import Document
from darwinflow.document.problem import DOCUMENT_LIMIT, YAML_SYNTAX

_HIDING = frozenset({YAML_SYNTAX, DOCUMENT_LIMIT})
"""While a text has one of these, rules are silent, and a suppression of what they would say is no mistake."""


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
    by_line: dict[int, list[int]] = {}
    long: list[tuple[range, int]] = []
    for number, suppression in enumerate(suppressions):
        lines = lines_of(document, suppression)
        if len(lines) > 1:
            long.append((lines, number))
        elif lines:
            by_line.setdefault(lines.start, []).append(number)
    names = [frozenset([code.name for code in suppression.codes]) for suppression in suppressions]
    used: list[set[str]] = [set() for _ in suppressions]
    there: list[set[str]] = [set() for _ in suppressions]
    kept: list[Finding] = []
    for finding in found:
        line = finding.span.line
        near = [*by_line.get(line, ()), *[number for lines, number in long if line in lines]]
        excuses = [number for number in near if finding.code in names[number]]
        for number in excuses:
            used[number].add(finding.code)
        if not excuses:
            kept.append(finding)
            for number in near:
                there[number].add(finding.code)
    if not any(finding.code in _HIDING for finding in found):
        for number, suppression in enumerate(suppressions):
            kept += unused_suppression(document, suppression, used[number], there[number], judged)
    return kept
