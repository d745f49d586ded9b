"""What pygls answers: commands, registrations, watched files, and every method we have no word for.

Imported in a thread after the first diagnostics: it costs half a second of processor time. The subclass of its
protocol replaces what would answer wrongly, twice or not at all; bytes and documents are never its business.
"""

import asyncio
import json
from concurrent.futures import Future
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, json_rpc, lsp_method

from darwinflow.model.errors import DarwinFlowError
from darwinflow_lsp import messages
from darwinflow_lsp.commands import COMMANDS
from darwinflow_lsp.conversation import Conversation
from darwinflow_lsp.editor import Editor
from darwinflow_lsp.faults import report_fault, report_note
from darwinflow_lsp.handshake import VERSION
from darwinflow_lsp.messages import Encoded, Id, Rejected

WATCHED_GLOBS = ("**/.darwinflow.yaml", "**/graph-types/*.{yaml,yml}")
"""Files that decide over others: settings, and graph types where they lie by default."""


class BackingProtocol(LanguageServerProtocol):
    """pygls behind our transport, with one answer to each request, and none that shows our insides."""

    conversation: Conversation
    editor: Editor

    def accept(self, message: dict[str, Any]) -> None:
        """Take one message that the hot table does not know."""
        method = message.get("method")
        if method is not None and method not in self.fm.features and method not in self.fm.builtin_features:
            if "id" in message:
                self.conversation.refuse(
                    message["id"],
                    messages.METHOD_NOT_FOUND,
                    f"no method is called {messages.shown(method)}",
                )
            return
        try:
            structured = self.structure_message(message)
        except JsonRpcException:
            if "id" in message and method is not None:
                self.conversation.refuse(message["id"], messages.INVALID_PARAMS, f"{method}: wrong params")
            else:
                report_note(f"{method or 'an answer'}: not of the form that LSP gives it")
            return
        self.handle_message(structured)

    def cancel(self, id_: Id) -> None:
        self._handle_cancel_notification(id_)

    def structure_message(self, data: dict[str, Any]) -> Any:
        """As pygls has it, without a traceback in the log: what is of another form is the client's fault."""
        kind: Any
        if "method" in data:
            other = json_rpc.JsonRPCRequestMessage if "id" in data else json_rpc.JsonRPCNotification
            kind = self.get_message_type(data["method"]) or other
        elif "error" in data:
            kind = types.ResponseErrorMessage
        else:
            kind = self._result_types.pop(data["id"], None) or json_rpc.JsonRPCResponseMessage
        try:
            return self._converter.structure(data, kind)
        except Exception as exc:  # cattrs lets through whatever a value raises
            raise JsonRpcInvalidParams from exc

    def _send_data(self, data: Any) -> None:
        body = json.dumps(data, default=self._serialize_message, ensure_ascii=False)
        self.conversation.send_encoded(body.encode("utf-8", "replace"))

    def _send_response(
        self, msg_id: Id, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        if error is not None:
            self.conversation.refuse(msg_id, error.code, error.message)
        else:
            is_encoded = isinstance(result, Encoded)
            self.conversation.answer(msg_id, result if is_encoded else self._converter.unstructure(result))

    def _send_handler_result(self, future: Future[Any], *, msg_id: Id) -> None:
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            self.conversation.refuse(msg_id, messages.CANCELLED, "cancelled")
            return
        fault = future.exception()
        if fault is None:
            self._send_response(msg_id, future.result())
        elif isinstance(fault, JsonRpcException):
            self.conversation.refuse(msg_id, fault.code, fault.message)
        elif isinstance(fault, Rejected):
            self.conversation.refuse(msg_id, fault.code, str(fault))
        elif isinstance(fault, DarwinFlowError):
            advice = f"; try: {fault.advice}" if fault.advice else ""
            self.conversation.refuse(msg_id, fault.code, f"{fault}{advice}")
        else:
            report_fault("a request", fault)
            self.conversation.refuse(msg_id, messages.INTERNAL_ERROR, messages.FAULT)

    def _handle_response(
        self, msg_id: Id, result: Any = None, error: types.ResponseError | None = None
    ) -> None:
        # A future that was cancelled meanwhile takes no result, and pygls would raise.
        future = self._request_futures.get(msg_id)
        if future is not None and future.cancelled():
            del self._request_futures[msg_id]
            return
        super()._handle_response(msg_id, result, error)

    @lsp_method(types.WORKSPACE_EXECUTE_COMMAND)
    async def lsp_workspace__execute_command(  # type: ignore[override]  # pygls takes any kind of handler
        self, params: types.ExecuteCommandParams
    ) -> Any:
        """Runs as a task, so that cancelling stops the command itself and not only its answer."""
        command = COMMANDS.get(params.command)
        if command is None:
            raise JsonRpcInvalidParams(f"no command is called {messages.shown(params.command)}")
        try:
            return await command(self.editor, list(params.arguments or ()))
        except SystemExit as exc:
            raise RuntimeError("a command wanted to end the server") from exc

    @lsp_method(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def lsp_workspace__did_change_workspace_folders(
        self, params: types.DidChangeWorkspaceFoldersParams
    ) -> None:
        """A file's workspace is found by its own place; the editor's folders play no part in it."""


def open_backing(conversation: Conversation, editor: Editor) -> BackingProtocol:
    """Called in a thread: touches nothing that the loop's thread uses."""
    server = LanguageServer("darwinflow-lsp", VERSION, protocol_cls=BackingProtocol)
    protocol = server.protocol
    assert isinstance(protocol, BackingProtocol)
    protocol.conversation = conversation
    protocol.editor = editor

    @server.feature(types.INITIALIZED)
    async def register(ls: LanguageServer, _params: types.InitializedParams) -> None:
        if conversation.client.registers_watchers:
            await _watch_settings(ls)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def files_changed(_params: types.DidChangeWatchedFilesParams) -> None:
        editor.settings_changed()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configuration_changed(_params: types.DidChangeConfigurationParams) -> None:
        """Nothing is configured in the editor so far; known, so that the client's notification is no fault."""

    return protocol


async def _watch_settings(ls: LanguageServer) -> None:
    watchers = [types.FileSystemWatcher(glob_pattern=glob) for glob in WATCHED_GLOBS]
    registration = types.Registration(
        id="darwinflow-settings",
        method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
        register_options=types.DidChangeWatchedFilesRegistrationOptions(watchers=watchers),
    )
    try:
        await ls.client_register_capability_async(types.RegistrationParams(registrations=[registration]))
    except (JsonRpcException, asyncio.CancelledError):
        # The client said it would and does not: settings are then read again when a file is opened or saved.
        return
