"""Errors of the library as error objects of JSON-RPC, and back. No pydantic: both sides use it."""

import json
from collections.abc import Iterator, Mapping

from darwinflow.model.errors import DaemonFault, DarwinFlowError, MethodUnknown, RequestMalformed
from darwinflow.rpc.protocol import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
)

ErrorObject = Mapping[str, object]


def error_object(error: DarwinFlowError) -> ErrorObject:
    """*error* as it crosses the socket; what to do about it travels in `data.hint`."""
    data: dict[str, object] = dict(error.facts)
    if error.advice:
        data["hint"] = error.advice
    return {"code": error.code, "message": str(error), **({"data": data} if data else {})}


def error_reply(request_id: object, error: ErrorObject) -> bytes:
    """The body of an error reply. *request_id* is None where it could not be read."""
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "error": error}, separators=(",", ":")).encode(
        "ascii"
    )


def error_of(wire: object) -> DarwinFlowError:
    """The error that a reply's error object stands for: of the class with its code, if this version knows it."""
    if not isinstance(wire, Mapping):
        return DaemonFault("the daemon answered with an error that cannot be read")
    code, message = wire.get("code"), str(wire.get("message"))
    data = wire.get("data")
    facts = dict(data) if isinstance(data, Mapping) else {}
    hint = facts.pop("hint", None)
    known = _BY_CODE.get(code) if isinstance(code, int) else None
    error = (known or DarwinFlowError)(message, hint=hint if isinstance(hint, str) else None)
    error.facts = {str(name): value for name, value in facts.items() if isinstance(value, (str, int))}
    return error


def _leaves(kind: type[DarwinFlowError]) -> Iterator[type[DarwinFlowError]]:
    for below in kind.__subclasses__():
        if below.__subclasses__():
            yield from _leaves(below)
        else:
            yield below


def known_errors() -> dict[int, type[DarwinFlowError]]:
    """Those of `model.errors` that are raised, by code."""
    return {
        kind.code: kind for kind in _leaves(DarwinFlowError) if kind.__module__ == DarwinFlowError.__module__
    }


_BY_CODE: dict[int, type[DarwinFlowError]] = {
    **known_errors(),
    PARSE_ERROR: RequestMalformed,
    INVALID_REQUEST: RequestMalformed,
    INVALID_PARAMS: RequestMalformed,
    METHOD_NOT_FOUND: MethodUnknown,
    INTERNAL_ERROR: DaemonFault,
}
