"""What can be known of the types in a condition: functions that CEL has, what they take and give.

What nodes give may be anything, so only literals and what functions make of them are judged.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from darwinflow.check.cel import Expr
from darwinflow.model.nearest import nearest

_TEXT: Final = "a text"
_NUMBER: Final = "a number"
_LIST: Final = "a list"
_TIME: Final = "a time"
_SPAN: Final = "a length of time"
_TRUTH: Final = "true or false"
_PARTS: Final = ("getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours")
_MORE_PARTS: Final = ("getMilliseconds", "getMinutes", "getMonth", "getSeconds")
_FUNCTIONS: Final[dict[str, tuple[int, int, str]]] = {
    "size": (1, 1, _NUMBER),
    "int": (1, 1, _NUMBER),
    "uint": (1, 1, _NUMBER),
    "double": (1, 1, _NUMBER),
    "string": (1, 1, _TEXT),
    "bytes": (1, 1, ""),
    "bool": (1, 1, _TRUTH),
    "dyn": (1, 1, ""),
    "type": (1, 1, ""),
    "timestamp": (1, 1, _TIME),
    "duration": (1, 1, _SPAN),
    "startsWith": (2, 2, _TRUTH),
    "endsWith": (2, 2, _TRUTH),
    "contains": (2, 2, _TRUTH),
    "matches": (2, 2, _TRUTH),
    **dict.fromkeys(_PARTS + _MORE_PARTS, (1, 2, _NUMBER)),
}
"""Of CEL's own: how many values each takes at least and at most, with the one before its dot, and what it gives."""
_READING: Final = frozenset({"matches", "duration", "timestamp", "int", "uint", "double"})
"""Functions that take a text apart."""
_OF_TEXTS: Final = frozenset({"startsWith", "endsWith", "contains", "matches"})
_LITERAL: Final = re.compile(r"""[rR]?(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_MACROS: Final = {"has": 1, "all": 3, "exists": 3, "exists_one": 3, "map": 3, "filter": 3}
"""What CEL unfolds as it reads; a call of one is left over where it is given another number of values."""
_EXTENSIONS: Final = (
    "charAt indexOf lastIndexOf lowerAscii upperAscii replace split substring trim join reverse "
    "quote format greatest least ceil floor round trunc abs sign isNaN isInf isFinite sqrt bitAnd "
    "bitOr bitXor bitNot bitShiftLeft bitShiftRight encode decode of none ofNonZeroValue hasValue "
    "value orValue or optMap optFlatMap slice flatten sort sortBy range distinct first last bind "
    "existsOne transformList transformMap transformMapEntry find findAll isSorted sum min max isURL "
    "url ip isIP cidr isCIDR quantity isQuantity"
)
"""Functions of libraries that an evaluator may bring along."""
_SYNONYMS: Final = {
    "len": "size",
    "length": "size",
    "count": "size",
    "str": "string",
    "toString": "string",
    "float": "double",
    "number": "double",
    "includes": "contains",
    "has_prefix": "startsWith",
    "has_suffix": "endsWith",
    "match": "matches",
    "test": "matches",
    "any": "exists",
    "some": "exists",
    "every": "all",
    "date": "timestamp",
}
"""What other languages call functions of CEL."""
_COMPARED: Final = {"_==_": "==", "_!=_": "!=", "_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}
_JOINED: Final = {"_&&_": "&&", "_||_": "||", "!_": "!"}
_ADDED: Final = frozenset({"_+_", "_-_"})
_COUNTED: Final = frozenset({"_*_", "_/_", "_%_", "-_"})


class TypeFault(NamedTuple):
    message: str
    start: int
    """Of what is at fault, in characters of the condition."""
    end: int
    is_name: bool = False
    """Whether it is about a function's name."""
    instead: str = ""
    """The function that was meant; empty where nobody can know."""


def type_fault(text: str, tree: Expr) -> TypeFault | None:
    """The first thing in the condition *text*, read as *tree*, that no value of its names can make right."""
    for here in _all_of(tree):
        fault = _fault_of_call(text, here) if here.kind == "call" else None
        if fault is not None:
            return fault
    given = _type_of(tree)
    if given not in ("", _TRUTH):
        return TypeFault(f"a condition is true or false, and this one gives {given}", 0, len(text))
    return None


def _all_of(tree: Expr) -> Iterator[Expr]:
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        yield here
        waiting += reversed(here.parts)


def _fault_of_call(text: str, call: Expr) -> TypeFault | None:
    name = str(call.value)
    if name[:1] in ("_", "!", "-", "@"):
        return _fault_of_operator(text, call, name)
    start, end = _name_before(text, name, call.offset)
    known = _FUNCTIONS.get(name)
    if known is not None:
        least, most, _ = known
        if least <= len(call.parts) <= most:
            return _fault_of_arguments(text, name, call)
        return TypeFault(f"'{name}' takes {_values(least, most)}, and is given {len(call.parts)}", start, end)
    if name in _MACROS:
        form = "has(x.y)" if name == "has" else f"list.{name}(x, CONDITION)"
        return TypeFault(f"'{name}' is written {form}", start, end)
    if name in _EXTENSIONS.split():
        return None
    near = _SYNONYMS.get(name) or nearest(name, [*_FUNCTIONS, *_MACROS])
    advice = f"; did you mean '{near}'?" if near else ""
    return TypeFault(f"CEL has no function '{name}'{advice}", start, end, is_name=True, instead=near or "")


def _fault_of_arguments(text: str, name: str, call: Expr) -> TypeFault | None:
    """A value that the function *name*, called with as many as it takes, cannot use."""
    if name in _OF_TEXTS:
        odd = next((kind for part in call.parts if (kind := _type_of(part)) not in ("", _TEXT)), None)
        if odd is not None:
            start, end = _name_before(text, name, call.offset)
            return TypeFault(f"'{name}' takes texts, and not {odd}", start, end)
    last = call.parts[-1]
    if last.kind != "text" or name not in _READING:
        return None
    from darwinflow.check.cel_literals import literal_fault  # here: nearly no condition has one

    message = literal_fault(name, str(last.value))
    match = _LITERAL.match(text, last.offset)
    return (
        None
        if message is None
        else TypeFault(message, *(match.span() if match else (last.offset, last.offset + 1)))
    )


def _fault_of_operator(text: str, call: Expr, name: str) -> TypeFault | None:
    if name in _JOINED:
        for part in call.parts:
            given = _type_of(part)
            if given not in ("", _TRUTH):
                sign = _JOINED[name]
                start, end = _operator_at(text, call.offset, sign)
                return TypeFault(f"'{sign}' takes what is true or false, and not {given}", start, end)
    elif name in _COMPARED:
        one, other = (_type_of(part) for part in call.parts)
        if one and other and one != other:
            sign = _COMPARED[name]
            start, end = _operator_at(text, call.offset, sign)
            return TypeFault(f"'{sign}' cannot compare {one} with {other}", start, end)
    elif name == "@in":
        given = _type_of(call.parts[1])
        if given not in ("", _LIST):
            start, end = _operator_at(text, call.offset, "in")
            return TypeFault(f"'in' looks into a list or a map, and not into {given}", start, end)
    elif name in _COUNTED or name in _ADDED:
        return _fault_of_sum(text, call, name.strip("_"))
    return None


def _fault_of_sum(text: str, call: Expr, sign: str) -> TypeFault | None:
    kinds = [kind for part in call.parts if (kind := _type_of(part)) not in ("", _TIME, _SPAN)]
    start, end = _operator_at(text, call.offset, sign)
    odd = next((kind for kind in kinds if kind != _NUMBER), None)
    if odd is not None and str(call.value) in _COUNTED:
        return TypeFault(f"'{sign}' takes numbers, and not {odd}", start, end)
    if len(set(kinds)) > 1:
        return TypeFault(
            f"'{sign}' takes two values of one kind, and not {kinds[0]} and {kinds[1]}", start, end
        )
    return None


def _type_of(tree: Expr) -> str:
    """What *tree* gives; empty where that may be anything."""
    if tree.kind == "text":
        return _TEXT
    if tree.kind == "number":
        return _NUMBER
    if tree.kind == "bool":
        return _TRUTH
    if tree.kind == "list":
        return _LIST
    if tree.kind != "call":
        return ""
    name = str(tree.value)
    if name in _COMPARED or name in _JOINED or name == "@in":
        return _TRUTH
    if name in _COUNTED:
        return _NUMBER
    if name in _ADDED:
        one, other = (_type_of(part) for part in tree.parts)
        return one if one == other and one not in (_TIME, _SPAN) else ""
    if name == "_?_:_":
        one, other = (_type_of(part) for part in tree.parts[1:])
        return one if one == other else ""
    return _FUNCTIONS.get(name, (0, 0, ""))[2]


def _values(least: int, most: int) -> str:
    if least == most:
        return "one value" if least == 1 else f"{least} values, one of them before the dot"
    return f"{least} or {most} values"


def _name_before(text: str, name: str, offset: int) -> tuple[int, int]:
    """Where the name of a call stands whose parenthesis, or name, is at *offset*."""
    found = -1
    for match in re.finditer(rf"\b{re.escape(name)}\b", text[: offset + len(name)]):
        found = match.start()
    return (found, found + len(name)) if found >= 0 else (offset, offset + 1)


def _operator_at(text: str, offset: int, sign: str) -> tuple[int, int]:
    return offset, offset + (len(sign) if text.startswith(sign, offset) else 1)
