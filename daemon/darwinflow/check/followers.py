"""Faults of one item that are one: a key that nobody knows, and the key or the mapping that is missing because of it."""

from collections.abc import Mapping

from darwinflow.catalog.catalog import Compiled
from darwinflow.check.faults import Fault
from darwinflow.document.grammar.colons import SlippedColon, colon_within, opened_key, slipped_colon
from darwinflow.graph.graph_type import Schema, fields_of
from darwinflow.projection.places import Path


def without_followers(faults: list[Fault]) -> list[Fault]:
    """*faults*, of one item, without those that vanish when an unknown key is renamed or moved."""
    if any(fault.kind == "unknown" for fault in faults):
        faults = _renamed(_parted(_moved(_astray(_rejoined(faults)))))
    return _unfinished(faults)


def _unfinished(faults: list[Fault]) -> list[Fault]:
    """Keys without their value beside a key that is missing are missing as well: the mapping is still being written."""
    missing = {fault.path: fault for fault in faults if fault.kind == "missing"}
    if not missing:
        return faults
    return [
        Fault("missing", owner.path, str(fault.path[-1]), owner.schema, owner.keyword, None, owner.data)
        if _is_empty(fault)
        and (owner := missing.get(fault.path[:-1])) is not None
        and not fields_of(fault.schema)
        and (field := fields_of(owner.schema).get(str(fault.path[-1]))) is not None
        and field.required
        else fault
        for fault in faults
    ]


def _rejoined(faults: list[Fault]) -> list[Fault]:
    """Without the rest of a key that is broken in two, whose beginning is a key without a value above it."""
    joined: set[tuple[Path, str]] = set()
    rests: list[Fault] = []
    for fault in faults:
        whole = _whole(fault, faults)
        if whole is not None:
            rests.append(fault)
            joined.add((fault.path, whole))
    if not rests:
        return faults
    return [
        fault
        for fault in faults
        if fault not in rests and not (fault.kind == "missing" and (fault.path, fault.name) in joined)
    ]


def _whole(rest: Fault, faults: list[Fault]) -> str | None:
    """The known key that *rest* is the end of."""
    if rest.kind != "unknown" or not isinstance(rest.data, Mapping):
        return None
    fields = fields_of(rest.schema)
    if not rest.name:
        return next((name for name, value in rest.data.items() if value is None and name in fields), None)
    wholes = [
        fault.name + rest.name
        for fault in faults
        if fault.kind == "unknown" and fault.path == rest.path and rest.data.get(fault.name, rest) is None
    ]
    return next((whole for whole in wholes if whole in fields and whole not in rest.data), None)


def _moved(faults: list[Fault]) -> list[Fault]:
    """Keys that stand beside the mapping which lacks them, or anywhere else, are that mapping's."""
    for lacking in [fault for fault in faults if fault.kind == "missing" or _is_empty(fault)]:
        name = lacking.name or str(lacking.path[-1])
        path = lacking.path if lacking.kind == "missing" else lacking.path[:-1]
        fields = fields_of(_schema_of(lacking))
        inner = [
            fault
            for fault in faults
            if fault.kind == "unknown"
            and fault.meant is None
            and fault.name in fields
            and fault.path[: len(path)] == path
        ]
        if inner:
            moved = [fault._replace(inside=name) if fault in inner else fault for fault in faults]
            faults = [fault for fault in moved if fault is not lacking]
    return faults


def _astray(faults: list[Fault]) -> list[Fault]:
    """Without keys that a mapping lacks which stand right beside it."""
    beside = {(fault.path, fault.name) for fault in faults if fault.kind == "unknown"}
    return [
        fault
        for fault in faults
        if fault.kind != "missing" or not fault.path or (fault.path[:-1], fault.name) not in beside
    ]


def _is_empty(fault: Fault) -> bool:
    return fault.kind == "type" and fault.data is None and bool(fault.path)


def _schema_of(lacking: Fault) -> Schema:
    if lacking.kind != "missing":
        return lacking.schema
    field = fields_of(lacking.schema).get(lacking.name)
    return field.schema if field is not None else {}


def _parted(faults: list[Fault]) -> list[Fault]:
    """A key that holds its value, too, as its colon is missing, stands for the key that it begins with."""
    parted = [fault._replace(instead=_beginning(fault), meant=None) for fault in faults if _beginning(fault)]
    if not parted:
        return faults
    heads = {(fault.path, fault.instead) for fault in parted}
    kept = [fault for fault in faults if fault.kind != "missing" or (fault.path, fault.name) not in heads]
    names = {(fault.path, fault.name): fault for fault in parted}
    return [names.get((fault.path, fault.name), fault) for fault in kept]


def _beginning(fault: Fault) -> str | None:
    """The known key that an unknown one begins with, before a blank or what stands for a colon, where it is not there itself."""
    if fault.kind != "unknown" or not isinstance(fault.data, Mapping):
        return None
    slipped = slipped_key(fault)
    head, *rest = [slipped.key, ""] if slipped is not None else fault.name.split(None, 1) or [""]
    is_key = bool(rest) and head in fields_of(fault.schema) and head not in fault.data
    is_whole = fault.data[fault.name] is None or slipped is not None
    return head if is_key and is_whole else None


def slipped_key(fault: Fault) -> SlippedColon | None:
    """How the unknown key holds its value, too, or the beginning of one in brackets: `config {path` of `config {path: x}`."""
    value = fault.data.get(fault.name) if isinstance(fault.data, Mapping) else None
    if value is None:
        slipped, within = slipped_colon(fault.name), colon_within(fault.name)
        fields = fields_of(fault.schema)
        return (
            within if within and within.key in fields and slipped and slipped.key not in fields else slipped
        )
    return opened_key(fault.name, value) if isinstance(value, str) and value[-1:] in ("}", "]") else None


def _renamed(faults: list[Fault]) -> list[Fault]:
    """Where one key is missing, the only unknown one whose value it takes stands for it."""
    missing: dict[Path, list[Fault]] = {}
    for fault in faults:
        if fault.kind == "missing":
            missing.setdefault(fault.path, []).append(fault)
    for path, (first, *more) in missing.items():
        unknown = [
            fault for fault in faults if fault.kind == "unknown" and fault.path == path and _is_open(fault)
        ]
        fitting = _fitting(first, unknown) if unknown and not more else []
        if not fitting and len(unknown) == 1 and _is_name(first, unknown[0]):
            fitting = unknown
        if len(fitting) == 1:
            faults = [
                fault._replace(instead=first.name) if fault is fitting[0] else fault
                for fault in faults
                if fault is not first
            ]
    return faults


def _is_name(missing: Fault, unknown: Fault) -> bool:
    """Whether the key *unknown* is the id that is missing: `- wait:` for `- id: wait`."""
    data = unknown.data
    is_first = isinstance(data, Mapping) and next(iter(data), None) == unknown.name
    return missing.name == "id" and not missing.path and is_first and data[unknown.name] is None


def _is_open(fault: Fault) -> bool:
    """Whether nobody knows yet what the key is meant to be."""
    return fault.meant is None and fault.inside is None and fault.instead is None


def _fitting(missing: Fault, unknown: list[Fault]) -> list[Fault]:
    """Those of *unknown* whose value is right for the key that is missing."""
    compiled = Compiled(_schema_of(missing))
    return [
        fault
        for fault in unknown
        if isinstance(fault.data, Mapping) and compiled.takes(fault.data.get(fault.name))
    ]
