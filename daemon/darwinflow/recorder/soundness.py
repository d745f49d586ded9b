"""What makes a value fit to be recorded as it is, told quickly: its size, its depth, its letters.

A short look before the C encoder, so that something huge is not encoded; the rest by the text that it made.
"""

import itertools
import json
from collections.abc import Callable

MAX_VALUE_BYTES = 256 * 1024
"""Of JSON text; what is longer is cut, and says so."""
MAX_DEPTH = 100
"""Levels of a value; decoders of other languages stop at 200 or so."""
_FIRST_LOOK = 400
"""Members looked at before the whole is encoded, so that something huge is not."""
_NO_BRACKETS = bytes(code for code in range(256) if chr(code) not in "[]{}")
_encode_unescaped: Callable[[object], str] = json.JSONEncoder(ensure_ascii=False).encode


def is_sound(json_text: str, value: object) -> bool:
    """Whether *json_text*, the encoded *value*, is one that every decoder takes: no lone surrogate, not too deep."""
    if not has_whole_letters(json_text, value):
        return False
    return json_text.count("[") + json_text.count("{") <= MAX_DEPTH or is_flat(value)


def _goes_its_own_way(kind: type) -> bool:
    """Whether the encoder would ask a container's own code for its members: it may have no end."""
    if issubclass(kind, dict):
        return kind.items is not dict.items
    if issubclass(kind, list):
        return kind.__iter__ is not list.__iter__
    return issubclass(kind, tuple) and kind.__iter__ is not tuple.__iter__


def looks_harmless(value: object) -> bool:
    """A first look at some members: none is huge, and keys are texts (the encoder would turn 1 and "1" into one).

    Where one holder is met twice, all is counted: a few lists that share one another can stand for millions.
    """
    todo = [value]
    holders: set[int] = set()
    holder_count = 0
    for item in todo:
        kind = type(item)
        if kind is str:
            assert isinstance(item, str)
            if len(item) > MAX_VALUE_BYTES:
                return False
        elif kind is dict:
            assert isinstance(item, dict)
            if len(item) > MAX_VALUE_BYTES or not {str}.issuperset(map(type, item)):
                return False
            holders.add(id(item))
            if len(todo) < _FIRST_LOOK:
                todo.extend(itertools.islice(item.values(), _FIRST_LOOK))
        elif kind is list or kind is tuple:
            assert isinstance(item, (list, tuple))
            if len(item) > MAX_VALUE_BYTES:
                return False
            holders.add(id(item))
            if len(todo) < _FIRST_LOOK:
                todo.extend(item[:_FIRST_LOOK])
        elif _goes_its_own_way(kind):
            return False
        else:
            continue
        if kind is not str:
            holder_count += 1
    return holder_count == len(holders) or is_flat(value)


def seems_flat(json_text: str) -> bool:
    """Whether the brackets of *json_text* close within `MAX_DEPTH` levels. Those inside texts can spoil the answer."""
    if json_text.count("[") + json_text.count("{") <= MAX_DEPTH:
        return True
    brackets = json_text.encode().translate(None, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        before = len(brackets)
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
        if not brackets:
            return True
        if len(brackets) == before:
            return False
    return not brackets


def is_flat(value: object) -> bool:
    """Whether *value* has at most `MAX_DEPTH` levels, and not more members than could be kept, however shared."""
    level = [value] if isinstance(value, (dict, list, tuple)) else []
    members = 0
    for _ in range(MAX_DEPTH):
        if not level:
            return True
        members += sum(map(len, level))
        if members > MAX_VALUE_BYTES:
            return False
        level = [
            member
            for holder in level
            for member in (holder.values() if isinstance(holder, dict) else holder)
            if isinstance(member, (dict, list, tuple))
        ]
    return not level


def has_whole_letters(json_text: str, value: object) -> bool:
    if "\\ud" not in json_text:
        return True
    try:
        _encode_unescaped(value).encode()
    except UnicodeEncodeError:
        return False
    return True
