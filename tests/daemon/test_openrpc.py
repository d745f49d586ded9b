import inspect
import json
from pathlib import Path

import pytest

import darwinflow_schemas
from darwinflow.rpc import openrpc
from darwinflow.rpc.methods.table import METHODS
from darwinflow.rpc.routes import signature_of
from darwinflow.rpc.session import Peer, Session
from darwinflow.rpc.wire.base import Wire


def test_the_kept_description_is_what_the_method_table_says():
    kept = (Path(darwinflow_schemas.FOLDER) / "openrpc.json").read_text(encoding="utf-8")
    assert kept == openrpc.text(), (
        "python -m darwinflow.rpc.openrpc > schemas/darwinflow_schemas/openrpc.json"
    )


def test_every_reference_of_the_description_leads_somewhere():
    described = openrpc.description()
    schemas = described["components"]["schemas"]
    references = {part.split('"')[0] for part in json.dumps(described).split("#/components/schemas/")[1:]}
    assert references <= set(schemas)


def test_codes_of_errors_are_given_out_once():
    codes = [error["code"] for error in openrpc.description()["components"]["errors"].values()]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_is_a_documented_function_of_closed_models(name):
    method = METHODS[name]
    subject, params, result = signature_of(method)
    assert subject in (Session, Peer)
    assert inspect.getdoc(method.call)
    for model in (params, result):
        assert issubclass(model, Wire)
        assert model.model_config["extra"] == "forbid"
    assert name == "hello" or name.count("/") == 1


@pytest.mark.parametrize("name", METHODS)
def test_every_text_and_list_that_a_method_takes_is_bounded(name):
    described = openrpc.description()
    method = next(method for method in described["methods"] if method["name"] == name)
    schemas = described["components"]["schemas"]
    unbounded = []

    def visit(schema, path):
        if "$ref" in schema:
            visit(schemas[schema["$ref"].rsplit("/", 1)[1]], path)
        kind = schema.get("type")
        if kind == "string" and not {"maxLength", "format", "enum", "const", "pattern"} & set(schema):
            unbounded.append(path)
        if kind == "array" and "maxItems" not in schema:
            unbounded.append(path)
        if kind == "object" and "properties" not in schema and "maxProperties" not in schema:
            unbounded.append(path)
        for part in schema.get("anyOf", ()):
            visit(part, path)
        if "items" in schema:
            visit(schema["items"], f"{path}[]")
        for member, inner in schema.get("properties", {}).items():
            visit(inner, f"{path}.{member}")

    for param in method["params"]:
        visit(param["schema"], param["name"])
    assert unbounded == []
