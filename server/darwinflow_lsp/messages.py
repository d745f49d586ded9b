"""JSON-RPC messages as plain dicts: decoding what a client sent, and the bytes of what it is sent.

What a message's params mean is not known here.
"""

import json
from typing import Any

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
CANCELLED = -32800
CONTENT_MODIFIED = -32801

Id = int | str
Params = dict[str, Any]
"""What a client sent: nothing about it is certain until it has been looked at."""


class Encoded(bytes):
    """A result as JSON already: what is long is encoded beside the loop."""


class Rejected(Exception):
    """A message that gets an error as its answer; *code* is JSON-RPC's or LSP's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def invalid_params(message: str) -> Rejected:
    return Rejected(INVALID_PARAMS, message)


def decoded(body: bytes) -> dict[str, Any]:
    """The message in *body*. Raises `Rejected` where it is none that JSON-RPC knows.

    A message that names no protocol version is let through: what to answer depends on whether it has an id.
    """
    try:
        message = json.loads(body, parse_constant=_refuse_constant)
    except RecursionError:
        raise Rejected(PARSE_ERROR, "the message is nested too deeply") from None
    except ValueError:
        raise Rejected(PARSE_ERROR, "the message is no JSON") from None
    if isinstance(message, list):
        raise Rejected(INVALID_REQUEST, "messages are sent one by one, not in batches")
    if not isinstance(message, dict):
        raise Rejected(INVALID_REQUEST, "a message is an object")
    return message


def is_id(value: object) -> bool:
    return isinstance(value, (int, str)) and not isinstance(value, bool)


def encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def reply(id_: Id, result: object) -> bytes:
    if isinstance(result, Encoded):
        return b'{"jsonrpc":"2.0","id":%b,"result":%b}' % (encoded(id_), result)
    return encoded({"jsonrpc": "2.0", "id": id_, "result": result})


def error_reply(id_: Id | None, code: int, message: str) -> bytes:
    """Without `data`: what went wrong inside is nobody's business but the log's."""
    return encoded({"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": message}})


def notification(method: str, params: object) -> bytes:
    return encoded({"jsonrpc": "2.0", "method": method, "params": params})


def request(id_: Id, method: str, params: object) -> bytes:
    return encoded({"jsonrpc": "2.0", "id": id_, "method": method, "params": params})


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
