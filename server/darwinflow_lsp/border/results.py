"""What features found, in LSP's shapes."""

from collections.abc import Sequence
from typing import Any

from darwinflow.check.finding import ERROR, Finding
from darwinflow.document.lines import Edit
from darwinflow.document.problem import DOCUMENT_LIMIT
from darwinflow.model.span import Span
from darwinflow_lsp.border.places import Places
from darwinflow_lsp.features.code_action import Action, Explanation
from darwinflow_lsp.features.code_lens import Lens
from darwinflow_lsp.features.completion import Completion
from darwinflow_lsp.features.document_symbol import Symbol
from darwinflow_lsp.features.hover import Hover
from darwinflow_lsp.handshake import EXPLAIN, EXPLAIN_COMMAND, QUICK_FIX, Client
from darwinflow_lsp.markdown import plain
from darwinflow_lsp.messages import Encoded, encoded, notification
from darwinflow_lsp.snapshot import Snapshot

Json = dict[str, Any]

SOURCE = "darwinflow"
SEVERITIES = {"error": 1, "warning": 2, "hint": 4}
MAX_DIAGNOSTICS = 1000
SNIPPET = 2
PLAIN_TEXT = 1
EDITS_A_PIECE = 200


def publication(snapshot: Snapshot, places: Places, client: Client) -> bytes:
    """The notification with the diagnostics of *snapshot*."""
    findings = _shown(snapshot.checked.findings())
    diagnostics = [diagnostic(finding, snapshot.uri, places, client) for finding in findings]
    params: Json = {"uri": snapshot.uri, "diagnostics": diagnostics}
    if snapshot.version is not None:
        params["version"] = snapshot.version
    return notification("textDocument/publishDiagnostics", params)


def _shown(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The first, and where there are more, one that says so."""
    if len(findings) <= MAX_DIAGNOSTICS:
        return findings
    following = findings[MAX_DIAGNOSTICS]
    message = f"there are {len(findings)} findings; those from here on are not shown"
    return [*findings[:MAX_DIAGNOSTICS], Finding(DOCUMENT_LIMIT, ERROR, following.span, message)]


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


def symbols(found: tuple[Symbol, ...], uri: str, places: Places, client: Client) -> list[Json]:
    if client.symbol_tree:
        return [_symbol(each, places) for each in found]
    return list(_flat(found, "", uri, places))


def _symbol(each: Symbol, places: Places) -> Json:
    made: Json = {
        "name": each.name,
        "kind": each.kind,
        "range": places.range(each.span),
        "selectionRange": places.range(each.selection),
    }
    if each.detail:
        made["detail"] = each.detail
    if each.children:
        made["children"] = [_symbol(child, places) for child in each.children]
    return made


def _flat(found: tuple[Symbol, ...], container: str, uri: str, places: Places) -> list[Json]:
    flat: list[Json] = []
    for each in found:
        flat.append(
            {
                "name": each.name,
                "kind": each.kind,
                "location": {"uri": uri, "range": places.range(each.span)},
                "containerName": container,
            }
        )
        flat += _flat(each.children, each.name, uri, places)
    return flat


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


def code_actions(found: tuple[Action, ...], snapshot: Snapshot, places: Places, client: Client) -> list[Json]:
    return [
        {
            "title": each.title,
            "kind": QUICK_FIX,
            "isPreferred": each.preferred,
            "diagnostics": [diagnostic(each.finding, snapshot.uri, places, client)],
            "edit": {"changes": {snapshot.uri: text_edits(each.edits, places)}},
        }
        for each in found
    ]


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


def encoded_edits(edits: tuple[Edit, ...], places: Places) -> Encoded:
    """The same as JSON, made piece by piece: the encoder lets no other thread run before it is done."""
    pieces = [
        encoded(text_edits(edits[start : start + EDITS_A_PIECE], places))[1:-1]
        for start in range(0, len(edits), EDITS_A_PIECE)
    ]
    return Encoded(b"[%b]" % b",".join(pieces))
