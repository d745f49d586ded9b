"""Tells of most sound data that it is sound, so that a check of one file need not load a validator.

It never says so of data that the validator refuses, and leaves everything that it does not know well to that.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from math import isfinite
from typing import Any, Final

from darwinflow.graph.graph_type import Schema

_MOST_VALUES: Final = 500
"""In data that is looked at; more is work for the validator."""
_LARGEST: Final = 1 << 53
_SILENT: Final = frozenset({"title", "description", "examples", "default", "deprecated", "$comment"})
"""Keywords that refuse nothing."""
_KNOWN_PATTERN: Final = re.compile(
    r"\^?(?:[A-Za-z0-9 :,@_/-]|\[\^?(?:[A-Za-z0-9.,@_ +:/]|[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9]|\\s|\\p\{(?:L|M|N|Cc)\})+-?\]"
    r"|\((?:\?:)?|\)|[?*+|]|\{[0-9]+(?:,[0-9]*)?\})*\$?\Z"
)
"""Patterns that mean the same to `re` and to the validator, for a text of ASCII and with the classes below."""
_GREEDY: Final = re.compile(r"(?<!\()[*+]|\{[0-9]+,[0-9]*\}")
_OPTIONAL: Final = re.compile(r"(?<!\()\?")
_REPEATED_GROUP: Final = re.compile(r"\)[*+{]")
_BRACKETED: Final = re.compile(r"\[[^]]*\]")
_MOST_GREEDY, _MOST_OPTIONAL, _LONGEST_TEXT = 1, 10, 1_000
"""Beyond these, `re` may try so many ways that it takes for ever; the validator does not."""
_CLASSES: Final = {r"\p{L}": "A-Za-z", r"\p{M}": "", r"\p{N}": "0-9", r"\p{Cc}": r"\x00-\x1f\x7f"}
"""What a class of Unicode holds of ASCII."""


def is_sound(schema: Schema, data: Any) -> bool:
    """Whether *data* is certainly what *schema* wants. False: it is not, or nobody knows yet."""
    return _is_plain(data) and _fits(schema, data)


def _is_plain(data: Any) -> bool:
    """Whether it holds nothing that JSON cannot say, and not too much."""
    waiting = [data]
    for value in waiting:
        if isinstance(value, dict):
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, (int, float)):
            if not isfinite(value) or abs(value) > _LARGEST:
                return False
        elif value is not None and not isinstance(value, str):
            return False
        if len(waiting) > _MOST_VALUES:
            return False
    return True


def _fits(schema: Any, data: Any) -> bool:
    if not isinstance(schema, Mapping):
        return schema is True
    for keyword, wanted in schema.items():
        fits = _KEYWORDS.get(keyword)
        if fits is None:
            if keyword not in _SILENT and not keyword.startswith("x-"):
                return False
        elif not fits(wanted, data, schema):
            return False
    return True


def _has_type(wanted: Any, data: Any, _schema: Schema) -> bool:
    is_wanted = _TYPES.get(wanted) if isinstance(wanted, str) else None
    return is_wanted is not None and is_wanted(data)


def _is_one_of(wanted: Any, data: Any, _schema: Schema) -> bool:
    return isinstance(data, str) and data in wanted


def _is_constant(wanted: Any, data: Any, _schema: Schema) -> bool:
    return isinstance(data, str) and data == wanted


def _has_properties(wanted: Any, data: Any, _schema: Schema) -> bool:
    return not isinstance(data, dict) or all(
        _fits(wanted[name], value) for name, value in data.items() if name in wanted
    )


def _has_additional(wanted: Any, data: Any, schema: Schema) -> bool:
    known: Any = schema.get("properties", ())
    if not isinstance(data, dict) or wanted is True or all(name in known for name in data):
        return True
    others = [value for name, value in data.items() if name not in known]
    return "patternProperties" not in schema and all(_fits(wanted, value) for value in others)


def _has_named(wanted: Any, data: Any, _schema: Schema) -> bool:
    """Names that a pattern fits are left to the validator."""
    return not isinstance(data, dict) or all(
        _match(pattern, name) is False for pattern in wanted for name in data
    )


def _has_required(wanted: Any, data: Any, _schema: Schema) -> bool:
    return not isinstance(data, dict) or all(name in data for name in wanted)


def _has_items(wanted: Any, data: Any, _schema: Schema) -> bool:
    return not isinstance(data, list) or all(_fits(wanted, item) for item in data)


def _has_unique_items(wanted: Any, data: Any, _schema: Schema) -> bool:
    if not wanted or not isinstance(data, list):
        return True
    return all(isinstance(item, str) for item in data) and len(set(data)) == len(data)


def _fits_any(wanted: Any, data: Any, _schema: Schema) -> bool:
    return any(_fits(branch, data) for branch in wanted)


def _fits_all(wanted: Any, data: Any, _schema: Schema) -> bool:
    return all(_fits(branch, data) for branch in wanted)


def _has_pattern(wanted: Any, data: Any, _schema: Schema) -> bool:
    return not isinstance(data, str) or _match(wanted, data) is True


def _match(pattern: str, text: str) -> bool | None:
    """Whether *pattern* is found in *text*; None where that is left to the validator."""
    compiled = _compiled(pattern)
    if compiled is None or not text.isascii() or len(text) > _LONGEST_TEXT:
        return None
    return compiled.search(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    if not _KNOWN_PATTERN.match(pattern) or not _tries_few_ways(pattern):
        return None
    for name, characters in _CLASSES.items():
        pattern = pattern.replace(name, characters)
    if pattern.endswith("$"):
        pattern = pattern[:-1] + r"\Z"
    try:
        return re.compile(pattern, re.ASCII)
    except re.error:
        return None


def _tries_few_ways(pattern: str) -> bool:
    bare = _BRACKETED.sub("x", pattern)
    return (
        _REPEATED_GROUP.search(bare) is None
        and len(_GREEDY.findall(bare)) <= _MOST_GREEDY
        and len(_OPTIONAL.findall(bare)) <= _MOST_OPTIONAL
    )


def _is_number(data: Any) -> bool:
    return isinstance(data, (int, float)) and not isinstance(data, bool)


def _at_least(size: Callable[[Any], Any], is_meant: Callable[[Any], bool]) -> "_Fits":
    return lambda wanted, data, _schema: not is_meant(data) or size(data) >= wanted


def _at_most(size: Callable[[Any], Any], is_meant: Callable[[Any], bool]) -> "_Fits":
    return lambda wanted, data, _schema: not is_meant(data) or size(data) <= wanted


_Fits = Callable[[Any, Any, Schema], bool]
_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "string": lambda data: isinstance(data, str),
    "object": lambda data: isinstance(data, dict),
    "array": lambda data: isinstance(data, list),
    "boolean": lambda data: isinstance(data, bool),
    "null": lambda data: data is None,
    "number": _is_number,
    "integer": lambda data: isinstance(data, int) and not isinstance(data, bool),
}
_KEYWORDS: Final[Mapping[str, _Fits]] = {
    "type": _has_type,
    "enum": _is_one_of,
    "const": _is_constant,
    "properties": _has_properties,
    "additionalProperties": _has_additional,
    "patternProperties": _has_named,
    "required": _has_required,
    "items": _has_items,
    "uniqueItems": _has_unique_items,
    "anyOf": _fits_any,
    "allOf": _fits_all,
    "pattern": _has_pattern,
    "minItems": _at_least(len, _TYPES["array"]),
    "maxItems": _at_most(len, _TYPES["array"]),
    "minLength": _at_least(len, _TYPES["string"]),
    "maxLength": _at_most(len, _TYPES["string"]),
    "minimum": _at_least(lambda data: data, _is_number),
    "maximum": _at_most(lambda data: data, _is_number),
}
