"""What is wrong in the JSON Schemas that a workflow declares for its inputs: those of its keywords that most people write."""

import json
from functools import cache, lru_cache
from typing import Any, Final

from darwinflow.catalog.catalog import Compiled
from darwinflow.check.faults import MAX_FAULTS, Fault, faults_of
from darwinflow.check.words import meant_word
from darwinflow.model.nearest import nearest
from darwinflow.projection.places import Path

INPUTS: Final = "inputs"
TYPES: Final = ("string", "number", "integer", "boolean", "object", "array", "null")
_DEPTH: Final = 4
"""Levels of properties and items that are looked into."""
_ANYTHING: Final[dict[str, Any]] = {}
_LIMITS: Final = (
    "type",
    "enum",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
)
"""Keywords that a default is held against."""
_OTHERS: Final = [
    "const",
    "title",
    "description",
    "default",
    "examples",
    "format",
    "pattern",
    "multipleOf",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "prefixItems",
    "additionalProperties",
    "patternProperties",
    "propertyNames",
    "minProperties",
    "maxProperties",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "deprecated",
    "readOnly",
    "writeOnly",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
]


def input_faults(inputs: Any) -> list[Fault]:
    """Of the field `inputs`, with paths from the document's mapping; a type's name alone is none of them."""
    found: list[Fault] = []
    for name, schema in inputs.items() if isinstance(inputs, dict) else ():
        if isinstance(schema, dict) and len(found) < MAX_FAULTS:
            found += _of_schema(schema, (INPUTS, name))
    return found


def _of_schema(schema: dict[str, Any], path: Path) -> list[Fault]:
    own = [*faults_of(_compiled(), schema), *_unknown(schema)]
    found = [fault._replace(path=(*path, *fault.path)) for fault in own]
    if "default" in schema:
        limits = _limits(schema, own)
        found += [
            fault._replace(path=(*path, "default", *fault.path))
            for fault in faults_of(_compiled_limits(json.dumps(limits)), schema["default"])
        ]
    return found


def _limits(schema: dict[str, Any], faults: list[Fault]) -> dict[str, Any]:
    """What a default is held against, slips read as what is meant."""
    said = dict(schema)
    for fault in faults:
        if fault.kind == "unknown" and not fault.path and fault.meant is not None:
            said[fault.meant] = schema[fault.name]
        elif fault.path and fault.path[0] == "type" and isinstance(schema["type"], str):
            said["type"] = meant_word(schema["type"], TYPES)
        elif fault.path:
            said[str(fault.path[0])] = None
    if isinstance(said.get("type"), str) and said["type"] not in TYPES:
        said["type"] = None
    return {keyword: said[keyword] for keyword in _LIMITS if said.get(keyword) is not None}


def _unknown(schema: dict[str, Any], path: Path = (), depth: int = 0) -> list[Fault]:
    """Keywords that are clearly a slip of another; JSON Schema lets anybody add some."""
    known = _keywords()
    found = [
        Fault("unknown", path, name, {"properties": {meant: known[meant]}}, "properties", None, schema, meant)
        for name in schema
        if name not in known
        and (meant := nearest(name, [one for one in known if one not in schema])) is not None
    ]
    properties = schema.get("properties")
    inner: list[tuple[Path, Any]] = [((*path, "items"), schema.get("items"))]
    if isinstance(properties, dict):
        inner += [((*path, "properties", name), part) for name, part in properties.items()]
    for place, part in inner if depth < _DEPTH else ():
        if isinstance(part, dict):
            found += _unknown(part, place, depth + 1)
    return found


@cache
def _keywords() -> dict[str, Any]:
    """What each may hold, as far as that is looked into."""
    return {**dict.fromkeys(_OTHERS, _ANYTHING), **_meta(0)["properties"]}


@lru_cache(1_000)
def _compiled_limits(limits: str) -> Compiled:
    """*limits*: as JSON."""
    return Compiled(json.loads(limits))


@cache
def _compiled() -> Compiled:
    return Compiled(_meta(_DEPTH))


def _meta(depth: int) -> dict[str, Any]:
    """What a schema may hold; *depth*: levels of schemas below it that are looked into."""
    inner: Any = _meta(depth - 1) if depth else _ANYTHING
    part = {"anyOf": [inner, {"type": "boolean"}], "x-wanted": "a JSON Schema"} if depth else inner
    count = {"type": "integer", "minimum": 0}
    number = {"type": "number"}
    return {
        "type": "object",
        "properties": {
            "type": {
                "anyOf": [
                    {"enum": list(TYPES), "type": "string"},
                    {"type": "array", "items": {"enum": list(TYPES)}, "minItems": 1, "uniqueItems": True},
                ],
                "x-wanted": "the name of a type, or a list of some",
            },
            "enum": {"type": "array", "minItems": 1, "x-wanted": "a list of the values that are taken"},
            "required": {
                "type": "array",
                "items": {"type": "string"},
                "x-wanted": "a list of the properties that have to be there",
            },
            "properties": {
                "type": "object",
                "additionalProperties": part,
                "x-wanted": "a mapping of JSON Schemas",
            },
            "items": part,
            "minimum": number,
            "maximum": number,
            "exclusiveMinimum": number,
            "exclusiveMaximum": number,
            "minLength": count,
            "maxLength": count,
            "minItems": count,
            "maxItems": count,
            "pattern": {"type": "string"},
            "format": {"type": "string"},
            "title": {"type": "string"},
            "description": {"type": "string"},
        },
    }
