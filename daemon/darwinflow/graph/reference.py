"""Makes a schema whole: references replaced by what they name, and composed mappings merged into one.

Merging matters to people, not to validation: one mapping with `additionalProperties: false` gives one clear
fault a key, where `allOf` with `unevaluatedProperties` gives several about the whole.
"""

from collections.abc import Iterable, Iterator, Mapping

from darwinflow.graph.conventions import MAPS, VALUES, escaped
from darwinflow.graph.graph_type import GraphTypeInvalid, Module

MAX_PARTS = 100_000
"""Schema parts in one entry once references are replaced: shared definitions can double with each level."""
MAX_CHAIN = 100
"""Definitions that refer to one another in a row."""
_ANNOTATIONS = frozenset({"title", "description", "examples", "default", "deprecated", "$comment"})


class Dereferencer:
    """Resolves the references of one module; keeps what is resolved, so that shared parts are one object."""

    def __init__(self, module: Module, imports: Iterable[str], modules: Mapping[str, Module]) -> None:
        """*imports*: what *module* itself may refer to, by `$id`; *modules*: all that there are."""
        self._uri = str(module.get("$id", ""))
        self._modules = {**modules, self._uri: module}
        self._imports = frozenset(imports)
        self._done: dict[tuple[str, str], object] = {}
        self._open: list[tuple[str, str]] = []
        self._sizes: dict[int, int] = {}

    def entry(self, name: str) -> dict[str, object]:
        """The whole schema of `$defs/<name>`. Raises `GraphTypeInvalid`."""
        pointer = f"/$defs/{name}"
        whole = self._target(self._uri, pointer, pointer)
        if not isinstance(whole, dict):
            raise GraphTypeInvalid(f"'{name}' must be a schema, which is a mapping", pointer)
        if self._size(whole) > MAX_PARTS:
            raise GraphTypeInvalid(
                f"'{name}' grows to more than {MAX_PARTS} parts by its references", pointer
            )
        return whole

    def dangling(self) -> Iterator[GraphTypeInvalid]:
        """A fault for each reference of the module that leads nowhere, whatever else is wrong in it."""
        entries = self._modules[self._uri].get("$defs")
        for name, entry in entries.items() if isinstance(entries, Mapping) else ():
            for reference, at in _references(entry, f"/$defs/{escaped(str(name))}"):
                try:
                    self._named(reference, self._uri, at)
                except GraphTypeInvalid as fault:
                    yield fault

    def composes(self, name: str, wanted: str) -> bool:
        """Whether `$defs/<name>` comes from *wanted* by reference, directly or through shared parts."""
        seen: set[str] = set()
        waiting: list[tuple[object, str]] = [(self._definition(f"{self._uri}#/$defs/{name}"), self._uri)]
        while waiting:
            value, uri = waiting.pop()
            if not isinstance(value, Mapping):
                continue
            composed = value.get("allOf", ())
            waiting += [(part, uri) for part in composed] if isinstance(composed, (list, tuple)) else []
            reference = value.get("$ref")
            if not isinstance(reference, str):
                continue
            whole = uri + reference if reference.startswith("#") else reference
            if whole == wanted:
                return True
            if whole not in seen:
                seen.add(whole)
                waiting.append((self._definition(whole), whole.partition("#")[0]))
        return False

    def _definition(self, reference: str) -> object:
        """What a whole reference to an entry names; None where it names none."""
        uri, _, path = reference.partition("#")
        entries = self._modules[uri].get("$defs") if uri in self._modules else None
        return entries.get(path.removeprefix("/$defs/")) if isinstance(entries, Mapping) else None

    def _target(self, uri: str, path: str, at: str) -> object:
        """What *path* in module *uri* holds, whole. *at* is the place of the reference, for errors."""
        key = (uri, path)
        if key in self._done:
            return self._done[key]
        if key in self._open:
            raise GraphTypeInvalid(f"'{path.removeprefix('/$defs/')}' contains itself without end", at)
        value = self._found(uri, path, at)
        if len(self._open) == MAX_CHAIN:
            raise GraphTypeInvalid(f"more than {MAX_CHAIN} definitions refer to one another in a row", at)
        self._open.append(key)
        try:
            self._done[key] = whole = self._whole(value, uri, at if uri != self._uri else path)
        finally:
            self._open.pop()
        return whole

    def _whole(self, value: object, uri: str, at: str) -> object:
        if isinstance(value, (list, tuple)):
            return [self._whole(item, uri, f"{at}/{index}") for index, item in enumerate(value)]
        if not isinstance(value, Mapping):
            return value
        parts: dict[str, object] = {}
        for key, item in value.items():
            if key in VALUES:
                parts[key] = item
            elif key in MAPS and isinstance(item, Mapping):
                parts[key] = {
                    name: self._whole(part, uri, f"{at}/{key}/{escaped(str(name))}")
                    for name, part in item.items()
                }
            elif key != "$ref":
                parts[key] = self._whole(item, uri, f"{at}/{escaped(str(key))}")
        if "$ref" in value:
            return _refined(self._reference(value["$ref"], uri, f"{at}/$ref"), parts)
        return merged(parts)

    def _reference(self, reference: object, uri: str, at: str) -> object:
        return self._target(*self._named(reference, uri, at), at)

    def _named(self, reference: object, uri: str, at: str) -> tuple[str, str]:
        """Module and path that a reference in module *uri* names, where something is."""
        if not isinstance(reference, str):
            raise GraphTypeInvalid("a '$ref' is text", at)
        target, _, path = reference.partition("#")
        target = target or uri
        if not self._is_reachable(target, uri):
            message = f"'{target}' is not among the module's imports"
            raise GraphTypeInvalid(message, at, word=target, words=self._imports)
        if not path.startswith("/$defs/"):
            raise GraphTypeInvalid(f"'{reference}' must point below '#/$defs/'", at)
        self._found(target, path, at)
        return target, path

    def _found(self, uri: str, path: str, at: str) -> object:
        """What *path* in module *uri* holds, as it stands there."""
        value: object = self._modules[uri]
        for step in path.split("/")[1:]:
            part = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(value, Mapping) or part not in value:
                message = f"nothing is called '{path.removeprefix('/$defs/')}' there"
                words = map(str, value) if isinstance(value, Mapping) else ()
                raise GraphTypeInvalid(message, at, word=part, words=words)
            value = value[part]
        return value

    def _is_reachable(self, target: str, uri: str) -> bool:
        """Whether module *uri* may refer to module *target*."""
        if target == uri:
            return True
        imports = self._imports if uri == self._uri else self._modules[uri].get("imports", ())
        return isinstance(imports, (list, tuple, frozenset)) and target in imports and target in self._modules

    def _size(self, value: object) -> int:
        """Parts of *value* when written out; what is shared counts each time it is used."""
        if not isinstance(value, (dict, list)):
            return 1
        known = self._sizes.get(id(value))
        if known is None:
            items = value.values() if isinstance(value, dict) else value
            self._sizes[id(value)] = known = 1 + sum(map(self._size, items))
        return known


