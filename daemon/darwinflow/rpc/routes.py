"""From a message's bytes to a request whose parameters are checked, or to the refusal that answers it."""

import inspect
import json
import re
from typing import Any, Literal, NamedTuple, NoReturn, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.protocol import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR
from darwinflow.rpc.session import Session
from darwinflow.rpc.wire.base import Wire

MAX_ID_CHARACTERS = 200
_MOST_FAULTS = 10
_LARGEST_ID = 1 << 53
_METHOD = re.compile(rb'"method"\s*:\s*"([a-z]+(?:/[a-z]+)?)"')
_METHOD_WITHIN = 400
"""Bytes from the start in which a client's method name is expected. Elsewhere it takes the long way."""

RequestId = int | str


class Refusal(Exception):
    """A message that is answered with an error of JSON-RPC's own."""

    def __init__(self, request_id: RequestId | None, code: int, message: str, data: object = None) -> None:
        super().__init__(message)
        self.request_id = request_id
        self.error: dict[str, object] = {"code": code, "message": message}
        if data is not None:
            self.error["data"] = data


class Route:
    """One method, with its models ready."""

    __slots__ = ("call", "decode", "name", "needs_session", "params", "place", "whole")

    def __init__(self, name: str, method: Method) -> None:
        subject, params, _ = signature_of(method)
        self.name = name
        self.call = method.call
        self.decode = method.decode
        self.place: Place = method.place
        self.needs_session = subject is Session
        self.params = params
        absent: Any = ... if any(field.is_required() for field in params.model_fields.values()) else params()
        fields: dict[str, Any] = {
            "jsonrpc": (Literal["2.0"], ...),
            "id": (int | str, ...),
            "method": (Literal[name], ...),
            "params": (params, absent),
        }
        self.whole: type[BaseModel] = create_model(
            f"Request[{name}]",
            __config__=ConfigDict(extra="forbid", hide_input_in_errors=True, allow_inf_nan=False),
            **fields,
        )
        """The message as it usually comes: checked and decoded in one pass over its bytes."""


class Request(NamedTuple):
    id: RequestId
    route: Route
    params: Wire


def signature_of(method: Method) -> tuple[type, type[Wire], type[Wire]]:
    """What *method* is a method of, its parameters' model and its result's."""
    hints = get_type_hints(method.call)
    subject, params = (hints[name] for name in inspect.signature(method.call).parameters)
    result = hints["return"]
    return subject, params, get_args(result)[0] if get_origin(result) else result


class Routes:
    """The table with its models, each built when it is first asked for."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._routes: dict[str, Route] = {}

    def request_in(self, body: bytes) -> Request | None:
        """The request that *body* holds; None for what is not answered (notifications, replies). Raises `Refusal`."""
        found = _METHOD.search(body, 0, _METHOD_WITHIN)
        route = None if found is None else self._route(found[1].decode("ascii"))
        if route is not None:
            known = None if route.decode is None else route.decode(body)
            if known is not None and _is_id(known[0]):
                return Request(known[0], route, known[1])
            if b"NaN" not in body and b"Infinity" not in body:
                try:
                    whole: Any = route.whole.model_validate_json(body, strict=True)
                except ValidationError:
                    return self._request_at_length(body)
                if _is_id(whole.id):
                    return Request(whole.id, route, whole.params)
        return self._request_at_length(body)

    def _route(self, name: str) -> Route | None:
        route = self._routes.get(name)
        if route is None and name in self._table:
            route = self._routes[name] = Route(name, self._table[name])
        return route

    def _request_at_length(self, body: bytes) -> Request | None:
        """As `request_in`, saying what exactly is wrong."""
        raw = _decoded(body)
        if isinstance(raw, list):
            raise Refusal(None, INVALID_REQUEST, "batches are not taken: send the requests one by one")
        if not isinstance(raw, dict):
            raise Refusal(None, INVALID_REQUEST, "a message is a JSON object")
        request_id = raw.get("id")
        method = raw.get("method")
        if method is None and "id" in raw and ("result" in raw or "error" in raw):
            return None
        if "id" in raw and not _is_id(request_id):
            raise Refusal(None, INVALID_REQUEST, "an id is an integer or a text of up to 200 characters")
        if raw.get("jsonrpc") != "2.0" or not isinstance(method, str):
            raise Refusal(request_id, INVALID_REQUEST, 'a request has "jsonrpc": "2.0" and a method')
        if "id" not in raw:
            return None
        assert isinstance(request_id, (int, str))
        route = self._route(method)
        if route is None:
            raise Refusal(request_id, METHOD_NOT_FOUND, f"there is no method '{method[:100]}'")
        params = raw.get("params", {})
        if not isinstance(params, dict):
            raise Refusal(request_id, INVALID_PARAMS, f"{method}: parameters are a JSON object")
        return Request(request_id, route, _checked(route, request_id, params))


def _decoded(body: bytes) -> object:
    try:
        text = body.decode()
        raw: object = json.loads(text, parse_constant=_refuse_constant)
        if "\\ud" in text.lower():
            json.dumps(raw, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Refusal(None, PARSE_ERROR, "the message holds half a surrogate pair") from None
    except UnicodeDecodeError:
        raise Refusal(None, PARSE_ERROR, "the message is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Refusal(None, PARSE_ERROR, f"the message is no JSON: {error.msg} at {error.pos}") from None
    except RecursionError:
        raise Refusal(None, PARSE_ERROR, "the message is nested too deeply") from None
    except ValueError as error:
        raise Refusal(None, PARSE_ERROR, f"the message is no JSON: {error}") from None
    return raw


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _is_id(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= MAX_ID_CHARACTERS
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_ID


def _checked(route: Route, request_id: RequestId, params: dict[str, Any]) -> Wire:
    try:
        return route.params.model_validate_json(json.dumps(params), strict=True)
    except ValidationError as error:
        # Without the input: it may hold secrets, and the client has it anyway.
        faults = [
            {"at": ".".join(map(str, fault["loc"]))[:200], "message": fault["msg"][:300]}
            for fault in error.errors(include_input=False, include_url=False, include_context=False)
        ]
        first = faults[0]
        where = f"'{first['at']}': " if first["at"] else ""
        raise Refusal(
            request_id,
            INVALID_PARAMS,
            f"{route.name}: {where}{first['message']}",
            {"faults": faults[:_MOST_FAULTS]},
        ) from None
