"""The versions of a workflow by their parents, as lines of a listing. Knows nothing of what else a line says.

The newest stands first and what it was made from below it, step by step. A version that another one's steps have
passed already is not shown again: what else was made from it begins lines of its own, and says where it comes from.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

MAX_STEPS = 8
"""To the right; what is further up the line stays in the last column."""

Version = Mapping[str, Any]
"""One of the reply to `workflow/lineage`; `Any` because it is JSON."""


class Row(NamedTuple):
    """One version at its place."""

    step: int
    """0 where lines begin; else how far right it stands, under the version that was made from it."""
    version: Version
    origin: str
    """Where it comes from, in words, where the row below does not tell; else empty."""


def rows(versions: Sequence[Version]) -> Iterator[Row]:
    """*versions* of one workflow, in any order; each once, the higher numbers first."""
    by_number: dict[int, Version] = {version["version"]: version for version in versions}
    shown: set[int] = set()
    for newest in sorted(by_number, reverse=True):
        line: list[int] = []
        number: int | None = newest
        while number is not None and number in by_number and number not in shown:
            shown.add(number)
            line.append(number)
            number = _parent_of(by_number[number])
        for step, number in enumerate(line):
            is_last = step == len(line) - 1
            origin = _origin(by_number[number], by_number, line) if is_last else ""
            yield Row(min(step, MAX_STEPS), by_number[number], origin)


def _parent_of(version: Version) -> int | None:
    """The number of its parent; None where it has none in its own workflow. Ids do not differ by case."""
    parent = version.get("parent")
    if parent is None or parent["workflow"].casefold() != version["workflow"].casefold():
        return None
    return int(parent["version"])


def _origin(version: Version, by_number: Mapping[int, Version], line: Sequence[int]) -> str:
    """Of the last version of a *line*."""
    parent = version.get("parent")
    if parent is None:
        return ""
    number = _parent_of(version)
    if number is None:
        return f"from {parent['workflow']} v{parent['version']}"
    if number == version["version"]:
        return "from itself"
    if number in line:
        return f"from v{number}, which was made from this one"
    return f"from v{number}" if number in by_number else f"from v{number}, which is not stored"
