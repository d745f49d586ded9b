"""The words of JSON Schema in a module: those that it does not know, and those that say nothing where they stand."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Final

from darwinflow.graph.conventions import MAPS, SWITCH, TYPES, VALUES, WORDS, escaped
from darwinflow.graph.graph_type import GraphTypeInvalid, Module
from darwinflow.model.nearest import nearest

META: Final = "https://json-schema.org/draft/2020-12/schema"
_INNER: Final = frozenset(
    [
        "additionalProperties",
        "unevaluatedProperties",
        "items",
        "unevaluatedItems",
        "contains",
        "propertyNames",
        "not",
        "if",
        "then",
        "else",
        "contentSchema",
    ]
)
"""Keywords that hold a schema."""
_LISTS: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords that hold a list of schemas."""
_OTHERS: Final = frozenset(
    [
        "$ref",
        "$comment",
        "type",
        "title",
        "description",
        "deprecated",
        "readOnly",
        "writeOnly",
        "format",
        "pattern",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minContains",
        "maxContains",
        "required",
        "minProperties",
        "maxProperties",
        "dependentRequired",
        "contentEncoding",
        "contentMediaType",
    ]
)
KEYWORDS: Final = tuple(sorted({*_INNER, *_LISTS, *MAPS, *VALUES, *_OTHERS}))
_INSTEAD: Final = {
    "definitions": "'definitions' is of an older JSON Schema; write '$defs'",
    "dependencies": "'dependencies' is of an older JSON Schema; write 'dependentRequired' or 'dependentSchemas'",
    "additionalItems": "'additionalItems' is of an older JSON Schema; write 'items' behind 'prefixItems'",
} | {
    name: f"'{name}' belongs in no part of a graph type, which refers by '$ref' alone"
    for name in ("$id", "$schema", "$anchor", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "$recursiveRef",
                 "$recursiveAnchor")
}  # fmt: skip
_OURS: Final = ("x-wanted", "x-reference")
_FORMATS: Final = (
    "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri",
    "uri-reference", "iri", "iri-reference", "uuid", "uri-template", "json-pointer", "relative-json-pointer", "regex",
)  # fmt: skip
_NEEDED: Final = {"then": "if", "else": "if", "minContains": "contains", "maxContains": "contains"}
_RANGES: Final = tuple(
    [(f"min{what}", f"max{what}") for what in ("imum", "Length", "Items", "Properties", "Contains")]
)
_MAX_COMPARED: Final = 200
"""Values before one of `enum` that it is compared with."""
_COMPOSED: Final = frozenset({"$ref", "patternProperties", "if", "not", "dependentSchemas", *_LISTS})


def misworded(module: Module) -> Iterator[GraphTypeInvalid]:
    """A fault for each keyword below `$defs` that means nothing, or nothing where it stands."""
    entries = module.get("$defs")
    if isinstance(entries, Mapping):
        for name, entry in entries.items():
            yield from _of_schema(entry, f"/$defs/{escaped(str(name))}")


def _of_schema(schema: object, pointer: str) -> Iterator[GraphTypeInvalid]:
    if not isinstance(schema, Mapping):
        return  # true and false are schemas; all else the meta-schema refuses
    for key, value in schema.items():
        at = f"{pointer}/{escaped(str(key))}"
        if key in _INNER:
            yield from _of_schema(value, at)
        elif key in _LISTS and isinstance(value, (list, tuple)):
            for index, part in enumerate(value):
                yield from _of_schema(part, f"{at}/{index}")
        elif key in MAPS and isinstance(value, Mapping):
            for name, part in value.items():
                yield from _of_schema(part, f"{at}/{escaped(str(name))}")
        elif str(key).startswith("x-"):
            yield from _of_extension(str(key), value, at)
        elif key not in KEYWORDS:
            yield _unknown(str(key), value, schema, at)
    yield from _of_types(schema.get("type", "null"), f"{pointer}/type")
    yield from _of_values(schema, pointer)
    yield from _of_other_type(schema, pointer)
    yield from _of_required(schema, pointer)


def _unknown(key: str, value: object, schema: Mapping[str, object], pointer: str) -> GraphTypeInvalid:
    if key in _INSTEAD:
        return GraphTypeInvalid(_INSTEAD[key], pointer, is_key=True)
    left = [name for name in KEYWORDS if name not in schema]
    message = f"JSON Schema 2020-12 has no keyword '{key}'"
    if isinstance(value, (Mapping, bool)) and nearest(key, left) is None:
        message += "; a field of this name is listed under 'properties'"
    return GraphTypeInvalid(message, pointer, word=key, words=left, is_key=True)


def _of_types(value: object, pointer: str) -> Iterator[GraphTypeInvalid]:
    """Faults in what `type` says."""
    if isinstance(value, (list, tuple)) and value:
        for index, one in enumerate(value):
            yield from _of_type(one, f"{pointer}/{index}")
    else:
        yield from _of_type(value, pointer)


def _of_type(value: object, pointer: str) -> Iterator[GraphTypeInvalid]:
    if value in TYPES:
        return
    message = "'type' is one of array, boolean, integer, null, number, object and string, or a list of them"
    if value is None:
        yield GraphTypeInvalid(
            "'type' names the type 'null' in quotes; without them it says nothing", pointer
        )
    elif isinstance(value, str):
        yield GraphTypeInvalid(message, pointer, word=value, words=TYPES)
    else:
        yield GraphTypeInvalid(message, pointer)


