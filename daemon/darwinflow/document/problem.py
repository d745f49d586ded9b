"""What the engine has to say about a text. Values only."""

from collections.abc import Iterable
from itertools import islice
from typing import Final, NamedTuple

from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

YAML_SYNTAX: Final = "yaml-syntax"
DUPLICATE_KEY: Final = "duplicate-key"
UNDEFINED_ALIAS: Final = "undefined-alias"
DOCUMENT_LIMIT: Final = "document-limit"
UNKNOWN_TAG: Final = "unknown-tag"

WARNINGS: Final = frozenset({UNKNOWN_TAG})
"""Codes that are warnings; every other one is an error."""


CONFLICT: Final = "a merge left this mark of a conflict; keep one of the two sides and remove the marks"
"""Said of each mark of a conflict."""


class Related(NamedTuple):
    """Another place that belongs to a problem."""

    span: Span
    message: str


MAX_RELATED: Final = 20
"""Of one problem; what is said at the last one tells how many are left out."""


def again(places: list[Span], count: int) -> list[Related]:
    """The *count* places, behind the first two, at which something stands that may stand once.

    *places* are all of them, or the first `MAX_RELATED`.
    """
    return elsewhere(places, count, "and here again")


def elsewhere(places: Iterable[Span], count: int, message: str) -> list[Related]:
    """The first of *count* places, of which no more are looked at than are shown, with *message*."""
    shown = [Related(span, message) for span in islice(places, MAX_RELATED)]
    if count > MAX_RELATED:
        shown[-1] = shown[-1]._replace(message=f"{message}, and at {count - MAX_RELATED} more places")
    return shown


CONTAINED: Final = 0
BREAKING: Final = 1
LOOSE: Final = 2
ADRIFT: Final = BREAKING | LOOSE
"""How far a fault of syntax reaches.

Contained: what stands around it is read as it was meant. Breaking: lines below it may be read as something else.
Loose: it may be no more than what a breaking fault before it leads to. Adrift: both.
"""


class Repair(NamedTuple):
    """A change that mends a problem."""

    title: str
    edits: tuple[Edit, ...]
    is_certain: bool = True
    """Whether nothing else can be meant."""


class Problem(NamedTuple):
    """One thing wrong. The span is relative to whatever holds the problem."""

    code: str
    message: str
    span: Span
    related: tuple[Related, ...] = ()
    reach: int = CONTAINED
    repair: Repair | None = None

    def moved(self, lines: int) -> "Problem":
        """The same problem, *lines* further down."""
        if not lines:
            return self
        related = tuple(Related(other.span.moved(lines), other.message) for other in self.related)
        repair = self.repair
        if repair is not None:
            edits = tuple([Edit(edit.span.moved(lines), edit.text) for edit in repair.edits])
            repair = repair._replace(edits=edits)
        return Problem(self.code, self.message, self.span.moved(lines), related, self.reach, repair)
