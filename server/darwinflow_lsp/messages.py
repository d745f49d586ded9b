"""JSON-RPC messages as plain dicts: decoding what a client sent, and the bytes of what it is sent.

What a message's params mean is not known here.
"""

import json
import math
from typing import Any, TypeGuard

from darwinflow_lsp.unreadable import request_id

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
CANCELLED = -32800
CONTENT_MODIFIED = -32801

WARNING = 2
"""A `MessageType`."""

FAULT = "a fault of the server; its log has more"
MAX_DIGITS = 4000
"""Of an integer."""
MAX_SHOWN = 60

Id = int | str
Params = dict[str, Any]
"""What a client sent: nothing about it is certain until it has been looked at."""


class Encoded(bytes):
    """A result as JSON already: what is long is encoded beside the loop."""


class Rejected(Exception):
    """A message that gets an error as its answer; *code* is JSON-RPC's or LSP's."""

    def __init__(self, code: int, message: str, id_: Id | None = None) -> None:
        """*id_*: of the request, where only that could be read of it."""
        super().__init__(message)
        self.code = code
        self.id = id_


def invalid_params(message: str) -> Rejected:
    return Rejected(INVALID_PARAMS, message)


def decoded(body: bytes) -> dict[str, Any]:
    """The message in *body*. Raises `Rejected` where it is none that JSON-RPC knows.

    A message that names no protocol version is let through: what to answer depends on whether it has an id.
    """
    try:
        message = _json(body)
    except RecursionError:
        raise Rejected(PARSE_ERROR, "the message is nested too deeply", request_id(body)) from None
    except ValueError:
        raise Rejected(PARSE_ERROR, "the message is no JSON", request_id(body)) from None
    if isinstance(message, list):
        raise Rejected(INVALID_REQUEST, "messages are sent one by one, not in batches")
    if not isinstance(message, dict):
        raise Rejected(INVALID_REQUEST, "a message is an object")
    return message


def _json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise
    except ValueError:
        # A number is too long for an integer. Every other one costs a call this way, so it is not the first try.
        return json.loads(body, parse_constant=_refuse_constant, parse_int=_integer)


def params_of(message: dict[str, Any]) -> Params:
    """LSP's methods take objects; absent and null are an empty one."""
    params = message.get("params")
    if params is None:
        return {}
    if not isinstance(params, dict):
        raise invalid_params("params are an object")
    return params


def is_id(value: object) -> TypeGuard[Id]:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def reply(id_: Id, result: object) -> bytes:
    made = result if isinstance(result, Encoded) else encoded(result)
    return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (_exactly(id_), made)


def error_reply(id_: Id | None, code: int, message: str) -> bytes:
    """Without `data`: what went wrong inside is nobody's business but the log's."""
    error = encoded({"code": code, "message": message})
    return b'{"jsonrpc":"2.0","id":%b,"error":%b}' % (_exactly(id_), error)


def notification(method: str, params: object) -> bytes:
    return encoded({"jsonrpc": "2.0", "method": method, "params": params})


def request(id_: Id, method: str, params: object) -> bytes:
    return encoded({"jsonrpc": "2.0", "id": id_, "method": method, "params": params})


def shown(text: str) -> str:
    """*text* in quotes, cut where somebody has sent very much of it."""
    return repr(text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…")


def _exactly(id_: Id | None) -> bytes:
    """In ASCII, so that a client finds its own id again even where that is no text that UTF-8 can hold."""
    return json.dumps(id_).encode()


def _refuse_constant(name: str) -> None:
    raise json.JSONDecodeError(f"{name} is no JSON", name, 0)


def _integer(digits: str) -> int | float:
    """As other languages read it: what is beyond every integer is infinite, and so no line, version or id."""
    return int(digits) if len(digits) <= MAX_DIGITS else math.inf
