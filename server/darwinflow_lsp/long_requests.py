"""Requests that take too long for the loop. An answer to a text that has changed meanwhile is no answer any more."""

import os
from collections.abc import Callable

from darwinflow.check.drafts import is_stored
from darwinflow_lsp.aside import Aside
from darwinflow_lsp.border import results
from darwinflow_lsp.editor import Editor
from darwinflow_lsp.features.formatting import format_edits
from darwinflow_lsp.messages import CONTENT_MODIFIED, Encoded, Rejected
from darwinflow_lsp.snapshot import Snapshot

Ends = tuple[tuple[int, int], tuple[int, int]]
"""Of a range, in the client's units."""


class LongRequests:
    def __init__(self, editor: Editor) -> None:
        self._editor = editor
        self._aside = Aside()

    async def formatting(self, uri: str, ends: Ends | None = None) -> Encoded | None:
        """The edits of an open document, or of some of its lines; None where it is left as it is.

        Raises `Rejected` with LSP's *content modified*.
        """
        asked = self._editor.snapshot(uri)
        if asked is None or self._is_published(asked):
            return None
        places = self._editor.places(asked)
        within = None if ends is None else places.span(min(ends), max(ends))

        def work() -> Encoded | None:
            edits = format_edits(asked, within)
            return None if edits is None else results.encoded_edits(edits, places)

        def begin() -> Callable[[], Encoded | None]:
            self._refuse_changed(asked)
            return work

        made = await self._aside(begin)
        self._refuse_changed(asked)
        return made

    def _is_published(self, snapshot: Snapshot) -> bool:
        """A published version never changes."""
        path, settings = self._editor.path_in_workspace(snapshot.uri), snapshot.checked.settings
        return path is not None and settings is not None and is_stored(path.replace(os.sep, "/"), settings)

    def _refuse_changed(self, asked: Snapshot) -> None:
        now = self._editor.snapshot(asked.uri)
        if now is None or now.document is not asked.document:
            raise Rejected(CONTENT_MODIFIED, "the document has changed meanwhile")
