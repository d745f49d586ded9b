"""The naming convention of a module's entries, and what every module has to say of itself."""

import re
from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Final

from darwinflow.graph.graph_type import GraphTypeInvalid, Module

if TYPE_CHECKING:
    import jsonschema_rs

SUFFIXES: Final = ("EdgeConstraints", "Node", "Edge", "Enum")
SCOPES: Final = ("system", "tenant", "user")
MAX_FAULTS: Final = 50
"""Of one module against the meta-schema."""
MAX_DEPTH: Final = 128
VALUES: Final = frozenset({"const", "enum", "examples", "default"})
"""Keywords that hold plain data."""
MAPS: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})
"""Keywords whose keys are names of the author's and not keywords."""
ENTRY: Final = re.compile(r"[A-Z][A-Za-z0-9]*\Z")
WORDS: Final = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}
TYPES: Final = (*WORDS, "null")
SWITCH: Final = ("true", "false")
_META: Final = "https://json-schema.org/draft/2020-12/schema"


def suffix_of(entry: str) -> str:
    """What tells the kind of an entry; empty for `Config` and parts that others share."""
    return next((suffix for suffix in SUFFIXES if entry.endswith(suffix)), "")


def nonconforming(module: Module) -> list[GraphTypeInvalid]:
    """A fault for each place at which *module* is no JSON Schema 2020-12."""
    import jsonschema_rs  # here and below: the bundled types are known to be sound, and most workspaces have no others

    message = "a graph type holds only what JSON can hold: no .inf and no .nan"
    faults = {pointer: GraphTypeInvalid(message, pointer) for pointer in _no_json(module, "")}
    if faults:
        return list(faults.values())
    data = {key: value for key, value in module.items() if key != "$schema"}  # which may name any other
    if jsonschema_rs.meta.is_valid(data):
        return []
    validator = jsonschema_rs.Draft202012Validator({"$ref": _META}, offline=True)
    for error in validator.iter_errors(data):
        pointer = pointer_to(error.instance_path)
        faults.setdefault(pointer, _nonconformity(error, pointer))
        if len(faults) == MAX_FAULTS:
            break
    return list(faults.values())


def _no_json(value: object, pointer: str) -> Iterator[str]:
    """Where numbers stand that JSON has not."""
    if isinstance(value, float) and not isfinite(value):
        yield pointer
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield from _no_json(part, f"{pointer}/{escaped(str(key))}")
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield from _no_json(part, f"{pointer}/{index}")


def _nonconformity(error: "jsonschema_rs.ValidationError", pointer: str) -> GraphTypeInvalid:
    """What is wrong at one place, with what would be right."""
    import jsonschema_rs

    name = _name_of(error.instance_path)
    if len(error.instance_path) > 1 and error.instance_path[-2] in MAPS:
        return GraphTypeInvalid(f"{name} must be a schema here, which is a mapping", pointer)
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Type):
        message = f"{name} must be {' or '.join([WORDS.get(word, word) for word in kind.types])} here"
        if "boolean" in kind.types and isinstance(error.instance, str):
            return GraphTypeInvalid(message, pointer, word=error.instance, words=SWITCH)
        return GraphTypeInvalid(message, pointer)
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.UniqueItems):
        items = error.instance if isinstance(error.instance, list) else []
        at = next((at for at, one in enumerate(items) if one in items[:at]), 0)
        return GraphTypeInvalid(f"{name} must list each value once", f"{pointer}/{at}")
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.MinItems):
        return GraphTypeInvalid(f"{name} must list at least {kind.limit}", pointer)
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Minimum):
        return GraphTypeInvalid(f"{name} must be at least {kind.limit}", pointer)
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.ExclusiveMinimum):
        return GraphTypeInvalid(f"{name} must be more than {kind.limit}", pointer)
    return GraphTypeInvalid(f"JSON Schema 2020-12 knows no such value for {name}", pointer)


def _name_of(path: list[str | int]) -> str:
    """What stands at *path*, as the start of a sentence."""
    if not path:
        return "a graph type"
    return f"item {path[-1] + 1} of '{path[-2]}'" if isinstance(path[-1], int) else f"'{path[-1]}'"


def too_deep(module: Module) -> list[GraphTypeInvalid]:
    """A fault where *module* is nested so deep that walks over it would not end well."""
    level: list[object] = [module]
    for _ in range(MAX_DEPTH):
        inner: dict[int, object] = {}
        for value in level:
            assert isinstance(value, (Mapping, list, tuple))
            parts = value.values() if isinstance(value, Mapping) else value
            inner.update({id(part): part for part in parts if isinstance(part, (Mapping, list, tuple))})
        if not inner:
            return []
        level = list(inner.values())
    return [GraphTypeInvalid(f"a graph type is nested {MAX_DEPTH} levels deep at most", "/$defs")]


def unusable_patterns(module: Module) -> list[GraphTypeInvalid]:
    """A fault for each regular expression that the validator's engine refuses."""
    import jsonschema_rs

    faults: list[GraphTypeInvalid] = []
    for pattern, pointer in _patterns(module, ""):
        try:
            jsonschema_rs.Draft202012Validator(
                {"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions(), offline=True
            )
        except (jsonschema_rs.ValidationError, ValueError):
            faults.append(
                GraphTypeInvalid(f"'{pattern[:60]}' is no regular expression of the linear kind", pointer)
            )
    return faults


def _patterns(value: object, pointer: str) -> Iterator[tuple[str, str]]:
    """Every regular expression below a schema, with its place."""
    if isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _patterns(item, f"{pointer}/{index}")
    if not isinstance(value, Mapping):
        return
    for key, part in value.items():
        at = f"{pointer}/{escaped(str(key))}"
        if key == "pattern" and isinstance(part, str):
            yield part, at
        elif key in MAPS and isinstance(part, Mapping):
            for name, inner in part.items():
                place = f"{at}/{escaped(str(name))}"
                if key == "patternProperties":
                    yield str(name), place
                yield from _patterns(inner, place)
        elif key not in VALUES:
            yield from _patterns(part, at)


def pointer_to(path: Iterable[str | int]) -> str:
    """The JSON pointer of *path*."""
    return "".join(f"/{escaped(str(part))}" for part in path)


def escaped(key: str) -> str:
    """*key* as a part of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
