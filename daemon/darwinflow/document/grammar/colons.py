"""A key and its value with something else between them than ``: ``. Functions of strings only."""

import re
import unicodedata
from typing import Final, NamedTuple

_SLIPPED: Final = re.compile(
    r"([A-Za-z_][\w./-]*)(?:(:)(?=[^ \t])|[ \t]*([\uff1a\ufe55\ua789\u02d0\uff1b;\uff1d=]))[\s\u200b\ufeff]*"
)
"""A key, what stands behind it for a colon, and blanks of any kind."""
SLASHES: Final = "a comment begins with '#', not '//'"
_WIDE: Final = frozenset("\uff1a\ufe55\ua789\u02d0")
"""Colons of other scripts."""
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
        if blanks:
            first = last + len(blanks) - len(blanks.lstrip(" "))
            last = first + 1
            message = f"the blank behind ':' is {named(text[first])} and no space; write '{key}: ...'"
    elif mark in _WIDE:
        message = f"'{mark}' is no colon in YAML; write '{written}'"
    else:
        message = f"a value follows ':', not '{mark}'; write '{written}'"
    return SlippedColon(key, mark, first, last, match.end(1), match.end(), message)


def named(character: str) -> str:
    """`a no-break space (U+00A0)`."""
    name = unicodedata.name(character, "").lower()
    return f"a {name} (U+{ord(character):04X})" if name else f"U+{ord(character):04X}"
