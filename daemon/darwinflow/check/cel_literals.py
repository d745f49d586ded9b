"""Texts that functions of CEL read: patterns, times, lengths of time and numbers."""

import re
from typing import Final

_SPAN: Final = re.compile(r"[-+]?(?:0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)")
_TIME: Final = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
    r"(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_WHOLE: Final = re.compile(r"[-+]?[0-9]+")
_NUMBER: Final = re.compile(
    r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:inf|infinity)|nan", re.IGNORECASE
)
_BROKEN: Final = {
    "missing )": "a '(' in the pattern is never closed",
    "unbalanced parenthesis": "a ')' in the pattern closes nothing",
    "unterminated character set": "a '[' in the pattern is never closed",
    "nothing to repeat": "nothing stands before what repeats it in the pattern",
}
"""What no kind of regular expression allows, as Python says it; of the rest, CEL's differs from Python's."""


def literal_fault(name: str, text: str) -> str | None:
    """What is wrong with *text* as what the function *name* reads; None where nothing is."""
    if name == "matches":
        return _fault_of_pattern(text)
    if name == "duration" and not _SPAN.fullmatch(text):
        return "a length of time is written like '90s', '1.5h' or '1h30m'"
    if name == "timestamp" and not _TIME.fullmatch(text):
        return "a time is written like '2025-11-12T09:30:00Z'"
    if name in ("int", "uint") and not _WHOLE.fullmatch(text):
        return f"'{name}' reads a whole number, such as '42'"
    if name == "double" and not _NUMBER.fullmatch(text):
        return "'double' reads a number, such as '1.5'"
    return None


def _fault_of_pattern(text: str) -> str | None:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError) as exc:
        return next((said for start, said in _BROKEN.items() if str(exc).startswith(start)), None)
    return None
