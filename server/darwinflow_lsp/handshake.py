"""`initialize`: what the client can do, and the prepared answer to it.

The client's capabilities are kept as it sent them and looked at once, here; everything else asks a `Client`.
"""

from typing import Any, Literal, NamedTuple

from darwinflow_lsp.messages import Params, encoded

VERSION = "0.1.0"
Encoding = Literal["utf-8", "utf-16", "utf-32"]
ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")
DEFAULT_ENCODING: Encoding = "utf-16"
RUNS_COMMAND = "darwinflow.runs"
LOG_COMMAND = "darwinflow.log"
EXPLAIN_COMMAND = "darwinflow.explain"
QUICK_FIX = "quickfix"
EXPLAIN = "explain"
"""A kind of code action of our own: it edits nothing, so it is none of LSP's."""


class Client(NamedTuple):
    """What the editor at the other end can do and allows."""

    encoding: Encoding = DEFAULT_ENCODING
    trusted: bool = True
    """Whether the daemon may be asked. An untrusted workspace is checked in this process and nothing else."""
    snippets: bool = False
    markdown: bool = False
    related_places: bool = False
    code_actions: bool = False
    """Whether it takes code actions as such, not only as commands."""
    explains: bool = False
    """Whether it shows the page that the command `darwinflow.explain` answers with, and names it among its commands."""
    creates_files: bool = False
    """Whether it makes files that an answer asks for."""
    symbol_tree: bool = False
    refreshes_lenses: bool = False
    registers_watchers: bool = False
    folders: tuple[str, ...] = ()
    """URIs of its workspace folders."""


_CAPABILITIES: dict[str, Any] = {
    "textDocumentSync": {"openClose": True, "change": 2, "save": True},
    "hoverProvider": True,
    "completionProvider": {"triggerCharacters": [" ", "[", ","]},
    "definitionProvider": True,
    "referencesProvider": True,
    "documentSymbolProvider": True,
    "codeActionProvider": {"codeActionKinds": [QUICK_FIX, EXPLAIN]},
    "codeLensProvider": {"resolveProvider": False},
    "documentFormattingProvider": True,
    "documentRangeFormattingProvider": True,
    "executeCommandProvider": {"commands": [RUNS_COMMAND, LOG_COMMAND, EXPLAIN_COMMAND]},
    "workspace": {"workspaceFolders": {"supported": True, "changeNotifications": True}},
}


def client_of(params: Params) -> Client:
    """Every part that is missing or of another form counts as *cannot*."""
    text_document = _at(params, "capabilities", "textDocument")
    workspace = _at(params, "capabilities", "workspace")
    formats = _at(text_document, "hover", "contentFormat")
    commands = _at(params, "capabilities", "experimental", "commands", "commands")
    return Client(
        encoding=_encoding(_at(params, "capabilities", "general", "positionEncodings")),
        trusted=_at(params, "initializationOptions", "trusted") is not False,
        snippets=_at(text_document, "completion", "completionItem", "snippetSupport") is True,
        markdown=isinstance(formats, list) and "markdown" in formats,
        related_places=_at(text_document, "publishDiagnostics", "relatedInformation") is True,
        code_actions=isinstance(_at(text_document, "codeAction", "codeActionLiteralSupport"), dict),
        explains=isinstance(commands, list) and EXPLAIN_COMMAND in commands,
        creates_files=_creates_files(_at(workspace, "workspaceEdit")),
        symbol_tree=_at(text_document, "documentSymbol", "hierarchicalDocumentSymbolSupport") is True,
        refreshes_lenses=_at(workspace, "codeLens", "refreshSupport") is True,
        registers_watchers=_at(workspace, "didChangeWatchedFiles", "dynamicRegistration") is True,
        folders=_folders(params),
    )


def initialize_result(client: Client) -> bytes:
    """JSON, ready to be put into the reply."""
    return _PREPARED[client.encoding]


def _creates_files(workspace_edit: object) -> bool:
    operations = _at(workspace_edit, "resourceOperations")
    return (
        isinstance(operations, list)
        and "create" in operations
        and _at(workspace_edit, "documentChanges") is True
    )


def _encoding(offered: object) -> Encoding:
    """The client's first choice among those we know."""
    if isinstance(offered, list):
        for encoding in offered:
            if encoding in ENCODINGS:
                return ENCODINGS[ENCODINGS.index(encoding)]
    return DEFAULT_ENCODING


def _folders(params: Params) -> tuple[str, ...]:
    listed = params.get("workspaceFolders")
    uris = [_at(folder, "uri") for folder in listed] if isinstance(listed, list) else [params.get("rootUri")]
    return tuple(uri for uri in uris if isinstance(uri, str))


def _at(value: object, *path: str) -> Any:
    for key in path:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


_PREPARED = {
    encoding: encoded(
        {
            "capabilities": {"positionEncoding": encoding, **_CAPABILITIES},
            "serverInfo": {"name": "darwinflow-lsp", "version": VERSION},
        }
    )
    for encoding in ENCODINGS
}
