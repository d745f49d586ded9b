"""The documents that are open, each as the client has it, and checked.

A document is told apart by the path it names, so that one file under two spellings of its URI is one document.
"""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from darwinflow.check.engine import Checked
from darwinflow.check.opening import Opening
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.positions import Encoding
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


class Documents:
    def __init__(self, checks: Check, openings: Openings) -> None:
        """*openings*: where checks of long documents are under way; `completed` ends them."""
        self._checks = checks
        self._openings = openings
        self._open: dict[str, OpenDocument] = {}

    def __iter__(self) -> Iterator[tuple[str, OpenDocument]]:
        """Keys with documents."""
        return iter(list(self._open.items()))

    def get(self, key: str) -> OpenDocument | None:
        return self._open.get(key)

    @property
    def has_openings(self) -> bool:
        return bool(self._openings)

    def is_opening(self, key: str) -> bool:
        """Whether no more than the beginning of the document was checked so far."""
        return key in self._openings

    def open(self, uri: str, version: int | None, text: str) -> str:
        """Returns the document's key."""
        key, path = key_of(uri), path_of(uri)
        document = Document.parse(text)
        snapshot = Snapshot(uri, version, document, self._checked_anew(key, document, path))
        self._open[key] = OpenDocument(snapshot, path)
        return key

    def change(self, uri: str, version: int | None, changes: list[Change], encoding: Encoding) -> str | None:
        """Apply *changes* in their order. Returns the key; None where the document is not open."""
        key = key_of(uri)
        opened = self._open.get(key)
        if opened is None:
            return None
        snapshot = opened.snapshot
        document, checked = snapshot.document, None if self.is_opening(key) else snapshot.checked
        for change in changes:
            document, is_edit = _changed(document, change, encoding)
            if checked is not None:
                builds_on = is_edit and len(changes) <= MAX_CHECKED_CHANGES
                checked = self._rechecked(document, opened.path, checked) if builds_on else None
        if checked is None:
            checked = self._checked_anew(key, document, opened.path)
        self._open[key] = OpenDocument(
            snapshot._replace(version=version, document=document, checked=checked, content_hash=None),
            opened.path,
        )
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
        opening = self._checks.opening(document, path) if is_long(document) else None
        if opening is None:
            checked = self._checks.check(document, path, None)
            self._openings.drop(key)
            return checked
        beginning = self._checks.beginning(opening)
        self._openings.begin(key, opening)
        return beginning

    def recheck(self) -> list[str]:
        """Check all anew, as after a change of settings. Returns their keys."""
        for key, opened in self._open.items():
            checked = self._checked_anew(key, opened.snapshot.document, opened.path)
            self._open[key] = opened._replace(snapshot=opened.snapshot._replace(checked=checked))
        return list(self._open)

    def hashed(self, key: str, content_hash: str) -> None:
        """Keep the content hash of the document's present text."""
        opened = self._open[key]
        self._open[key] = opened._replace(snapshot=opened.snapshot._replace(content_hash=content_hash))

    def completed(self, key: str, checked: Checked) -> None:
        """Keep *checked*, which says more of the document's present text than what was kept."""
        opened = self._open[key]
        self._open[key] = opened._replace(snapshot=opened.snapshot._replace(checked=checked))

    def close(self, uri: str) -> OpenDocument | None:
        self._openings.drop(key_of(uri))
        return self._open.pop(key_of(uri), None)


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
