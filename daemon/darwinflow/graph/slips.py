"""Entries and fields of a module whose names are clearly slips: each would silently mean something else."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from darwinflow.graph.conventions import ENTRY, SUFFIXES, escaped, suffix_of
from darwinflow.graph.graph_type import GraphTypeInvalid, Module, Schema, fields_of
from darwinflow.graph.reference import Dereferencer
from darwinflow.model.nearest import nearest

BASE: Final = "darwinflow:base"
_KNOWN: Final = frozenset({"id", "type", "description", "metadata", "config", "from", "to", "key"})
"""Fields that mean something to DarwinFlow, so that a name close to one is the slip."""


def misnamed(module: Module) -> Iterator[GraphTypeInvalid]:
    """A fault for each entry that fits no convention."""
    entries = module.get("$defs")
    names = [str(name) for name in entries] if isinstance(entries, Mapping) else []
    referred: set[str] | None = None
    for name in names:
        if ENTRY.match(name) and name not in SUFFIXES:
            continue
        referred = referred if referred is not None else set(_references(module))
        meant = "".join([part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name)])
        is_free = meant not in names and f"#/$defs/{name}" not in referred
        message = (
            f"'{name}' fits no convention: <Name>Node, <Name>Edge, <Name>EdgeConstraints, <Name>Enum, "
            "Config, or a bare name for what they share"
        )
        words = (meant,) if ENTRY.match(meant) and is_free else ()
        yield GraphTypeInvalid(message, f"/$defs/{escaped(name)}", word=name, words=words, is_key=True)


def misspelt_entries(module: Module, source: Dereferencer) -> Iterator[GraphTypeInvalid]:
    """A fault for each entry that nothing refers to, and that is a node, an edge or the like but for its name."""
    entries = module.get("$defs")
    referred: set[str] | None = None
    for name, entry in entries.items() if isinstance(entries, Mapping) else ():
        meant = _entry_meant(str(name))
        if meant is None or not isinstance(entry, Mapping) or not _is_one(str(name), entry, meant, source):
            continue
        if referred is None:
            referred = set(_references(module))
        if f"#/$defs/{name}" not in referred:
            message = f"nothing refers to '{name}', and its name makes it a part that others share"
            pointer = f"/$defs/{escaped(str(name))}"
            yield GraphTypeInvalid(message, pointer, word=str(name), words=(meant,), is_key=True)


def _entry_meant(name: str) -> str | None:
    """*name* with the suffix that its end is a slip of."""
    if suffix_of(name) or name in ("Config", "Document"):
        return None
    for suffix in SUFFIXES:
        for more in (0, -1, 1, -2):
            size = len(suffix) + more
            stem, tail = name[:-size], name[-size:]
            begins_alike = tail[:1].lower() == suffix[0].lower() or tail.lower() == suffix[1:].lower()
            if stem and begins_alike and nearest(tail, [suffix]) is not None:
                return stem + suffix
    return None


def _is_one(name: str, entry: Mapping[str, object], meant: str, source: Dereferencer) -> bool:
    """Whether *entry* holds what one of the name *meant* would."""
    suffix = suffix_of(meant)
    if suffix == "Enum":
        return "enum" in entry
    if suffix == "EdgeConstraints":
        return any(field.startswith("allowed") for field in fields_of(entry))
    return source.composes(name, f"{BASE}#/$defs/Base{suffix}")


def _references(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key == "$ref" and isinstance(part, str):
                yield part
            yield from _references(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _references(part)


def refuse_slips(entry: str, own: object, whole: Schema) -> None:
    """Refuse a node or an edge one of whose fields is a slip of one that it needs.

    *own*: what the module says of it; *whole*: the same with all that it refers to.
    """
    if not isinstance(own, Mapping):
        return
    pointer = f"/$defs/{escaped(entry)}"
    mine, fields = fields_of(own), fields_of(whole)
    if "type" not in mine:
        for name, field in mine.items():
            if "const" in field.schema and nearest(name, ["type"]) is not None:
                raise _slip(f"'{entry}' fixes no 'type'", f"{pointer}/properties", name, "type")
    elif not _is_text(mine["type"].schema.get("const", "absent")):
        raise GraphTypeInvalid(
            f"'{entry}' must fix its 'type' to text that can be printed", f"{pointer}/properties/type/const"
        )
    required = whole.get("required", ())
    assert isinstance(required, (list, tuple))
    for name in [str(one) for one in required if one not in fields]:
        slip = nearest(name, [field for field in mine if field not in required])
        if slip is not None and name in _KNOWN:
            raise _slip(f"'{entry}' requires '{name}'", f"{pointer}/properties", slip, name)
        own_required = own.get("required", ())
        at = (
            list(own_required).index(name)
            if isinstance(own_required, (list, tuple)) and name in own_required
            else -1
        )
        if at >= 0 and (slip is not None or whole.get("additionalProperties") is False):
            message = f"'required' names '{name}', which is no field here"
            words = [field for field in fields if field not in required]
            raise GraphTypeInvalid(message, f"{pointer}/required/{at}", word=name, words=words)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and bool(value.strip())


def _slip(message: str, parent: str, name: str, meant: str) -> GraphTypeInvalid:
    return GraphTypeInvalid(message, f"{parent}/{escaped(name)}", word=name, words=(meant,), is_key=True)
