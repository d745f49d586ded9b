"""The hot methods, on plain values: each reads its params, calls a pure function of a snapshot, converts the result.

They are served without pygls, because editors ask for them with every key or right after opening. The two tables
at the end are all there is.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from darwinflow.model.span import Span
from darwinflow_lsp.border import params as sent
from darwinflow_lsp.border import results
from darwinflow_lsp.border.symbols import symbols
from darwinflow_lsp.border.uris import key_of
from darwinflow_lsp.editor import Editor
from darwinflow_lsp.faults import report_fault
from darwinflow_lsp.features.code_action import code_actions, explanations
from darwinflow_lsp.features.code_lens import code_lenses
from darwinflow_lsp.features.completion import completions
from darwinflow_lsp.features.definition import definition
from darwinflow_lsp.features.document_symbol import document_symbols
from darwinflow_lsp.features.hover import hover
from darwinflow_lsp.features.references import references
from darwinflow_lsp.handshake import EXPLAIN, QUICK_FIX
from darwinflow_lsp.long_answers import Work, joined
from darwinflow_lsp.messages import Params
from darwinflow_lsp.snapshot import Snapshot
from darwinflow_lsp.weight import is_long


class HotMethods:
    """The tables, for one editor."""

    def __init__(self, editor: Editor) -> None:
        self._editor = editor

    def request(self, method: str) -> Callable[[Params], object] | None:
        call = REQUESTS.get(method)
        return None if call is None else lambda params: call(self._editor, params)

    def notification(self, method: str) -> Callable[[Params], None] | None:
        call = NOTIFICATIONS.get(method)
        return None if call is None else lambda params: call(self._editor, params)

    def awaited_by(self, params: object) -> str | None:
        """The key of the document that a request names, if it is being opened."""
        if not self._editor.documents.has_openings:
            return None
        uri = sent.named_uri(params)
        key = None if uri is None else key_of(uri)
        return None if key is None or not self._editor.documents.is_opening(key) else key

    def settle(self) -> None:
        try:
            self._editor.publish_due()
        except Exception:  # noqa: BLE001 - the border: one document's findings fail, the editor goes on
            report_fault("the publication of findings")


def on_open(editor: Editor, params: Params) -> None:
    editor.open(sent.uri_in(params), sent.version_in(params), sent.text_in(params))


def on_change(editor: Editor, params: Params) -> None:
    editor.change(sent.uri_in(params), sent.version_in(params), sent.changes_in(params))


def on_save(editor: Editor, params: Params) -> None:
    editor.saved(sent.uri_in(params))


def on_close(editor: Editor, params: Params) -> None:
    editor.close(sent.uri_in(params))


def on_hover(editor: Editor, params: Params) -> object:
    found = _placed(editor, params)
    if found is None:
        return None
    snapshot, line, column = found
    said = hover(snapshot, line, column, _now())
    return None if said is None else results.hover(said, editor.places(snapshot), editor.client)


def on_completion(editor: Editor, params: Params) -> object:
    found = _placed(editor, params)
    if found is None:
        return None
    snapshot, line, column = found
    return results.completions(completions(snapshot, line, column), editor.places(snapshot), editor.client)


def on_definition(editor: Editor, params: Params) -> object:
    found = _placed(editor, params)
    if found is None:
        return None
    snapshot, line, column = found
    return results.locations(definition(snapshot, line, column), snapshot.uri, editor.places(snapshot))


def on_references(editor: Editor, params: Params) -> object:
    found = _placed(editor, params)
    if found is None:
        return None
    snapshot, line, column = found
    with_declaration = sent.includes_declaration(params)

    def pieces() -> Iterator[str]:
        spans = references(snapshot, line, column, declaration=with_declaration)
        yield from results.location_pieces(spans, snapshot.uri, editor.places(snapshot))

    # The first to ask after an edit of an edge has all edges looked through.
    return _taking_long(snapshot, pieces())


def on_document_symbol(editor: Editor, params: Params) -> object:
    snapshot = editor.snapshot(sent.uri_in(params))
    if snapshot is None:
        return None
    places = editor.places(snapshot)
    pieces = symbols(document_symbols(snapshot), snapshot.uri, places, editor.client)
    return _taking_long(snapshot, pieces)


def on_formatting(editor: Editor, params: Params) -> object:
    snapshot = editor.snapshot(sent.uri_in(params))
    return None if snapshot is None else _formatting(editor, snapshot, None)


def on_range_formatting(editor: Editor, params: Params) -> object:
    snapshot = editor.snapshot(sent.uri_in(params))
    start, end = sent.range_in(params)
    if snapshot is None:
        return None
    return _formatting(editor, snapshot, editor.places(snapshot).span(min(start, end), max(start, end)))


def _formatting(editor: Editor, snapshot: Snapshot, within: Span | None) -> Work | None:
    """None for a published version, which never changes."""
    if editor.is_published(snapshot):
        return None

    def pieces() -> Iterator[str]:
        from darwinflow_lsp.features.formatting import format_edits  # here: no diagnostics need it

        yield from results.edit_pieces(format_edits(snapshot, within), editor.places(snapshot))

    return Work(key_of(snapshot.uri), pieces())


def on_code_action(editor: Editor, params: Params) -> object:
    snapshot = editor.snapshot(sent.uri_in(params))
    start, end = sent.range_in(params)
    wants_fixes, wants_pages = sent.wants_actions(params, QUICK_FIX), sent.wants_actions(params, EXPLAIN)
    client = editor.client
    if snapshot is None or not client.code_actions or not (wants_fixes or wants_pages):
        return None
    places = editor.places(snapshot)
    span = places.span(start, end)
    found = (
        results.code_actions(
            code_actions(snapshot, span, editor.check_of(snapshot)),
            snapshot,
            places,
            client,
            editor.workspace_folder(snapshot.uri),
        )
        if wants_fixes
        else []
    )
    if wants_pages and client.explains:
        found += results.explanations(explanations(snapshot, span), snapshot, places, client)
    return found


def on_code_lens(editor: Editor, params: Params) -> object:
    snapshot = editor.snapshot(sent.uri_in(params))
    if snapshot is None:
        return None
    return results.lenses(code_lenses(snapshot, _now()), snapshot.uri, editor.places(snapshot))


def _taking_long(snapshot: Snapshot, pieces: Iterator[str]) -> object:
    """An answer for which all of the document is looked through: beside the loop where that is long."""
    return Work(key_of(snapshot.uri), pieces) if is_long(snapshot.document) else joined(pieces)


def _placed(editor: Editor, params: Params) -> tuple[Snapshot, int, int] | None:
    """The document and our position in it that *params* name; None where it is not open."""
    snapshot = editor.snapshot(sent.uri_in(params))
    position = sent.position_in(params)
    return None if snapshot is None else (snapshot, *editor.places(snapshot).ours(position))


def _now() -> datetime:
    """In the zone of the machine, which is the reader's."""
    return datetime.now().astimezone()


REQUESTS: dict[str, Callable[[Editor, Params], object]] = {
    "textDocument/hover": on_hover,
    "textDocument/completion": on_completion,
    "textDocument/definition": on_definition,
    "textDocument/references": on_references,
    "textDocument/documentSymbol": on_document_symbol,
    "textDocument/codeAction": on_code_action,
    "textDocument/codeLens": on_code_lens,
    "textDocument/formatting": on_formatting,
    "textDocument/rangeFormatting": on_range_formatting,
}

NOTIFICATIONS: dict[str, Callable[[Editor, Params], Any]] = {
    "textDocument/didOpen": on_open,
    "textDocument/didChange": on_change,
    "textDocument/didSave": on_save,
    "textDocument/didClose": on_close,
}
