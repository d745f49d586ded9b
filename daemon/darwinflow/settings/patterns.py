"""Patterns of files: `*` within a folder's name, `**` across folders.

Whatever somebody writes into the settings, and however files are called, no pattern takes long: expressions are for
those that try few ways, and an automaton, whose states are the bits of one number, goes all ways of the others at once.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Final

_PARTS: Final = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_EXPRESSIONS: Final = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
_STARS: Final = frozenset({"**/", "**", "*"})
_MOST_STARS: Final = 2
"""In a pattern that an expression stands for: more of them try too many ways."""
_LONGEST: Final = 512
"""Characters of a path that expressions are held against."""


def matcher(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Whether a path, relative and with slashes, fits one of *patterns*; any path where there are none."""
    if not patterns:
        return lambda path: True  # noqa: ARG005
    return _Patterns([_parts(pattern) for pattern in patterns]).fit


class _Patterns:
    def __init__(self, patterns: list[list[str]]) -> None:
        self._all = patterns
        plain = [parts for parts in patterns if _has_few_stars(parts)]
        self._expression = re.compile("|".join(map(_expression, plain)) if plain else r"(?!)", re.DOTALL)
        self._has_others = len(plain) < len(patterns)

    def fit(self, path: str) -> bool:
        if len(path) > _LONGEST:
            return self._of_all.fits(path)
        return self._expression.fullmatch(path) is not None or (
            self._has_others and self._of_others.fits(path)
        )

    @cached_property
    def _of_all(self) -> "_Automaton":
        return _Automaton(self._all)

    @cached_property
    def _of_others(self) -> "_Automaton":
        return _Automaton([parts for parts in self._all if not _has_few_stars(parts)])


def _parts(pattern: str) -> list[str]:
    """No two stars beside each other that say no more than one of them."""
    pattern = pattern.removeprefix("./")
    parts = _PARTS.findall(pattern + "**" * pattern.endswith("/"))
    kept = [
        part
        for part, following in pairwise([*parts, ""])
        if not (part in _STARS and (following == "**" or following == part))
    ]
    return [part for before, part in pairwise(["", *kept]) if not (before == "**" and part in _STARS)]


def _has_few_stars(parts: Iterable[str]) -> bool:
    return sum(part in _STARS for part in parts) <= _MOST_STARS


def _expression(parts: Iterable[str]) -> str:
    return "".join([_EXPRESSIONS.get(part) or re.escape(part) for part in parts])


class _Automaton:
    """Of several patterns, which lie behind each other in the bits: bit n is before the n-th step of a pattern."""

    def __init__(self, patterns: Iterable[list[str]]) -> None:
        letters: dict[str, list[int]] = {}
        steps: dict[str, list[int]] = {"?": [], "*": [], "**": [], "**/": [], "begin": [], "end": []}
        at = 0
        for parts in patterns:
            steps["begin"].append(at)
            for part in parts:
                if part in steps:
                    steps[part].append(at)
                    at += 2 if part == "**/" else 1
                    continue
                for letter in part:
                    letters.setdefault(letter, []).append(at)
                    at += 1
            steps["end"].append(at)
            at += 1
        self._letters = {letter: _bits(places) for letter, places in letters.items()}
        self._one, self._star, self._across, self._folders, begin, self._end = map(_bits, steps.values())
        self._inside = self._folders << 1
        """Within what `**/` stands for, which a slash ends."""
        self._begin = self._skipped(begin)

    def fits(self, path: str) -> bool:
        states = self._begin
        for letter in path:
            moved = (states & self._letters.get(letter, 0)) << 1
            moved |= states & (self._across | self._inside) | (states & self._folders) << 1
            if letter == "/":
                moved |= (states & self._inside) << 1 | (states & self._folders) << 2
            else:
                moved |= states & self._star | (states & self._one) << 1
            states = self._skipped(moved)
            if not states:
                return False
        return bool(states & self._end)

    def _skipped(self, states: int) -> int:
        """*states* and those behind stars, which may stand for nothing; no more than two stars stand beside each other."""
        for _ in range(2):
            states |= (states & (self._star | self._across)) << 1 | (states & self._folders) << 2
        return states


def _bits(places: list[int]) -> int:
    """The number that has these bits, which ascend."""
    if not places:
        return 0
    content = bytearray(places[-1] // 8 + 1)
    for place in places:
        content[place // 8] |= 1 << place % 8
    return int.from_bytes(content, "little")
