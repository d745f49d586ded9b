"""The keys that a module has at its root, and what they hold."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from darwinflow.graph.conventions import SCOPES, escaped
from darwinflow.graph.graph_type import Detection, GraphTypeInvalid, Module
from darwinflow.graph.keywords import META
from darwinflow.model.nearest import nearest

_Said = Iterator[GraphTypeInvalid]
_WHOLE: Final = ("name", "version", "scope", "description")
"""What a whole type has to say of itself."""
_EXTENDS: Final = "extends"
_CONFIG: Final = ("type", "multi", "allowSelfLoops", "acyclic")
_CONSTRAINTS: Final = ("allowedSourceTypes", "allowedTargetTypes", "acyclic")


def is_whole(module: Module) -> bool:
    """Whether *module* is for a type of its own; one that nobody can tell of counts as an extension."""
    if _EXTENDS in module:
        return False
    slips = {nearest(fault.word, fault.words) for fault in _unknown(module)}
    return _EXTENDS not in slips and ("name" in module or "name" in slips or "Config" in _entry_names(module))


def malformed(module: Module) -> list[GraphTypeInvalid]:
    """A fault for each key at the root that is not known, is missing, or holds what it cannot.

    What is missing is not told where an unknown key is a slip of it.
    """
    unknown = list(_unknown(module))
    slips = {nearest(fault.word, fault.words) for fault in unknown}
    faults = list(unknown)
    for key, check in _KEYS.items():
        if key in module:
            faults += check(key, module[key])
    lacks_all = not any(key in module or key in slips for key in _WHOLE if key != "description")
    if _EXTENDS not in module and _EXTENDS not in slips and lacks_all and not is_whole(module):
        message = "a graph type needs 'extends', the type that it adds to, such as workflow, or the 'name' of its own"
        faults.append(GraphTypeInvalid(message, f"/{_EXTENDS}"))
    elif _EXTENDS not in module and _EXTENDS not in slips:
        faults += [
            GraphTypeInvalid(f"a graph type needs '{key}', {_WANTED[key]}", f"/{key}")
            for key in _WHOLE
            if key not in module and key not in slips
        ]
        faults += _without_config(module, is_slip="$defs" in slips)
    return faults


def detection_of(module: Module) -> Detection | None:
    """What *module*, which is well formed, says of its documents."""
    rules = module.get("detect")
    if not isinstance(rules, Mapping):
        return None
    values = rules.get("values", {})
    return Detection(tuple(rules.get("files", ())), tuple(rules.get("keys", ())), tuple(dict(values).items()))


def detection_among_faults(module: Module) -> Detection | None:
    """As `detection_of`, of a *module* that need not be well formed: None where it is at fault just there."""
    is_at_fault = any(True for _ in _detect("detect", module.get("detect")))
    return None if is_at_fault else detection_of(module)


def reserved_in(module: Module) -> frozenset[str]:
    """The node ids that *module*, which is well formed, keeps for itself."""
    names = module.get("reserved", ())
    assert isinstance(names, (list, tuple))
    return frozenset(map(str, names))


def is_aside(fault: GraphTypeInvalid) -> bool:
    """Whether *fault* is at the root and says nothing of the entries below."""
    key = fault.pointer.removeprefix("/")
    return "/" not in key and not {key, nearest(fault.word, fault.words)} & {"", "imports", "$defs"}


def is_of_entry_name(fault: GraphTypeInvalid) -> bool:
    """Whether *fault* is in the name of an entry, so that references to it may be right."""
    return fault.is_key and fault.pointer.startswith("/$defs/") and fault.pointer.count("/") == 2


def is_importing(faults: Iterable[GraphTypeInvalid]) -> bool:
    """Whether none of *faults* is in what the module says of its imports."""
    return not any(
        fault.pointer.startswith("/imports") or nearest(fault.word, fault.words) == "imports"
        for fault in faults
    )


def _unknown(module: Module) -> _Said:
    left = [key for key in _KEYS if key not in module]
    for key in module:
        name = str(key)
        if name not in _KEYS and not name.startswith("x-"):
            message = f"a graph type has no '{name}'"
            yield GraphTypeInvalid(message, f"/{escaped(name)}", word=name, words=left, is_key=True)


def _without_config(module: Module, *, is_slip: bool) -> _Said:
    entries = module.get("$defs", {})
    if is_slip or not isinstance(entries, Mapping) or "Config" in entries:
        return
    message = "a graph type needs '$defs' with 'Config' in it"
    for entry in entries:
        if nearest(str(entry), ["Config"]) is not None:
            yield GraphTypeInvalid(
                message, f"/$defs/{escaped(str(entry))}", word=str(entry), words=("Config",), is_key=True
            )
            return
    yield GraphTypeInvalid(message, "/$defs")


def _entry_names(module: Module) -> list[str]:
    entries = module.get("$defs")
    return [str(name) for name in entries] if isinstance(entries, Mapping) else []


def misfitting(module: Module) -> _Said:
    """A fault for each field of `Config` and of constraints that neither has."""
    entries = module.get("$defs")
    for name, entry in entries.items() if isinstance(entries, Mapping) else ():
        known = _CONFIG if name == "Config" else _CONSTRAINTS
        fields = entry.get("properties") if isinstance(entry, Mapping) else None
        if not isinstance(fields, Mapping) or not (name == "Config" or str(name).endswith("EdgeConstraints")):
            continue
        left = [key for key in known if key not in fields]
        for field in fields:
            if field not in known:
                pointer = f"/$defs/{escaped(str(name))}/properties/{escaped(str(field))}"
                message = f"'{name}' has no '{field}'"
                yield GraphTypeInvalid(message, pointer, word=str(field), words=left, is_key=True)


def _text(key: str, value: object) -> _Said:
    if not isinstance(value, str) or not value.strip():
        yield GraphTypeInvalid(f"'{key}' must be {_WANTED.get(key, 'text')}", f"/{key}")


def _version(key: str, value: object) -> _Said:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        yield GraphTypeInvalid(f"'{key}' must be {_WANTED[key]}", f"/{key}")


def _scope(key: str, value: object) -> _Said:
    if value not in SCOPES:
        word = value if isinstance(value, str) else ""
        yield GraphTypeInvalid(f"'{key}' must be {_WANTED[key]}", f"/{key}", word=word, words=SCOPES)


def _schema(key: str, value: object) -> _Said:
    if value != META:
        word = value if isinstance(value, str) else ""
        yield GraphTypeInvalid(f"'{key}' must be {META}", f"/{key}", word=word, words=(META,))


def _texts(key: str, value: object) -> _Said:
    if not isinstance(value, (list, tuple)):
        yield GraphTypeInvalid(f"'{key}' must be {_WANTED[key]}", f"/{key}")
        return
    for index, one in enumerate(value):
        if not isinstance(one, str) or not one:
            yield GraphTypeInvalid(f"'{key}' must be {_WANTED[key]}", f"/{key}/{index}")
        elif one in value[:index]:
            yield GraphTypeInvalid(f"'{key}' names '{one}' twice", f"/{key}/{index}")


def _entries(key: str, value: object) -> _Said:
    if not isinstance(value, Mapping):
        yield GraphTypeInvalid(f"'{key}' must be {_WANTED[key]}", f"/{key}", is_key=True)


def _detect(key: str, value: object) -> _Said:
    if not isinstance(value, Mapping) or not value:
        yield GraphTypeInvalid(f"'{key}' must be {_WANTED[key]}", f"/{key}", is_key=True)
        return
    for name, rule in value.items():
        pointer = f"/{key}/{escaped(str(name))}"
        if name not in _DETECT:
            left = [one for one in _DETECT if one not in value]
            yield GraphTypeInvalid(
                f"'{key}' has no '{name}'", pointer, word=str(name), words=left, is_key=True
            )
        elif name == "values":
            yield from _texts_by_key(name, rule, pointer)
        elif not isinstance(rule, (list, tuple)) or not rule:
            yield GraphTypeInvalid(f"'{name}' must be {_DETECT[name]}", pointer)
        else:
            for index, one in enumerate(rule):
                if not isinstance(one, str) or not one:
                    yield GraphTypeInvalid(f"'{name}' must be {_DETECT[name]}", f"{pointer}/{index}")
                elif name == "files" and (one.startswith(("/", "~", "\\")) or ".." in one.split("/")):
                    message = f"'{one}' leads out of the workspace; name files inside it"
                    yield GraphTypeInvalid(message, f"{pointer}/{index}")


def _texts_by_key(name: str, rule: object, pointer: str) -> _Said:
    if not isinstance(rule, Mapping) or not rule:
        yield GraphTypeInvalid(f"'{name}' must be {_DETECT[name]}", pointer)
        return
    for key, text in rule.items():
        if not isinstance(text, str):
            message = f"the value of '{key}' must be text; write it in quotes"
            yield GraphTypeInvalid(message, f"{pointer}/{escaped(str(key))}")


def _anything(_key: str, _value: object) -> _Said:
    return iter(())


_WANTED: Final = {
    "name": "text",
    "version": "a whole number from 1 on",
    "scope": "system, tenant or user",
    "description": "text",
    "imports": "a list of modules such as darwinflow:base",
    "reserved": "a list of node ids",
    "detect": "a mapping of 'files', 'keys' or 'values' that tell its documents",
    "$defs": "a mapping of entries",
    _EXTENDS: "the name of a graph type, such as workflow",
}
_DETECT: Final = {
    "files": "a list of patterns such as pipelines/*.yaml",
    "keys": "a list of keys that a document has at its root",
    "values": "a mapping of keys at the root to texts, such as {kind: Pipeline}",
}
_KEYS: Final[Mapping[str, Callable[[str, object], _Said]]] = {
    "$schema": _schema,
    "$id": _anything,
    "$comment": _text,
    "name": _text,
    "version": _version,
    "scope": _scope,
    "title": _text,
    "description": _text,
    _EXTENDS: _text,
    "imports": _texts,
    "reserved": _texts,
    "detect": _detect,
    "projection": _anything,
    "$defs": _entries,
}
