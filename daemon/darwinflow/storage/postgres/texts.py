"""Texts as PostgreSQL can keep them: it takes neither NUL nor halves of surrogate pairs, in text or in JSON.

What it does not take is written as SUB and four hexadecimal digits, and so is SUB itself: nothing is lost, and
different texts stay different.
"""

import re

_ESCAPE = "\x1a"
_REFUSED = re.compile("[\x00\x1a\ud800-\udfff]")
_ESCAPED = re.compile("\x1a([0-9a-f]{4})")

BETWEEN_ERRORS = "\ufffe"
"""No character, and so in nobody's text: what is searched for lies in one error or the other."""
_SEARCHED_AS = str.maketrans({"\x00": "\uffff", BETWEEN_ERRORS: "\uffff"})

_JSON_ESCAPE = re.compile(r"\\(?:u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|u([0-9a-f]{4})|.)")
_JSON_ESCAPED = re.compile(r"\\(?:u001a([0-9a-f]{4})|.)")


def storable(text: str) -> str:
    return _REFUSED.sub(lambda found: f"{_ESCAPE}{ord(found[0]):04x}", text)


def restored(text: str) -> str:
    """What `storable` was given."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if _ESCAPE in text else text


def searchable(text: str) -> str:
    """How errors are kept and asked for: without case, one character for one."""
    return text.casefold().encode("utf-8", "replace").decode().translate(_SEARCHED_AS)


def storable_json(text: str) -> str:
    """*text* is JSON in ASCII with small hexadecimal digits; every string of it comes out as `storable` has it."""
    if "\\u" not in text:
        return text
    return _JSON_ESCAPE.sub(_storable_escape, text)


def restored_json(text: str) -> str:
    """What `storable_json` was given, up to layout; *text* is as PostgreSQL shows it."""
    if "\\u001a" not in text:
        return text
    return _JSON_ESCAPED.sub(lambda found: f"\\u{found[1]}" if found[1] else found[0], text)


def _storable_escape(found: re.Match[str]) -> str:
    code = found[3]
    if code is not None and (code in ("0000", "001a") or "d800" <= code <= "dfff"):
        return f"\\u001a{code}"
    return found[0]
