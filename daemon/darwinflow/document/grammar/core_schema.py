"""The core schema of YAML 1.2: which plain texts are null, booleans and numbers.

``yes``, ``on``, ``017``, ``1_000``, ``0b1``, times and dates are what they look
like to YAML 1.2: strings, except ``017``, which is seventeen.
"""

import math
import re
from typing import Final

Scalar = None | bool | int | float | str

MAX_DIGITS: Final = 400
"""Longer integers stay text: no schema means them, and turning them takes quadratic time."""

_WORDS: Final[dict[str, Scalar]] = {
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    ".inf": math.inf,
    ".Inf": math.inf,
    ".INF": math.inf,
    "+.inf": math.inf,
    "+.Inf": math.inf,
    "+.INF": math.inf,
    "-.inf": -math.inf,
    "-.Inf": -math.inf,
    "-.INF": -math.inf,
    ".nan": math.nan,
    ".NaN": math.nan,
    ".NAN": math.nan,
}
_FIRST: Final = frozenset("~nNtTfF.+-0123456789")
_LETTERS: Final = frozenset("~nNtTfF")
_INTEGER: Final = re.compile(r"[-+]?[0-9]+\Z")
_BASED: Final = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


def resolved(text: str) -> Scalar:
    """The value of a plain scalar. Most texts are turned away by their first letter."""
    if not text:
        return None
    first = text[0]
    if first not in _FIRST:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if first in _LETTERS:
        return text
    if _INTEGER.match(text):
        return int(text) if len(text) <= MAX_DIGITS else text
    if _BASED.match(text):
        return int(text[2:], 8 if text[1] == "o" else 16) if len(text) <= MAX_DIGITS else text
    if _FLOAT.match(text):
        return float(text)
    return text
