"""Whose request it was that cannot be read: its id, found in bytes that are no JSON or are nested too deeply.

A client waits for an answer to each request, also to one that it garbled.
"""

import json
import re
from typing import Final

MAX_TOKENS: Final = 300_000
"""Of a message: what stands behind them is not looked at, so that a hostile one costs a fifth of a second."""

_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]++|[:,]|[^\s"\[\]{}:,]++', re.DOTALL)
_NUMBER: Final = re.compile(rb"-?[0-9]{1,4000}\Z")


def request_id(body: bytes) -> int | str | None:
    """The `id` beside a `method` in the outermost object; None where *body* is no request as far as can be seen."""
    found: dict[bytes, bytes] = {}
    depth = 0
    key, is_value = b"", False
    for count, token in enumerate(_TOKEN.finditer(body)):
        if count > MAX_TOKENS:
            break
        text = token[0]
        if text[:1] in b"[]{}":
            depth += text.count(b"{") + text.count(b"[") - text.count(b"}") - text.count(b"]")
            is_value = False
        elif depth == 1 and text == b":":
            is_value = True
        elif depth == 1 and text != b",":
            if is_value:
                found[key] = text
            key, is_value = text, False
    return _id_of(found.get(b'"id"', b"")) if found.get(b'"method"', b"").startswith(b'"') else None


def _id_of(text: bytes) -> int | str | None:
    if _NUMBER.match(text):
        return int(text)
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, str) else None
