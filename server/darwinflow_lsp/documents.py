"""The documents that are open, each as the client has it, and checked.

A document is told apart by the path it names, so that one file under two spellings of its URI is one document.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from darwinflow.check.engine import Checked
from darwinflow.document.document import Document
from darwinflow.document.positions import Encoding
from darwinflow_lsp.arriving import Arrival, Arrivals
from darwinflow_lsp.background import Background
from darwinflow_lsp.border.params import Change
from darwinflow_lsp.border.uris import key_of, path_of
from darwinflow_lsp.opening import Openings
from darwinflow_lsp.revising import Check, Edits, Revised, Reviser
from darwinflow_lsp.snapshot import Snapshot
from darwinflow_lsp.weight import LONG_FIRST_TEXT, LONG_HELD_S, LONG_TEXT, is_long, is_long_edit


class OpenDocument(NamedTuple):
    """An immutable state; `Documents` holds the newest."""

    snapshot: Snapshot
    path: str | None
    """None where the URI names no file, as of an unsaved buffer."""


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
        self._slow: set[str] = set()
        """Documents whose last edit took long."""
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
        self._arrivals.join(background)

    @property
    def has_arrivals(self) -> bool:
        """Whether something waits for that way, or is on it."""
        return bool(self._arrivals)

    def end(self) -> None:
        """Nothing more comes of what is under way: the session is over."""
        self._openings.end()
        self._arrivals.end()

    def open(self, uri: str, version: int | None, text: str) -> str:
        """Returns the document's key."""
        key, path = key_of(uri), path_of(uri)
        empty = Document.parse("")
        self._open[key] = OpenDocument(Snapshot(uri, version, empty, self._checks.nothing(empty)), path)
        self._arrivals.drop(key)
        work = partial(self._reviser(key).opened, text)
        if len(text) > (LONG_TEXT if self._arrivals.has_background else LONG_FIRST_TEXT):
            self._openings.drop(key)
            self._arrivals.begin(key, version, work)
        else:
            self._set(key, version, work())
        return key

    def change(self, uri: str, version: int | None, changes: list[Change], encoding: Encoding) -> str | None:
        """Apply *changes* in their order. Returns the key; None where the document is not open."""
        key = key_of(uri)
        opened = self._open.get(key)
        if opened is None:
            return None
        edits = Edits(version, changes, encoding)
        if key in self._arrivals:
            self._arrivals.add(key, edits)
            return key
        document, checked = opened.snapshot.document, opened.snapshot.checked
        basis = None if self.is_opening(key) or key in self._unchecked else checked
        work = partial(self._reviser(key).edited, document, basis, [edits])
        if self._goes_beside(key, document) or (self._arrivals.has_background and is_long_edit(changes)):
            self._openings.drop(key)
            self._arrivals.begin(key, version, work)
        else:
            self._set(key, version, work())
        return key

    def _goes_beside(self, key: str, document: Document) -> bool:
        """Whether what comes of an edit, which may be as much as the document, is worked out beside the loop."""
        return self._arrivals.has_background and (key in self._slow or is_long(document))

    def _on_arrival(self, key: str, arrival: Arrival, revised: Revised | None) -> None:
        if revised is None:
            del self._open[key]
        elif arrival.edits or arrival.is_outdated:
            version = arrival.edits[-1].version if arrival.edits else arrival.version
            basis = None if arrival.is_outdated else revised.basis
            work = partial(self._reviser(key).edited, revised.document, basis, arrival.edits)
            self._arrivals.begin(key, version, work)
            return
        else:
            self._set(key, arrival.version, revised)
        self._arrived(key)

    def _reviser(self, key: str) -> Reviser:
        return Reviser(self._checks, self._open[key].path)

    def _set(self, key: str, version: int | None, revised: Revised) -> None:
        """Keep *revised* as the newest state; what is left of its check is under way from here on."""
        opened = self._open[key]
        snapshot = opened.snapshot._replace(
            version=version, document=revised.document, checked=revised.checked, content_hash=None
        )
        self._open[key] = opened._replace(snapshot=snapshot)
        self._openings.drop(key)
        if revised.opening is not None:
            self._openings.begin(key, revised.opening)
        self._unchecked.discard(key)
        if revised.has_failed:
            self._unchecked.add(key)
        self._slow.discard(key)
        if revised.seconds > LONG_HELD_S:
            self._slow.add(key)

    def recheck(self) -> list[str]:
        """Check all anew, as after a change of settings. Returns the keys of those that have arrived."""
        self._arrivals.outdate()
        there = [(key, opened) for key, opened in self if key not in self._arrivals]
        for key, opened in there:
            snapshot = opened.snapshot
            work = partial(self._reviser(key).edited, snapshot.document, None, [])
            if self._goes_beside(key, snapshot.document):
                self._openings.drop(key)
                self._arrivals.begin(key, snapshot.version, work)
            else:
                self._set(key, snapshot.version, work())
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
        self._slow.discard(key)
        closed = self._open.pop(key, None)
        self._left_much |= closed is not None and is_long(closed.snapshot.document)
        return closed
