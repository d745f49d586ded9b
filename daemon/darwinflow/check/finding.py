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
    """A change that removes the finding."""

    title: str
    edits: tuple[Edit, ...]
    """None overlaps another; all are meant for the text as it was checked."""
    is_certain: bool = True
    """Whether it is what was meant; if not, it is offered to people and never made without them."""
    into: str = ""
    """The new file that the text with the edits becomes, relative to the workspace; empty: they are made where they are."""

    def doubted(self) -> "Fix":
        """The same fix, of which nobody can tell whether it is what was meant."""
        return self._replace(is_certain=False)


class About(NamedTuple):
    """What an item rule speaks of, for those who take several findings for one slip."""

    noun: str
    """`node`, `edge`, or the name of the graph type for the document itself."""
    path: tuple[str | int, ...]
    """To the value; to the mapping where *keys* are unknown or missing in it."""
    keys: tuple[str, ...] = ()
    meant: str = ""
    """What an unknown key is clearly a slip of."""


class Finding(NamedTuple):
    code: str
    severity: Severity
    span: Span
    """One token."""
    message: str
    related: tuple[Related, ...] = ()
    fixes: tuple[Fix, ...] = ()
    about: About | None = None

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
                fix._replace(edits=tuple(Edit(edit.span.moved(lines), edit.text) for edit in fix.edits))
                for fix in self.fixes
            ),
            self.about,
        )
