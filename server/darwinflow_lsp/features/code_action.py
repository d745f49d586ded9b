"""`textDocument/codeAction`: the fixes of the findings at a place, and what the findings mean."""

from typing import NamedTuple

from darwinflow.check.finding import Finding
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span
from darwinflow_lsp.snapshot import Snapshot


class Action(NamedTuple):
    title: str
    edits: tuple[Edit, ...]
    finding: Finding
    preferred: bool
    """The only fix of its finding, and certain."""
    into: str = ""
    """The new file that the text with the edits becomes, relative to the workspace; empty: none."""


def code_actions(snapshot: Snapshot, span: Span) -> tuple[Action, ...]:
    """The fixes of every finding that *span* touches, in the order of the text."""
    return tuple(
        Action(fix.title, fix.edits, finding, fix.is_certain and len(finding.fixes) == 1, fix.into)
        for finding in snapshot.checked.findings()
        if finding.fixes and _touches(finding.span, span)
        for fix in finding.fixes
    )


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