def _references(value: object, pointer: str) -> Iterator[tuple[object, str]]:
    """Every `$ref` below a schema, with its place."""
    if isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from _references(item, f"{pointer}/{index}")
    for key, part in value.items() if isinstance(value, Mapping) else ():
        at = f"{pointer}/{escaped(str(key))}"
        if key == "$ref":
            yield part, at
        elif key in MAPS and isinstance(part, Mapping):
            for name, inner in part.items():
                yield from _references(inner, f"{at}/{escaped(str(name))}")
        elif key not in VALUES:
            yield from _references(part, at)


def merged(schema: dict[str, object]) -> dict[str, object]:
    """*schema* with the mappings that it composes by `allOf` put into one; unchanged where that is not plain."""
    composed = schema.get("allOf")
    if not isinstance(composed, list) or not all(_is_plain_mapping(part) for part in composed):
        return schema
    whole: dict[str, object] = {}
    properties: dict[str, object] = {}
    required: list[object] = []
    for part in (*composed, {key: item for key, item in schema.items() if key != "allOf"}):
        whole.update(part)
        for name, own in part.get("properties", {}).items():
            properties[name] = _refined(properties.get(name, {}), own)
        required += [name for name in part.get("required", ()) if name not in required]
    whole["properties"] = properties
    if required:
        whole["required"] = required
    if whole.pop("unevaluatedProperties", None) is False:
        whole["additionalProperties"] = False
    return whole


def _is_plain_mapping(part: object) -> bool:
    return isinstance(part, dict) and part.get("type") == "object" and "allOf" not in part


def _refined(base: object, own: object) -> object:
    """*base* narrowed by *own*: annotations of *own* win, and both have a say where they constrain the same."""
    if not isinstance(base, dict) or not isinstance(own, dict) or not base or not own:
        return own if isinstance(own, dict) and own else base
    clash = [
        key
        for key in own
        if key in base and key not in _ANNOTATIONS and not key.startswith("x-") and own[key] != base[key]
    ]
    return {**own, "allOf": [base]} if clash else {**base, **own}
