"""Conditions as CEL (Common Expression Language): read by the library of the CEL project, never evaluated.

The library is imported when the first condition is read. Its tree is asked for as a message of the published
format `cel.expr.ParsedExpr`, of which the few fields that matter here are picked out by hand.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from cel_expr_python.cel import Env

    from darwinflow.check.cel_faults import CelFault

MAX_CHARACTERS: Final = 1_000
"""A longer condition is not read."""
_MAX_DEPTH: Final = 100
"""Levels of a tree that are looked into; what lies deeper is something that nobody judges."""
_KEPT: Final = 20_000

Kind = Literal["name", "select", "index", "call", "text", "number", "bool", "list", "fold", "other"]


class Expr(NamedTuple):
    """One node of the tree."""

    kind: Kind
    offset: int
    """Where it stands in the condition, in characters."""
    value: str | bool | tuple[str, ...] | None
    """The name, the selected field, the function, the text, whole number or truth value; of a `fold` the names that it
    binds.
    """
    parts: tuple["Expr", ...]


class Use(NamedTuple):
    """A name that a condition takes from outside, and the steps behind it."""

    name: str
    path: tuple[str, ...]
    offset: int


class Parsed(NamedTuple):
    fault: "CelFault | None"
    tree: Expr | None
    """None where there is a fault."""
    uses: tuple[Use, ...]


@lru_cache(_KEPT)
def parsed(text: str) -> Parsed:
    """Read one condition of at most `MAX_CHARACTERS` characters."""
    try:
        message = _environment().compile(text, disable_check=True).serialize()
    except RuntimeError as exc:
        from darwinflow.check.cel_faults import fault_of  # here: sound conditions need none of it

        return Parsed(fault_of(text, str(exc)), None, ())
    tree = _tree(message)
    return Parsed(None, tree, tuple(sorted(_uses(tree), key=lambda use: use.offset)))


@cache
def _environment() -> "Env":
    from cel_expr_python import cel

    return cel.NewEnv()


def chain(tree: Expr) -> Use | None:
    """The name that *tree* begins with and the steps behind it; None where it is no such row of steps."""
    steps: list[str] = []
    while tree.kind in ("select", "index"):
        if tree.kind == "index":
            tree, key = tree.parts
            if key.kind != "text":
                return None
            steps.append(str(key.value))
        else:
            steps.append(str(tree.value))
            (tree,) = tree.parts
    if tree.kind != "name":
        return None
    return Use(str(tree.value).lstrip("."), tuple(reversed(steps)), tree.offset)


def _uses(tree: Expr) -> Iterator[Use]:
    waiting: list[tuple[Expr, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        here, bound = waiting.pop()
        use = chain(here)
        if use is not None:
            if use.name not in bound:
                yield use
            continue
        waiting += [(part, bound) for part in here.parts[:1]]
        if here.kind == "fold" and isinstance(here.value, tuple):
            bound = bound.union(here.value)
        waiting += [(part, bound) for part in here.parts[1:]]


Fields = dict[int, list[int | bytes]]


def _fields(message: bytes) -> Fields:
    """The fields of a protobuf message by number; numbers and lengths of what is in them as they come."""
    found: Fields = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        wire = tag & 7
        value: int | bytes
        if wire == 0:
            value, at = _varint(message, at)
        else:
            size, at = (8, at) if wire == 1 else (4, at) if wire == 5 else _varint(message, at)
            value = message[at : at + size]
            at += size
        found.setdefault(tag >> 3, []).append(value)
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7


def _tree(message: bytes) -> Expr:
    """*message*: a `google.protobuf.Any` around a `ParsedExpr`."""
    whole = _fields(_bytes(_fields(message), 2))
    offsets: dict[int, int] = {}
    for entry in _fields(_bytes(whole, 3)).get(4, ()):
        pair = _fields(entry if isinstance(entry, bytes) else b"")
        offsets[_number(pair, 1)] = _number(pair, 2)
    return _expr(_bytes(whole, 2), offsets, 0)


def _expr(message: bytes, offsets: dict[int, int], depth: int) -> Expr:
    fields = _fields(message)
    offset = offsets.get(_number(fields, 2), 0)
    if depth >= _MAX_DEPTH:
        return Expr("other", offset, None, ())

    def inner(of: Fields, *numbers: int) -> tuple[Expr, ...]:
        return tuple(
            [
                _expr(part, offsets, depth + 1)
                for number in numbers
                for part in of.get(number, ())
                if isinstance(part, bytes)
            ]
        )

    if 3 in fields:
        return _constant(_fields(_bytes(fields, 3)), offset)
    if 4 in fields:
        return Expr("name", offset, _text(_fields(_bytes(fields, 4)), 1), ())
    if 5 in fields:
        select = _fields(_bytes(fields, 5))
        return Expr("select", offset, _text(select, 2), inner(select, 1))
    if 6 in fields:
        call = _fields(_bytes(fields, 6))
        function = _text(call, 2)
        parts = inner(call, 1, 3)
        return Expr("index" if function == "_[_]" and len(parts) == 2 else "call", offset, function, parts)
    if 7 in fields:
        return Expr("list", offset, None, inner(_fields(_bytes(fields, 7)), 1))
    if 8 in fields:
        entries = [
            _fields(entry) for entry in _fields(_bytes(fields, 8)).get(2, ()) if isinstance(entry, bytes)
        ]
        return Expr("other", offset, None, tuple([part for entry in entries for part in inner(entry, 3, 4)]))
    if 9 in fields:
        fold = _fields(_bytes(fields, 9))
        names = tuple([name for number in (1, 3, 8) if (name := _text(fold, number))])
        return Expr("fold", offset, names, inner(fold, 2, 4, 5, 6, 7))
    return Expr("other", offset, None, ())


def _constant(fields: Fields, offset: int) -> Expr:
    if 6 in fields:
        return Expr("text", offset, _text(fields, 6), ())
    if 2 in fields:
        return Expr("bool", offset, bool(_number(fields, 2)), ())
    if 3 in fields or 4 in fields:
        number = _number(fields, 3) or _number(fields, 4)
        return Expr("number", offset, str(number - (1 << 64) if number >> 63 and 3 in fields else number), ())
    if 5 in fields:
        return Expr("number", offset, None, ())
    return Expr("other", offset, None, ())


def _bytes(fields: Fields, number: int) -> bytes:
    value = fields.get(number, [b""])[-1]
    return value if isinstance(value, bytes) else b""


def _number(fields: Fields, number: int) -> int:
    value = fields.get(number, [0])[-1]
    return value if isinstance(value, int) else 0


def _text(fields: Fields, number: int) -> str:
    return _bytes(fields, number).decode("utf-8", "replace")
