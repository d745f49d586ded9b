"""Applies the fixes of a document's findings, as many as lead to nothing new that is wrong."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from darwinflow.catalog.type_file import GRAPH_TYPE_INVALID
from darwinflow.check.engine import Checked
from darwinflow.check.finding import Finding
from darwinflow.check.fixes import fixable, fixed
from darwinflow.document.document import Document
from darwinflow.document.problem import DOCUMENT_LIMIT, YAML_SYNTAX

_MAX_ROUNDS: Final = 5
"""One fix may make another possible; this many times at most."""
_MAX_TRIED: Final = 50
"""Fixes that are tried one by one in a round where all together are not well; the others stay."""
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
    refused: set[tuple[str, str]] = set()
    for _ in range(_MAX_ROUNDS):
        before = checked.findings()
        chosen = [one for one in fixable(before) if (one.code, one.message) not in refused]
        if not chosen:
            break
        # What a fault of syntax has hidden comes to light in a round of its own.
        chosen = [one for one in chosen if one.code in _HIDING] or chosen
        after = check(fixed(checked.document, chosen))
        if _leads_on(chosen, before, after.findings()):
            tried, chosen = chosen, _those_that_are_well(checked, chosen, check)
            refused.update([(one.code, one.message) for one in tried if one not in chosen])
            after = check(fixed(checked.document, chosen))
        checked = after
        count += len(chosen)
    return checked, count


def _those_that_are_well(
    checked: Checked, chosen: Sequence[Finding], check: Callable[[Document], Checked]
) -> list[Finding]:
    """Of *chosen*, in their order, each that leads to nothing new together with those before it."""
    before = checked.findings()
    kept: list[Finding] = []
    for finding in chosen[:_MAX_TRIED]:
        tried = [*kept, finding]
        if not _leads_on(tried, before, check(fixed(checked.document, tried)).findings()):
            kept = tried
    return kept


def _leads_on(chosen: Sequence[Finding], before: Sequence[Finding], after: Sequence[Finding]) -> bool:
    """Whether what *chosen* fix has made something wrong that was not.

    Where they mend syntax, what else is in the text comes to light; only the lines that they change are theirs, and
    no other fault of syntax may come.
    """
    new = Counter([(one.code, one.message) for one in after])
    new -= Counter([(one.code, one.message) for one in before])
    if not any(finding.code in _IN_STAGES for finding in chosen):
        return any(code not in _OF_WALKS for code, _ in new)
    changed = set(_changed_lines(chosen))
    return any(
        (one.code, one.message) in new and (one.code in _HIDING or one.span.line in changed) for one in after
    )


def _changed_lines(chosen: Sequence[Finding]) -> Iterator[int]:
    """The lines that hold the text of their fixes once these are made."""
    shift = 0
    for edit in sorted(edit for finding in chosen for edit in finding.fixes[0].edits):
        added = edit.text.count("\n")
        yield from range(edit.span.line + shift, edit.span.line + shift + added + 1)
        shift += added - (edit.span.end_line - edit.span.line)
