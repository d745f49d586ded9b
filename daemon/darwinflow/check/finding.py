"""What `check` reports: a diagnostic in an editor, a line in a terminal."""

from typing import Literal, NamedTuple

from darwinflow.document.lines import Edit
from darwinflow.document.problem import Related
from darwinflow.model.span import Span

Severity = Literal["error", "warning", "hint"]
ERROR: Severity = "error"
WARNING: Severity = "warning"
HINT: Severity = "hint"


class Fix(NamedTuple):
    """A change that removes the finding. Only what is certain is offered."""

    title: str
    edits: tuple[Edit, ...]
    """None overlaps another; all are meant for the text as it was checked."""


class Finding(NamedTuple):
    code: str
    severity: Severity
    span: Span
    """One token."""
    message: str
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()

    def moved(self, lines: int) -> "Finding":
        """The same finding with each of its places *lines* further down."""
        if not lines:
            return self
        return Finding(
            self.code,
            self.severity,
            self.span.moved(lines),
            self.message,
            tuple(Related(other.span.moved(lines), other.message) for other in self.related),
            tuple(
                Fix(fix.title, tuple(Edit(edit.span.moved(lines), edit.text) for edit in fix.edits))
                for fix in self.fixes
            ),
        )
