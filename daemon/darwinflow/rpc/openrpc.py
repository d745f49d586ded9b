"""The description of the protocol, made from the method table: `python -m darwinflow.rpc.openrpc` prints it.

It is kept as `openrpc.json` in `darwinflow_schemas`; a test compares the two.
"""

import inspect
import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from darwinflow.model.errors import DarwinFlowError
from darwinflow.recorder.ids import RECORDER_VERSION
from darwinflow.rpc.errors import known_errors
from darwinflow.rpc.methods.events import EventPublished
from darwinflow.rpc.methods.method import Method, Table
from darwinflow.rpc.methods.table import METHODS
from darwinflow.rpc.protocol import (
    EVENT_PUBLISHED,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    PROTOCOL,
)
from darwinflow.rpc.routes import signature_of
from darwinflow.rpc.session import Session

Json = dict[str, Any]

_REF = "#/components/schemas/{model}"
_OF_JSON_RPC = {
    PARSE_ERROR: "the message is no JSON",
    INVALID_REQUEST: "the message is no request, or hello did not come first",
    METHOD_NOT_FOUND: "there is no such method",
    INVALID_PARAMS: "the parameters do not fit; data.faults says where",
    INTERNAL_ERROR: "the daemon failed; its log says how",
}


class _Untitled(GenerateJsonSchema):
    """Fields are called by their names alone."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - pydantic's signature
        return False


def description(table: Table = METHODS) -> Json:
    """The OpenRPC document, as JSON data."""
    signatures = {name: signature_of(method) for name, method in table.items()}
    models: list[type[BaseModel]] = [EventPublished]
    for _, params, result in signatures.values():
        models += [params, result]
    inward = models_json_schema(
        [(model, "validation") for model in models], ref_template=_REF, schema_generator=_Untitled
    )[1]["$defs"]
    return {
        "openrpc": "1.3.2",
        "info": {
            "title": "darwinflowd",
            "version": RECORDER_VERSION,
            "description": (
                f"JSON-RPC 2.0 over a Unix socket, each message behind a Content-Length header; protocol {PROTOCOL}. "
                "The first request is hello; methods that need a session come after session/open. "
                f"Subscriptions send the notification {EVENT_PUBLISHED}."
            ),
        },
        "methods": [_method(name, table[name], inward) for name in table],
        "x-notifications": [
            {"name": EVENT_PUBLISHED, "params": {"$ref": _REF.format(model=EventPublished.__name__)}}
        ],
        "components": {"schemas": inward, "errors": _errors()},
    }


def text() -> str:
    """The document as it is kept."""
    return json.dumps(description(), indent=1, ensure_ascii=False) + "\n"


def _method(name: str, method: Method, schemas: Json) -> Json:
    subject, params, result = signature_of(method)
    says = inspect.cleandoc(method.call.__doc__ or "")
    summary = says.split("\n", 1)[0]
    schema = schemas[params.__name__]
    return {
        "name": name,
        "summary": summary,
        **({"description": says} if says != summary else {}),
        "x-needs-session": subject is Session,
        "paramStructure": "by-name",
        "params": [
            {"name": field, "required": field in schema.get("required", ()), "schema": member}
            for field, member in schema.get("properties", {}).items()
        ],
        "result": {"name": result.__name__, "schema": {"$ref": _REF.format(model=result.__name__)}},
    }


def _errors() -> Json:
    own = {
        kind.__name__: {"code": code, "message": _first_line(kind)}
        for code, kind in sorted(known_errors().items())
    }
    return own | {str(code): {"code": code, "message": message} for code, message in _OF_JSON_RPC.items()}


def _first_line(kind: type[DarwinFlowError]) -> str:
    return (inspect.cleandoc(kind.__doc__) if kind.__doc__ else kind.__name__).split("\n", 1)[0]


if __name__ == "__main__":
    sys.stdout.write(text())
