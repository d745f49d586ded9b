"""Applies fixes to a text."""

from collections.abc import Iterable

from darwinflow.check.finding import Finding
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit


def fixable(findings: Iterable[Finding]) -> list[Finding]:
    """Those whose first fix is certain, without the ones whose fix would touch the same text as an earlier one's."""
    taken: list[Edit] = []
    chosen: list[Finding] = []
    for finding in findings:
        if (
            finding.fixes
            and finding.fixes[0].is_certain
            and not any(_touch(edit, other) for edit in finding.fixes[0].edits for other in taken)
        ):
            taken += finding.fixes[0].edits
            chosen.append(finding)
    return chosen


def fixed(document: Document, findings: Iterable[Finding]) -> Document:
    """*document* with the first fix of each of *findings*, which come from it and touch different text."""
    for edit in edits_of(findings):
        document = document.edit(edit)
    return document


def edits_of(findings: Iterable[Finding]) -> list[Edit]:
    """Those of the first fix of each, the last in the text first, so that none moves another."""
    return sorted((edit for finding in findings for edit in finding.fixes[0].edits), reverse=True)


def _touch(one: Edit, other: Edit) -> bool:
    return (one.span[:2] < other.span[2:] and other.span[:2] < one.span[2:]) or one.span == other.span
