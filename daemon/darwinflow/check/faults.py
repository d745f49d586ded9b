"""Where data departs from its schema, reduced to what a person would call one fault.

The validator's own texts are not used: it names keywords, we name what is wrong and what would be right.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from darwinflow.catalog.catalog import Compiled
from darwinflow.graph.graph_type import Schema
from darwinflow.model.nearest import nearest
from darwinflow.projection.places import Path

Kind = Literal["unknown", "missing", "type", "value"]
MAX_FAULTS = 100
"""Of one node, edge or header; a reader fixes the first few."""

_SYNONYMS = {
    "source": "from",
    "src": "from",
    "target": "to",
    "dst": "to",
    "if": "condition",
    "when": "condition",
    "kind": "type",
}
"""What other formats call fields of ours, each where ours is missing."""


class Fault(NamedTuple):
    kind: Kind
    path: Path
    """To the value; to the mapping for `unknown` and `missing`."""
    name: str
    """The key that is unknown or missing."""
    schema: Schema
    """Of the value; of the mapping for `unknown` and `missing`."""
    keyword: str
    """The one that is not met, of JSON Schema."""
    limit: Any
    """What the keyword says."""
    data: Any
    """The value, or the mapping."""
    meant: str | None = None
    """For `unknown`: the known key that it is clearly a slip of."""
    instead: str | None = None
    """For `unknown`: the one key that is missing there, whose place it has."""
    inside: str | None = None
    """For `unknown`: the mapping that the key belongs in, which is missing or empty."""


def faults_of(compiled: Compiled, data: Any) -> list[Fault]:
    """What is wrong in *data*, in no particular order; empty for nearly all data, in a microsecond."""
    broken = not compiled.takes(data)
    whole = [path for path in compiled.integers if isinstance(_at(data, path), float)]
    if not broken and not whole:
        return []
    found: list[Fault] = []
    if broken:
        for error in compiled.validator.iter_errors(data):
            _collect(error, compiled.schema, found)
            if len(found) >= MAX_FAULTS:
                break
    found = [
        fault if fault.data is not None else fault._replace(data=_at(data, fault.path)) for fault in found
    ]
    typed = {fault.path for fault in found if fault.kind == "type"}
    for path in whole:
        if path in typed:
            continue
        schema = _schema_on(compiled.schema, path)
        found.append(Fault("type", path, "", schema, "type", "integer", _at(data, path)))
    return _reduced(found)


def _collect(error: Any, whole: Schema, found: list[Fault]) -> None:
    keyword: str = error.kind.name
    path: Path = tuple(error.instance_path)
    if keyword == "anyOf" or (keyword == "oneOf" and all(error.kind.context)):
        fitting = [branch for branch in error.kind.context if not _is_of_other_type(branch, path)]
        for inner in fitting[0] if fitting else ():
            _collect(inner, whole, found)
        if fitting:
            return
    schema = _schema_at(whole, error.schema_path[:-1])
    if keyword in ("additionalProperties", "unevaluatedProperties"):
        known = schema.get("properties", {})
        names = [name for name in known if name not in error.instance] if isinstance(known, Mapping) else []
        for name in error.kind.unexpected[:MAX_FAULTS]:
            meant = nearest(name, names)
            if meant is None and _SYNONYMS.get(name.lower()) in names:
                meant = _SYNONYMS[name.lower()]
            found.append(Fault("unknown", path, name, schema, keyword, None, error.instance, meant))
    elif keyword == "required":
        found.append(Fault("missing", path, error.kind.property, schema, keyword, None, error.instance))
    elif keyword in ("type", "anyOf"):
        found.append(Fault("type", path, "", schema, keyword, None, error.instance))
    elif keyword == "propertyNames":
        misnamed: list[Fault] = []
        _collect(error.kind.error, whole, misnamed)
        name = str(error.kind.error.instance)
        found += [fault._replace(path=path, name=name) for fault in misnamed[:1]]
    else:
        found.append(Fault("value", path, "", schema, keyword, error.kind.value, error.instance))


def _is_of_other_type(branch: list[Any], path: Path) -> bool:
    return any(error.kind.name == "type" and tuple(error.instance_path) == path for error in branch)


def _reduced(found: list[Fault]) -> list[Fault]:
    """Without what vanishes when another fault is mended: a slip in a key is no missing key, too."""
    meant = {(fault.path, fault.meant) for fault in found if fault.kind == "unknown"}
    typed = {fault.path for fault in found if fault.kind == "type"}
    kept: list[Fault] = []
    valued: set[Path] = set()
    for fault in found:
        if fault.kind == "missing" and (fault.path, fault.name) in meant:
            continue
        if fault.kind == "value":
            if fault.path in typed or fault.path in valued:
                continue
            valued.add(fault.path)
        kept.append(fault)
    return kept


def _schema_at(schema: Schema, path: list[str | int]) -> Schema:
    value: Any = schema
    for step in path:
        value = value[step]
    return value if isinstance(value, Mapping) else {}


def _schema_on(schema: Schema, path: tuple[str, ...]) -> Schema:
    """The schema of the value at *path*, where one of several branches names it."""
    for name in path:
        options = [schema, *_branches(schema)]
        parts = [part.get("properties", {}).get(name) for part in options if isinstance(part, Mapping)]
        schema = next((part for part in parts if part), {})
    return schema


def _branches(schema: Schema) -> list[Any]:
    branches = schema.get("anyOf", [])
    return branches if isinstance(branches, list) else []


def _at(data: Any, path: Path) -> Any:
    """What stands at *path*; the validator gives None for numbers that JSON has not."""
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data