def _of_values(schema: Mapping[str, object], pointer: str) -> Iterator[GraphTypeInvalid]:
    """Faults of keywords that leave nothing over, or that have no effect."""
    for key, needed in _NEEDED.items():
        if key in schema and needed not in schema:
            yield GraphTypeInvalid(
                f"'{key}' says nothing without '{needed}'", f"{pointer}/{key}", is_key=True
            )
    for low, high in _RANGES:
        least, most = schema.get(low), schema.get(high)
        if _is_number(least) and _is_number(most) and float(str(least)) > float(str(most)):
            message = f"nothing fits '{low}: {least}' and '{high}: {most}'"
            yield GraphTypeInvalid(message, f"{pointer}/{high}")
    values = schema.get("enum")
    if isinstance(values, (list, tuple)):
        if not values:
            yield GraphTypeInvalid("'enum' must list at least one value", f"{pointer}/enum", is_key=True)
        for index in _given_again(values):
            yield GraphTypeInvalid("'enum' must list each value once", f"{pointer}/enum/{index}")


def _given_again(values: Sequence[object]) -> Iterator[int]:
    """Where one stands that stands before it, too; lists and mappings are compared with the first few."""
    seen: set[tuple[type, object]] = set()
    for index, value in enumerate(values):
        if isinstance(value, (str, int, float)) or value is None:
            key = (type(value), value)
            if key in seen:
                yield index
            seen.add(key)
        elif any(type(value) is type(one) and value == one for one in values[: min(index, _MAX_COMPARED)]):
            yield index


def _of_extension(key: str, value: object, pointer: str) -> Iterator[GraphTypeInvalid]:
    """Faults of keys that are free but for those that findings and fixes look at."""
    if key == "x-wanted" and not isinstance(value, str):
        yield GraphTypeInvalid("'x-wanted' must be text, what would be right in a few words", pointer)
    elif key == "x-reference" and not isinstance(value, bool):
        word = value if isinstance(value, str) else ""
        yield GraphTypeInvalid("'x-reference' must be true or false", pointer, word=word, words=SWITCH)
    elif key not in _OURS and nearest(key, _OURS) is not None:
        yield GraphTypeInvalid(f"'{key}' means nothing here", pointer, word=key, words=_OURS, is_key=True)


def _of_other_type(schema: Mapping[str, object], pointer: str) -> Iterator[GraphTypeInvalid]:
    """Faults of values that the schema lists and its own `type` refuses, and of formats that are slips."""
    kinds = schema.get("type")
    kinds = list(kinds) if isinstance(kinds, (list, tuple)) else [kinds]
    if kinds and all(kind in TYPES for kind in kinds):
        wanted = " or ".join([WORDS.get(str(kind), "null") for kind in kinds])
        for key in VALUES:
            listed = (
                schema.get(key, ()) if key in ("enum", "examples") else [schema[key]] if key in schema else ()
            )
            for index, value in enumerate(listed if isinstance(listed, (list, tuple)) else ()):
                if not any(_is_of(str(kind), value) for kind in kinds):
                    at = f"{pointer}/{key}/{index}" if key in ("enum", "examples") else f"{pointer}/{key}"
                    yield GraphTypeInvalid(f"'{key}' must hold {wanted} here, as 'type' says", at)
    form = schema.get("format")
    if isinstance(form, str) and form not in _FORMATS and nearest(form, _FORMATS) is not None:
        message = f"JSON Schema 2020-12 has no format '{form}'"
        yield GraphTypeInvalid(message, f"{pointer}/format", word=form, words=_FORMATS)


def _is_of(kind: str, value: object) -> bool:
    """Whether *value* is of the JSON type *kind*."""
    if isinstance(value, bool) or value is None:
        return kind == ("null" if value is None else "boolean")
    if isinstance(value, float) and not isfinite(value):
        return True  # JSON has no such number, which is said
    if isinstance(value, (int, float)):
        return kind == "number" or (kind == "integer" and float(value).is_integer())
    return kind == (
        "string" if isinstance(value, str) else "object" if isinstance(value, Mapping) else "array"
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _of_required(schema: Mapping[str, object], pointer: str) -> Iterator[GraphTypeInvalid]:
    """Names that `required` asks for, and that a closed mapping does not take."""
    required, fields = schema.get("required"), schema.get("properties", {})
    if not isinstance(required, (list, tuple)) or not isinstance(fields, Mapping):
        return
    closed = (schema.get("additionalProperties"), schema.get("unevaluatedProperties"))
    if not any(one is False for one in closed) or not _COMPOSED.isdisjoint(schema):
        return
    if any(key not in KEYWORDS and not str(key).startswith("x-") for key in schema):
        return  # that may be what names the fields
    for index, name in enumerate(required):
        if isinstance(name, str) and name not in fields:
            left = [str(field) for field in fields if field not in required]
            message = f"'required' names '{name}', which is no field here"
            yield GraphTypeInvalid(message, f"{pointer}/required/{index}", word=name, words=left)
