"""Patterns of files: `*` within a folder's name, `**` across folders."""

import re
from collections.abc import Callable, Sequence


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path, relative and with slashes, fits one of *patterns*; any path where there are none."""
    if not patterns:
        return lambda path: True  # noqa: ARG005
    whole = re.compile("|".join(map(_expression, patterns)))
    return lambda path: whole.fullmatch(path) is not None


def _expression(pattern: str) -> str:
    pattern = pattern.removeprefix("./")
    if pattern.endswith("/"):
        pattern += "**"
    parts: list[str] = []
    for part in re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern):
        if part == "**/":
            parts.append("(?:.*/)?")
        elif part == "**":
            parts.append(".*")
        elif part == "*":
            parts.append("[^/]*")
        elif part == "?":
            parts.append("[^/]")
        else:
            parts.append(re.escape(part))
    return "(?:" + "".join(parts) + ")"
