"""From one state of a document to the next: the text after changes, and its check. Called on the loop and beside it."""

import time
from typing import NamedTuple, Protocol

from darwinflow.check.engine import Checked
from darwinflow.check.opening import Opening
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.positions import Encoding
from darwinflow_lsp.border.params import Change
from darwinflow_lsp.border.places import Places
from darwinflow_lsp.faults import report_fault
from darwinflow_lsp.weight import has_many_lines, is_dense

MAX_CHECKED_CHANGES = 8
"""More changes than this at once are checked once, at their end, and not incrementally."""


class Check(Protocol):
    """Says what is wrong in a document of a path; None: in no file."""

    def check(self, document: Document, path: str | None, previous: Checked | None) -> Checked:
        """All of it, with the check before the last edit where there is one."""
        ...

    def opening(self, document: Document, path: str | None) -> Opening | None:
        """The same to be worked out bit by bit, where that can be."""
        ...

    def beginning(self, opening: Opening) -> Checked:
        """What stands for it until then."""
        ...

    def nothing(self, document: Document) -> Checked:
        """What stands for it where there is none."""
        ...


class Edits(NamedTuple):
    """What one message of a client changes."""

    version: int | None
    changes: list[Change]
    encoding: Encoding


class Revised(NamedTuple):
    """A text, and what is known of what is wrong in it."""

    document: Document
    checked: Checked
    opening: Opening | None = None
    """The rest of the check, where *checked* is no more than its beginning."""
    has_failed: bool = False
    """A fault of ours has ended the check, and *checked* says nothing."""
    seconds: float = 0.0
    """Of processor time."""

    @property
    def basis(self) -> Checked | None:
        """What the check after an edit can build on."""
        return None if self.has_failed or self.opening is not None else self.checked


class Reviser:
    """Makes the states of the document of one path."""

    def __init__(self, checks: Check, path: str | None) -> None:
        self._checks = checks
        self._path = path

    def opened(self, text: str) -> Revised:
        begun = time.thread_time()
        return self._anew(Document.parse(text))._replace(seconds=time.thread_time() - begun)

    def edited(self, document: Document, basis: Checked | None, edits: list[Edits]) -> Revised:
        """The state after *edits*; *basis*: the whole check before them, None where there is none."""
        begun = time.thread_time()
        changes = [(change, each.encoding) for each in edits for change in each.changes]
        for change, encoding in changes:
            document, is_edit = _changed(document, change, encoding)
            if basis is not None:
                builds_on = is_edit and len(changes) <= MAX_CHECKED_CHANGES
                basis = self._rechecked(document, basis) if builds_on else None
        revised = self._anew(document) if basis is None else Revised(document, basis)
        return revised._replace(seconds=time.thread_time() - begun)

    def _anew(self, document: Document) -> Revised:
        """The whole check; of a document of many lines its beginning."""
        try:
            if has_many_lines(document) and not is_dense(document):
                opening = self._checks.opening(document, self._path)
                if opening is not None:
                    return Revised(document, self._checks.beginning(opening), opening)
            return Revised(document, self._checks.check(document, self._path, None))
        except Exception:  # noqa: BLE001 - a fault of a rule must not cost the text: all later edits build on it
            report_fault("a check")
            return Revised(document, self._checks.nothing(document), has_failed=True)

    def _rechecked(self, document: Document, previous: Checked) -> Checked | None:
        """None where the check that builds on *previous* fails, so that all is to be checked anew."""
        try:
            return self._checks.check(document, self._path, previous)
        except Exception:  # noqa: BLE001 - the text is right, and so is a check that builds on nothing
            report_fault("an incremental check")
            return None


def _changed(document: Document, change: Change, encoding: Encoding) -> tuple[Document, bool]:
    """The document after *change*, and whether that was an edit of a part."""
    if change.start is None:
        return Document.parse(change.text), False
    edit = Edit(Places(document.lines, encoding).span(change.start, change.end), change.text)
    try:
        return document.edit(edit), True
    except Exception:  # noqa: BLE001 - a fault of the engine must not cost the text: all later edits build on it
        report_fault("an edit")
        lines, _ = document.lines.edited(edit._replace(span=document.lines.clamped(edit.span)))
        return Document.parse(lines.text()), False
