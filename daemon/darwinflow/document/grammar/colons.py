"""A key and its value with something else between them than ``: ``. Functions of strings only."""

import re
import unicodedata
from typing import Final, NamedTuple

_SLIPPED: Final = re.compile(
    r"([A-Za-z_][\w./-]*)[ \t]*(?:(:)(?=[^ \t])|([\uff1a\ufe55\ua789\u02d0\uff1b;\uff1d=]))[\s\u200b\ufeff]*"
)
"""A key, what stands behind it for a colon, and blanks of any kind."""
_OPENED: Final = re.compile(r"([A-Za-z_][\w./-]*)([ \t]*)(:?)[ \t]*(?=([{\[])[^{}\[\]]*\Z)")
"""A key and, before the colon that the line is split at, the bracket that its value begins with."""
_LOST: Final = re.compile(r"([A-Za-z_][\w./-]*)[ \t]*(?:(?=\[.*\]\Z|\{.*\}\Z)|(?<=[ \t])(?=\".*\"\Z|'.*'\Z))")
"""A key before a value in brackets or quotes."""
_WITHIN: Final = re.compile(r"([A-Za-z_][\w-]*):([A-Za-z_][\w-]*)(?:[ \t]+(?=\S)|\Z)")
SLASHES: Final = "a comment begins with '#', not '//'"
_WIDE: Final = frozenset("\uff1a\ufe55\ua789\u02d0")
"""Colons of other scripts."""
_BEGINS_VALUE: Final = re.compile(r"[\w\"'\[{$./~<-](?![ \t])")
"""A value as it stands right behind a colon; else a mark, or a letter exchanged with the blank, is one too many: `tool:g it`."""
_LONGEST: Final = 40


class SlippedColon(NamedTuple):
    key: str
    mark: str
    """What stands for the colon, or the colon itself where no space follows it."""
    first: int
    """Where the character at fault stands, in characters of the text."""
    last: int
    """Behind it."""
    start: int
    """Where the mark and the blanks around it begin."""
    end: int
    """Where the value begins."""
    message: str
    is_certain: bool = True
    """Whether nothing else can be meant."""
    written: str = ": "
    """What belongs between start and end."""


def slipped_colon(text: str, start: int = 0) -> SlippedColon | None:
    """What stands for the colon of the key that begins at *start*; None where there is no such key."""
    match = _SLIPPED.match(text, start)
    if match is None:
        return None
    key, mark = match[1], match[2] or match[3]
    value = text[match.end() :].strip()
    first = match.start(2 if match[2] else 3)
    last = first + 1
    blanks = text[last : match.end()]
    written = f"{key}: {value[:_LONGEST] or '...'}"
    if mark == ":":
        message = f"':' needs a space behind it; write '{key}: ...'"
        if first > match.end(1):
            message = f"the space belongs behind ':', not before it; write '{written}'"
        elif blanks:
            first = last + len(blanks) - len(blanks.lstrip(" "))
            last = first + 1
            message = f"the blank behind ':' is {named(text[first])} and no space; write '{key}: ...'"
    elif mark in _WIDE:
        message = f"'{mark}' is no colon in YAML; write '{written}'"
    else:
        message = f"a value follows ':', not '{mark}'; write '{written}'"
    is_certain = mark != ":" or bool(blanks) or _BEGINS_VALUE.match(text, match.end()) is not None
    return SlippedColon(key, mark, first, last, match.end(1), match.end(), message, is_certain)


def colon_within(text: str, start: int = 0) -> SlippedColon | None:
    """What is wrong if the colon stands within the key that begins at *start*, as in `promp:t Who`."""
    match = _WITHIN.match(text, start)
    if match is None:
        return None
    key, at = match[1] + match[2], match.end(1)
    message = f"the ':' stands within '{key}'; write '{key}: ...'"
    return SlippedColon(key, ":", at, at + 1, at, match.end(), message, written=f"{match[2]}: ")


def lost_colon(text: str) -> SlippedColon | None:
    """What is missing in a *text* that is no key and its value, as in `prompt "Who?"`."""
    match = _LOST.match(text)
    if match is None:
        return None
    key = match[1]
    message = f"a key needs ':' behind it; write '{key}: {text[match.end() :][:_LONGEST]}'"
    return SlippedColon(key, "", 0, len(key), len(key), match.end(), message)


def opened_key(text: str, value: str = "") -> SlippedColon | None:
    """What is wrong between key and bracket of a *text* that is no key, as in `config:{prompt`; *value*: what follows it."""
    match = _OPENED.match(text)
    if match is None:
        return None
    key, blanks, mark, bracket = match.groups()
    inside = f"{text[match.end() + 1 :]}: {value[:-1]}" if value else "..."
    written = f"{key}: {bracket}{inside[:_LONGEST]}{'}' if bracket == '{' else ']'}"
    if not mark:
        message = f"a key needs ':' behind it; write '{written}'"
    elif blanks:
        message = f"the space belongs behind ':', not before it; write '{written}'"
    else:
        message = f"':' needs a space behind it; write '{written}'"
    first = match.start(3) if mark else 0
    last = match.end(3) if mark else match.end(1)
    return SlippedColon(key, mark, first, last, match.end(1), match.end(), message)


def named(character: str) -> str:
    """`a no-break space (U+00A0)`."""
    name = unicodedata.name(character, "").lower()
    return f"a {name} (U+{ord(character):04X})" if name else f"U+{ord(character):04X}"
