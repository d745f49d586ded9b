"""The form of a reference: `input[.path]` or `<node id>.output[.path]`."""

import re
from typing import Final, NamedTuple

INPUT: Final = "input"
OUTPUT: Final = "output"
_TEXT_IN_FORM: Final = re.compile(r"(?:input|[^\s.]+\.output)(?:\.[^\s.]+)*\Z")
"""What is taken for a reference where any text may stand."""


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
