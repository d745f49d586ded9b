"""`textDocument/codeAction`: the fixes of the findings at a place, and what the findings mean."""

from collections.abc import Callable
from typing import Final, NamedTuple

from darwinflow.check.engine import Checked
from darwinflow.check.finding import Finding
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span
from darwinflow_lsp.snapshot import Snapshot

MOST_TRIED: Final = 8
"""Fixes at one place of which it is found out whether they lead to what was not wrong; of more, none is preferred."""

Check = Callable[[Document, Checked], Checked]
"""Checks what one edit makes of a document, with the check before it."""


class Action(NamedTuple):
    title: str
    edits: tuple[Edit, ...]
    finding: Finding
    preferred: bool
    """What `check --fix` would do."""
    into: str = ""
    """The new file that the text with the edits becomes, relative to the workspace; empty: none."""


def code_actions(snapshot: Snapshot, span: Span, check: Check) -> tuple[Action, ...]:
    """The fixes of every finding that *span* touches, in the order of the text."""
    touched = [
        finding for finding in snapshot.checked.findings() if finding.fixes and _touches(finding.span, span)
    ]
    certain = [finding for finding in touched if finding.fixes[0].is_certain]
    preferred = _well(snapshot.checked, certain, check) if 0 < len(certain) <= MOST_TRIED else []
    return tuple(
        Action(fix.title, fix.edits, finding, finding in preferred and fix is finding.fixes[0], fix.into)
        for finding in touched
        for fix in finding.fixes
    )


def _well(checked: Checked, certain: list[Finding], check: Check) -> list[Finding]:
    from darwinflow.check.mending import is_well  # here: no diagnostics need it

    return [finding for finding in certain if is_well(checked, finding, check)]


class Explanation(NamedTuple):
    """The page of one code is to be shown."""

    code: str
    findings: tuple[Finding, ...]

    @property
    def title(self) -> str:
        return f"Explain '{self.code}'"


def explanations(snapshot: Snapshot, span: Span) -> tuple[Explanation, ...]:
    """One for each code among the findings that *span* touches, in the order of the text."""
    by_code: dict[str, list[Finding]] = {}
    for finding in snapshot.checked.findings():
        if _touches(finding.span, span):
            by_code.setdefault(finding.code, []).append(finding)
    return tuple(Explanation(code, tuple(findings)) for code, findings in by_code.items())


def _touches(one: Span, other: Span) -> bool:
    return (one.line, one.column) <= (other.end_line, other.end_column) and (other.line, other.column) <= (
        one.end_line,
        one.end_column,
    )
