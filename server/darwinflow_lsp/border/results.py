"""What features found, in LSP's shapes."""

import json
import os
from collections.abc import Iterator
from typing import Any

from darwinflow.check.finding import Finding
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span
from darwinflow_lsp.border.places import Places
from darwinflow_lsp.border.uris import uri_of
from darwinflow_lsp.features.code_action import Action, Explanation
from darwinflow_lsp.features.code_lens import Lens
from darwinflow_lsp.features.completion import Completion
from darwinflow_lsp.features.hover import Hover
from darwinflow_lsp.handshake import EXPLAIN, EXPLAIN_COMMAND, QUICK_FIX, Client
from darwinflow_lsp.markdown import plain
from darwinflow_lsp.messages import notification
from darwinflow_lsp.snapshot import Snapshot

Json = dict[str, Any]

SOURCE = "darwinflow"
SEVERITIES = {"error": 1, "warning": 2, "hint": 4}
SNIPPET = 2
PLAIN_TEXT = 1
A_PIECE = 200
"""Of a long list, encoded at a time: the encoder lets no other thread run before it is done."""


def publication(snapshot: Snapshot, places: Places, client: Client) -> bytes:
    """The notification with the diagnostics of *snapshot*."""
    findings = snapshot.checked.findings()
    diagnostics = [diagnostic(finding, snapshot.uri, places, client) for finding in findings]
    params: Json = {"uri": snapshot.uri, "diagnostics": diagnostics}
    if snapshot.version is not None:
        params["version"] = snapshot.version
    return notification("textDocument/publishDiagnostics", params)


def diagnostic(finding: Finding, uri: str, places: Places, client: Client) -> Json:
    made: Json = {
        "range": places.range(finding.span),
        "severity": SEVERITIES[finding.severity],
        "code": finding.code,
        "source": SOURCE,
        "message": finding.message,
    }
    if finding.related and client.related_places:
        made["relatedInformation"] = [
            {"location": {"uri": uri, "range": places.range(other.span)}, "message": other.message}
            for other in finding.related
        ]
    if finding.fixes:
        made["data"] = {"fixes": [fix.title for fix in finding.fixes]}
    return made


def hover(said: Hover, places: Places, client: Client) -> Json:
    kind = "markdown" if client.markdown else "plaintext"
    value = said.markdown if client.markdown else plain(said.markdown)
    return {"contents": {"kind": kind, "value": value}, "range": places.range(said.span)}


def locations(spans: tuple[Span, ...], uri: str, places: Places) -> list[Json] | None:
    return [{"uri": uri, "range": places.range(span)} for span in spans] or None


def location_pieces(spans: tuple[Span, ...], uri: str, places: Places) -> Iterator[str]:
    """The same as JSON, made piece by piece."""
    if not spans:
        yield "null"
    for start in range(0, len(spans), A_PIECE):
        piece = json.dumps(locations(spans[start : start + A_PIECE], uri, places), ensure_ascii=False)
        yield f"{',' if start else '['}{piece[1:-1]}"
    if spans:
        yield "]"


def completions(found: tuple[Completion, ...], places: Places, client: Client) -> Json:
    return {"isIncomplete": False, "items": [_completion(each, places, client) for each in found]}


def _completion(each: Completion, places: Places, client: Client) -> Json:
    is_snippet = client.snippets and bool(each.snippet)
    made: Json = {
        "label": each.label,
        "kind": each.kind,
        "sortText": each.order,
        # Neovim takes a list whose items name their range for one that is filtered already, unless they have this.
        "filterText": each.label,
        "insertTextFormat": SNIPPET if is_snippet else PLAIN_TEXT,
        "textEdit": {
            "range": places.range(each.span),
            "newText": each.snippet if is_snippet else each.text,
        },
    }
    if each.detail:
        made["detail"] = each.detail
    if each.documentation:
        made["documentation"] = each.documentation
    return made


def lenses(found: tuple[Lens, ...], uri: str, places: Places) -> list[Json]:
    """Resolved: an editor that resolves lenses one by one would ask for each."""
    return [
        {
            "range": places.range(each.span),
            "command": {
                "title": each.title,
                "command": each.command,
                "arguments": [{"uri": uri} | dict(each.arguments)],
            },
        }
        for each in found
    ]


def code_actions(
    found: tuple[Action, ...], snapshot: Snapshot, places: Places, client: Client, folder: str
) -> list[Json]:
    """*folder*: of the workspace. What makes a file is left out for an editor that makes none."""
    return [
        {
            "title": each.title,
            "kind": QUICK_FIX,
            "isPreferred": each.preferred,
            "diagnostics": [diagnostic(each.finding, snapshot.uri, places, client)],
            "edit": _new_file(each, snapshot, folder)
            if each.into
            else {"changes": {snapshot.uri: text_edits(each.edits, places)}},
        }
        for each in found
        if not each.into or client.creates_files
    ]


def _new_file(action: Action, snapshot: Snapshot, folder: str) -> Json:
    """A workspace edit that makes the file of an action; one that is there is not written over."""
    from darwinflow.document.formatting.formatting import applied

    uri = uri_of(os.path.join(folder, action.into))
    start = {"line": 0, "character": 0}
    text = applied(snapshot.document.lines, tuple(sorted(action.edits)))
    return {
        "documentChanges": [
            {"kind": "create", "uri": uri},
            {
                "textDocument": {"uri": uri, "version": None},
                "edits": [{"range": {"start": start, "end": start}, "newText": text}],
            },
        ]
    }


def explanations(
    found: tuple[Explanation, ...], snapshot: Snapshot, places: Places, client: Client
) -> list[Json]:
    return [
        {
            "title": each.title,
            "kind": EXPLAIN,
            "diagnostics": [diagnostic(finding, snapshot.uri, places, client) for finding in each.findings],
            "command": {
                "title": each.title,
                "command": EXPLAIN_COMMAND,
                "arguments": [{"code": each.code}],
            },
        }
        for each in found
    ]


def text_edits(edits: tuple[Edit, ...], places: Places) -> list[Json]:
    return [{"range": places.range(edit.span), "newText": edit.text} for edit in edits]


def edit_pieces(edits: tuple[Edit, ...] | None, places: Places) -> Iterator[str]:
    """The same as JSON, made piece by piece; null for None."""
    if edits is None:
        yield "null"
        return
    yield "["
    for start in range(0, len(edits), A_PIECE):
        piece = json.dumps(text_edits(edits[start : start + A_PIECE], places), ensure_ascii=False)
        yield f"{',' if start else ''}{piece[1:-1]}"
    yield "]"
