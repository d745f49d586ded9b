"""The documents that are open, each as the client has it, and checked.

A document is told apart by the path it names, so that one file under two spellings of its URI is one document.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, Protocol

from darwinflow.check.engine import Checked
from darwinflow.check.opening import Opening
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.positions import Encoding
from darwinflow_lsp.arriving import Arrivals, Edits
from darwinflow_lsp.background import Background
from darwinflow_lsp.border.params import Change
from darwinflow_lsp.border.places import Places
from darwinflow_lsp.border.uris import key_of, path_of
from darwinflow_lsp.faults import report_fault
from darwinflow_lsp.opening import Openings
from darwinflow_lsp.snapshot import Snapshot

LONG_LINES = 2_000
MAX_CHECKED_CHANGES = 8
"""A message of more changes than this is checked once, at its end, and not incrementally."""


def is_long(document: Document) -> bool:
    """Whether it is checked bit by bit, and what takes all of it is worked out beside the loop."""
    return len(document.lines) > LONG_LINES


class OpenDocument(NamedTuple):
    """An immutable state; `Documents` holds the newest."""

    snapshot: Snapshot
    path: str | None
    """None where the URI names no file, as of an unsaved buffer."""


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


class Documents:
    def __init__(self, checks: Check, openings: Openings, arrived: Callable[[str], None]) -> None:
        """*openings*: where checks of long documents are under way; `completed` ends them.

        *arrived* gets the key of a document whose long text has arrived beside the loop.
        """
        self._checks = checks
        self._openings = openings
        self._arrived = arrived
        self._arrivals = Arrivals(self._on_arrival)
        self._open: dict[str, OpenDocument] = {}
        """Of one whose text is still arriving what was there before: of one that was just opened, an empty text."""
        self._unchecked: set[str] = set()
        """Documents whose check has failed."""
        self._left_much = False
        """A long document was closed, and what it has left was not collected since."""

    def __iter__(self) -> Iterator[tuple[str, OpenDocument]]:
        """Keys with documents."""
        return iter(list(self._open.items()))

    def get(self, key: str) -> OpenDocument | None:
        return self._open.get(key)

    @property
    def has_openings(self) -> bool:
        return bool(self._openings or self._arrivals)

    def is_opening(self, key: str) -> bool:
        """Whether no more than the beginning of the document was checked so far."""
        return key in self._openings or key in self._arrivals

    def is_arriving(self, key: str) -> bool:
        """Whether not even its text is there."""
        return key in self._arrivals

    def may_thaw(self) -> bool:
        """Whether there is something to collect among what is kept from the collector, and not much else."""
        if not self._left_much or any(is_long(opened.snapshot.document) for _, opened in self):
            return False
        self._left_much = False
        return True

    def join(self, background: Background) -> None:
        """There is a way to do work beside the loop."""
        self._arrivals.background = background

    def end(self) -> None:
        """Nothing more comes of what is under way: the session is over."""
        self._openings.end()
        self._arrivals.end()

    def open(self, uri: str, version: int | None, text: str) -> str:
        """Returns the document's key."""
        key, path = key_of(uri), path_of(uri)
        self._arrivals.drop(key)
        if self._arrivals.takes(len(text)):
            empty = Document.parse("")
            self._open[key] = OpenDocument(Snapshot(uri, version, empty, self._checks.nothing(empty)), path)
            self._openings.drop(key)
            self._arrivals.begin(key, partial(Document.parse, text))
        else:
            document = Document.parse(text)
            snapshot = Snapshot(uri, version, document, self._checked_anew(key, document, path))
            self._open[key] = OpenDocument(snapshot, path)
        return key

    def _on_arrival(self, key: str, document: Document | None, later: list[Edits]) -> None:
        opened = self._open[key]
        if document is None:
            del self._open[key]
        else:
            self._set(key, document, self._checked_anew(key, document, opened.path))
            for edits in later:
                self.change(opened.snapshot.uri, *edits)
        self._arrived(key)

    def _set(self, key: str, document: Document, checked: Checked) -> None:
        opened = self._open[key]
        snapshot = opened.snapshot._replace(document=document, checked=checked, content_hash=None)
        self._open[key] = opened._replace(snapshot=snapshot)

    def change(self, uri: str, version: int | None, changes: list[Change], encoding: Encoding) -> str | None:
        """Apply *changes* in their order. Returns the key; None where the document is not open."""
        key = key_of(uri)
        opened = self._open.get(key)
        if opened is None:
            return None
        if key in self._arrivals:
            self._arrivals.add(key, Edits(version, changes, encoding))
            return key
        snapshot = opened.snapshot._replace(version=version)
        self._open[key] = opened._replace(snapshot=snapshot)
        if self._arrivals.takes(sum([len(change.text) for change in changes])):
            self._openings.drop(key)
            self._arrivals.begin(key, partial(_edited, snapshot.document, changes, encoding))
            return key
        builds_on_none = self.is_opening(key) or key in self._unchecked
        document, checked = snapshot.document, None if builds_on_none else snapshot.checked
        for change in changes:
            document, is_edit = _changed(document, change, encoding)
            if checked is not None:
                builds_on = is_edit and len(changes) <= MAX_CHECKED_CHANGES
                checked = self._rechecked(document, opened.path, checked) if builds_on else None
        if checked is None:
            checked = self._checked_anew(key, document, opened.path)
        self._set(key, document, checked)
        return key

    def _rechecked(self, document: Document, path: str | None, previous: Checked) -> Checked | None:
        """None where the check that builds on *previous* fails, so that all is to be checked anew."""
        try:
            return self._checks.check(document, path, previous)
        except Exception:  # noqa: BLE001 - the text is right, and so is a check that builds on nothing
            report_fault("an incremental check")
            return None

    def _checked_anew(self, key: str, document: Document, path: str | None) -> Checked:
        """The whole check; of a long document its beginning, and the rest is under way."""
        self._openings.drop(key)
        self._unchecked.discard(key)
        try:
            opening = self._checks.opening(document, path) if is_long(document) else None
            if opening is None:
                return self._checks.check(document, path, None)
            beginning = self._checks.beginning(opening)
        except Exception:  # noqa: BLE001 - a fault of a rule must not cost the text: all later edits build on it
            report_fault("a check")
            self._unchecked.add(key)
            return self._checks.nothing(document)
        self._openings.begin(key, opening)
        return beginning

    def recheck(self) -> list[str]:
        """Check all anew that have arrived, as after a change of settings. Returns their keys."""
        there = [(key, opened) for key, opened in self if key not in self._arrivals]
        for key, opened in there:
            self.completed(key, self._checked_anew(key, opened.snapshot.document, opened.path))
        return [key for key, _ in there]

    def hashed(self, key: str, content_hash: str) -> None:
        """Keep the content hash of the document's present text."""
        opened = self._open[key]
        self._open[key] = opened._replace(snapshot=opened.snapshot._replace(content_hash=content_hash))

    def completed(self, key: str, checked: Checked) -> None:
        """Keep *checked*, which says more of the document's present text than what was kept."""
        opened = self._open[key]
        self._open[key] = opened._replace(snapshot=opened.snapshot._replace(checked=checked))

    def close(self, uri: str) -> OpenDocument | None:
        key = key_of(uri)
        self._openings.drop(key)
        self._arrivals.drop(key)
        self._unchecked.discard(key)
        closed = self._open.pop(key, None)
        self._left_much |= closed is not None and is_long(closed.snapshot.document)
        return closed


def _edited(document: Document, changes: list[Change], encoding: Encoding) -> Document:
    for change in changes:
        document, _ = _changed(document, change, encoding)
    return document


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
