"""The tree that versions make by their parents, as lines of a listing. Knows nothing of what else a line says.

A version stands below the one that it was made from. Where several were made from one, each has a branch mark and
what follows from it stands behind that mark; what goes on alone stays in its column, so that a long line of versions
does not wander to the right. A version in the first column begins a tree.
"""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

MAX_LEVELS = 8
"""Branches within branches; what branches off behind them is a tree of its own that names where it comes from."""

Version = Mapping[str, Any]
"""One of the reply to `workflow/lineage`; `Any` because it is JSON."""


class Marks(NamedTuple):
    """What stands before a version, each two columns wide."""

    branch: str
    last: str
    passing: str
    """Beside what belongs to a branch that others follow."""
    nothing: str


BOX = Marks("├ ", "└ ", "│ ", "  ")
ASCII = Marks("+ ", "` ", "| ", "  ")


class Row(NamedTuple):
    """One version at its place."""

    lead: str
    """What stands before it."""
    version: Version
    origin: str
    """Where it comes from, in words, where the row above does not tell; else empty."""


def rows(versions: Sequence[Version], marks: Marks) -> Iterator[Row]:
    """*versions* of one workflow, in any order: tree by tree, in each the lower numbers first, each version once."""
    by_number = {version["version"]: version for version in versions}
    parents = {number: _parent_in(by_number, version) for number, version in by_number.items()}
    origins = {number: _origin(version) for number, version in by_number.items() if parents[number] is None}
    for number in _circles(parents):
        origins[number] = (
            "from itself"
            if parents[number] == number
            else f"from v{parents[number]}, which was made from this one"
        )
        parents[number] = None
    children: dict[int, list[int]] = {}
    for number in sorted(by_number):
        parent = parents[number]
        if parent is not None:
            children.setdefault(parent, []).append(number)
    for root in sorted(origins):
        yield from _tree(root, origins[root], by_number, children, marks)


def _parent_in(versions: Collection[int], version: Version) -> int | None:
    """The number of its parent among *versions*; None where it has none there."""
    parent = version.get("parent")
    if parent is None or not _is_of(parent, version) or parent["version"] not in versions:
        return None
    return int(parent["version"])


def _is_of(parent: Version, version: Version) -> bool:
    """Whether both are of one workflow: ids do not differ by case."""
    return bool(parent["workflow"].casefold() == version["workflow"].casefold())


def _origin(version: Version) -> str:
    """Of a version whose parent is none of the others."""
    parent = version.get("parent")
    if parent is None:
        return ""
    if _is_of(parent, version):
        return f"from v{parent['version']}, which is not stored"
    return f"from {parent['workflow']} v{parent['version']}"


def _circles(parents: Mapping[int, int | None]) -> Iterator[int]:
    """The lowest number of each circle of parents."""
    settled: set[int] = set()
    for start in sorted(parents):
        walked: dict[int, None] = {}
        current: int | None = start
        while current is not None and current not in settled and current not in walked:
            walked[current] = None
            current = parents[current]
        settled.update(walked)
        if current in walked:
            members = list(walked)
            yield min(members[members.index(current) :])


def _tree(
    root: int, origin: str, by_number: Mapping[int, Version], children: Mapping[int, list[int]], marks: Marks
) -> Iterator[Row]:
    """The version *root* and all that came of it."""
    trees = deque([(root, origin)])
    while trees:
        head, origin = trees.popleft()
        open_rows = [
            (head, "", "", 0)
        ]  # number, what stands before it and before what follows, branches behind
        while open_rows:
            number, lead, below, level = open_rows.pop()
            yield Row(lead, by_number[number], origin if number == head else "")
            made = children.get(number, [])
            if level and len(made) == 1:
                open_rows.append((made[0], below, below, level))
            elif level == MAX_LEVELS:
                trees.extend((one, f"from v{number}") for one in made)
            else:
                for one in reversed(made):
                    own, after = (
                        (marks.last, marks.nothing) if one == made[-1] else (marks.branch, marks.passing)
                    )
                    open_rows.append((one, below + own, below + after, level + 1))
