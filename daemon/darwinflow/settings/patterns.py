"""Patterns of files: `*` within a folder's name, `**` across folders."""

import re
from collections.abc import Callable, Sequence
from typing import Final

_ACROSS: Final = ("**/", "**")


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path, relative and with slashes, fits one of *patterns*; any path where there are none."""
    if not patterns:
        return lambda path: True  # noqa: ARG005
    whole = re.compile("|".join(map(_expression, patterns)))
    return lambda path: whole.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    """Stars before the last one take the first place that fits and never try another, so that no pattern takes long."""
    pattern = pattern.removeprefix("./")
    if pattern.endswith("/"):
        pattern += "**"
    found = ""
    """Of what stands behind a place in the pattern, from its end to its beginning."""
    unit = ""
    """Of that, what stands before the first `**`."""
    following = ""
    """The first star of that."""
    across = ""
    """The first `**` of that."""
    ends_folder = False
    """Whether what stands before that `**` ends with a slash."""
    fixed = ""
    for part in reversed(re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern)):
        if part not in ("*", *_ACROSS):
            fixed = ("[^/]" if part == "?" else re.escape(part)) + fixed
            continue
        if not unit:
            ends_folder = fixed.endswith("/")
        if part == "*":
            is_first = following in ("*", "**") or (following == "**/" and fixed.endswith("/"))
            unit = (f"(?>[^/]*?{fixed})" if is_first else f"[^/]*{fixed}") + unit
        else:
            unit = fixed + unit
            is_first = across == "**" or (across == "**/" and ends_folder)
            if part == "**":
                found = (f"(?>.*?{unit})" if is_first else f".*{unit}") + found
            else:
                found = (f"(?>(?:.*?/)??{unit})" if is_first else f"(?:.*/)?{unit}") + found
            unit, across = "", part
        fixed, following = "", part
    return f"(?:{fixed}{unit}{found})"
