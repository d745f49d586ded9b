"""The form of a reference: `input[.path]` or `<node id>.output[.path]`."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

INPUT: Final = "input"
OUTPUT: Final = "output"
_TEXT_IN_FORM: Final = re.compile(r"(?:input|[^\s.]+\.output)(?:\.[^\s.]+)*\Z")
"""What is taken for a reference where any text may stand."""
_WORD: Final = re.compile(r"\S+")
_LONGEST: Final = 2_000


class Reference(NamedTuple):
    name: str
    """The node's id; empty for the run's input."""
    is_sound: bool


def reference_of(text: str) -> Reference:
    """*text* where a reference is meant; `name` is what stands before the first dot where it is none."""
    head, *steps = text.split(".")
    if head == INPUT:
        return Reference("", all(steps))
    return Reference(head, bool(head) and steps[:1] == [OUTPUT] and all(steps))


def has_form(text: str) -> bool:
    """Whether a text that may be anything reads as a reference."""
    return _TEXT_IN_FORM.match(text) is not None


def in_a_row(text: str, is_whole: Callable[[str], bool] | None = None) -> list[tuple[int, int]]:
    """Where the references begin and end of which *text* is two or more with blanks between them; else nothing.

    *is_whole*: whether something is taken for one that is none; an id may have blanks, so each is as short as it can be.
    """
    if " " not in text or len(text) > _LONGEST:
        return []
    found: list[tuple[int, int]] = []
    start = -1
    for word in _WORD.finditer(text):
        start = word.start() if start < 0 else start
        one = text[start : word.end()]
        if reference_of(one).is_sound or (is_whole is not None and is_whole(one)):
            found.append((start, word.end()))
            start = -1
    return found if start < 0 and len(found) > 1 else []
