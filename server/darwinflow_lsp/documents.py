"""The documents that are open, each as the client has it, and checked.

A document is told apart by the path it names, so that one file under two spellings of its URI is one document.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from darwinflow.check.engine import Checked
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.positions import Encoding
from darwinflow_lsp.border.params import Change
from darwinflow_lsp.border.places import Places
from darwinflow_lsp.border.uris import key_of, path_of
from darwinflow_lsp.faults import report_fault
from darwinflow_lsp.snapshot import Snapshot

Check = Callable[[Document, str | None, Checked | None], Checked]
"""Checks a document of a path (None: no file), with the check before its last edit where there is one."""
Foretell = Callable[[str, int | None, Document, str | None], None]
"""Tells what can be said at once of a long document (URI, version, text, path) that is about to be checked."""
LONG_LINES = 2_000
MAX_CHECKED_CHANGES = 8
"""A message of more changes than this is checked once, at its end, and not incrementally."""


class OpenDocument(NamedTuple):
    """An immutable state; `Documents` holds the newest."""

    snapshot: Snapshot
    path: str | None
    """None where the URI names no file, as of an unsaved buffer."""


class Documents:
    def __init__(self, check: Check, foretell: Foretell | None = None) -> None:
        self._check = check
        self._foretell = foretell
        self._open: dict[str, OpenDocument] = {}

    def __iter__(self) -> Iterator[tuple[str, OpenDocument]]:
        """Keys with documents."""
        return iter(list(self._open.items()))

    def get(self, key: str) -> OpenDocument | None:
        return self._open.get(key)

    def open(self, uri: str, version: int | None, text: str) -> str:
        """Returns the document's key."""
        key, path = key_of(uri), path_of(uri)
        document = Document.parse(text)
        if self._foretell is not None and len(document.lines) > LONG_LINES:
            self._foretell(uri, version, document, path)
        snapshot = Snapshot(uri, version, document, self._check(document, path, None))
        self._open[key] = OpenDocument(snapshot, path)
        return key

    def change(self, uri: str, version: int | None, changes: list[Change], encoding: Encoding) -> str | None:
        """Apply *changes* in their order. Returns the key; None where the document is not open."""
        key = key_of(uri)
        opened = self._open.get(key)
        if opened is None:
            return None
        snapshot = opened.snapshot
        document, checked = snapshot.document, snapshot.checked
        step_by_step = len(changes) <= MAX_CHECKED_CHANGES
        for change in changes:
            document, is_edit = _changed(document, change, encoding)
            if step_by_step:
                checked = self._rechecked(document, opened.path, checked if is_edit else None)
        if not step_by_step:
            checked = self._check(document, opened.path, None)
        self._open[key] = OpenDocument(
            snapshot._replace(version=version, document=document, checked=checked, content_hash=None),
            opened.path,
        )
        return key

    def _rechecked(self, document: Document, path: str | None, previous: Checked | None) -> Checked:
        try:
            return self._check(document, path, previous)
        except Exception:
            if previous is None:
                raise
            report_fault("an incremental check")
            return self._check(document, path, None)

    def recheck(self) -> list[str]:
        """Check all anew, as after a change of settings. Returns their keys."""
        for key, opened in self._open.items():
            checked = self._check(opened.snapshot.document, opened.path, None)
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
