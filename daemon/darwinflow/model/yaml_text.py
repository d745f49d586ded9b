"""Values of JSON as YAML text for people: short things on one line, long texts as blocks.

What is written here reads back as the same value in every YAML 1.2 parser, and texts that older ones would
take for something else (`yes`, `12:30`) are quoted.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

WIDTH = 88
"""A mapping or list that fits into this many columns is written on one line."""
MAX_DEPTH = 40
"""Deeper values are written as the JSON they are, in quotes."""

_PLAIN = re.compile(r"[^\W\d_][\w./@%+$()=;-]*(?: [\w./@%+$()=;-]+)*")
_TAKEN = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""With what turns the direction of the text behind it."""


def entry(key: str, value: object, indent: int = 0) -> Iterator[str]:
    """The lines of one entry of a mapping whose keys stand at column *indent*."""
    yield from _attached(" " * indent + scalar(key) + ":", value, indent + 2)


def _attached(head: str, value: object, indent: int) -> Iterator[str]:
    """*value* behind *head* where it fits, else below it at column *indent*."""
    if isinstance(value, str) and _is_block(value):
        yield from _block(head, value, indent)
        return
    short = flow(value, WIDTH - len(head) - 1) if indent < 2 * MAX_DEPTH else scalar(_json(value))
    if short is not None:
        yield f"{head} {short}"
        return
    yield head
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from entry(str(key), inner, indent)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _item(inner, indent)


def _item(value: object, indent: int) -> Iterator[str]:
    """The lines of one item of a list whose dashes stand at column *indent*."""
    dash = " " * indent + "-"
    if isinstance(value, Mapping) and indent < 2 * MAX_DEPTH and flow(value, WIDTH - indent - 2) is None:
        lines = (line for key, inner in value.items() for line in entry(str(key), inner, indent + 2))
        yield f"{dash} {next(lines).lstrip(' ')}"
        yield from lines
    else:
        yield from _attached(dash, value, indent + 2)


def flow(value: object, room: int) -> str | None:
    """*value* on one line of at most *room* columns; None where a mapping or list does not fit.

    A single scalar always does: it is only ever broken at its own line breaks.
    """
    if isinstance(value, Mapping):
        inside = _joined(((f"{scalar(str(key))}: ", inner) for key, inner in value.items()), room - 2)
        return None if inside is None else f"{{{inside}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        inside = _joined((("", inner) for inner in value), room - 2)
        return None if inside is None else f"[{inside}]"
    return scalar(value)


def _joined(parts: Iterator[tuple[str, object]], room: int) -> str | None:
    text = ""
    for label, value in parts:
        if isinstance(value, str) and ("\n" in value or len(value) > room):
            return None
        inside = flow(value, room - len(text)) if room > 0 else None
        if inside is None:
            return None
        text += f"{', ' if text else ''}{label}{inside}"
        if len(text) > room:
            return None
    return text


def scalar(value: object) -> str:
    """A text, number, boolean or null on one line."""
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.fullmatch(value) and value.lower() not in _TAKEN and not _UNPRINTABLE.search(value):
        return value
    return _UNPRINTABLE.sub(_escaped, json.dumps(value, ensure_ascii=False))


def comment(text: str) -> str:
    """*text* as it may stand in a comment: on one line, nothing that a terminal obeys."""
    return _UNPRINTABLE.sub("�", " ".join(text.split()))


def _is_block(text: str) -> bool:
    body = text.rstrip("\n")
    return "\n" in body and not body.endswith((" ", "\t")) and not _UNPRINTABLE.search(text)


def _block(head: str, text: str, indent: int) -> Iterator[str]:
    body = text.rstrip("\n")
    trailing = len(text) - len(body)
    # A first line that begins with a blank (or is empty) would be taken for the block's own indentation.
    hint = "2" if text[:1] in " \n\t" else ""
    yield f"{head} |{hint}{'-' if trailing == 0 else '' if trailing == 1 else '+'}"
    margin = " " * indent
    for line in body.split("\n"):
        yield margin + line if line else ""
    yield from [""] * (trailing - 1)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
