"""Patterns of files: what they fit, and that none takes long."""

import re
from itertools import product
from time import process_time

import pytest

from darwinflow.settings.patterns import matcher

_PLAIN = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def fits(pattern: str, path: str) -> bool:
    """What a pattern means, tried in every way there is."""
    parts = re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", pattern + "**" * pattern.endswith("/"))
    return re.fullmatch("".join(_PLAIN.get(part) or re.escape(part) for part in parts), path) is not None


def test_patterns_fit_what_they_mean() -> None:
    paths = ["".join(letters) for size in range(1, 6) for letters in product("ab/", repeat=size)]
    patterns = {
        "".join(parts) for size in range(1, 6) for parts in product(("a", "/", "*", "**/"), repeat=size)
    }
    patterns |= {"".join(parts) for parts in product(("*", "**", "**/", "a", "b/", "?"), repeat=4)}
    for pattern in sorted(patterns):
        fit = matcher([pattern])
        assert [path for path in paths[::3] if fit(path) != fits(pattern, path)] == [], pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "*a" * 20 + "b",
        "**a" * 20 + "b",
        "**/a*" * 20 + "b",
        "*a/**/" * 10 + "b",
        "**/*a" * 30 + "b",
        "**/*/" * 2_000,
    ],
)
def test_no_pattern_takes_long(pattern: str) -> None:
    fit = matcher([pattern])
    begun = process_time()
    assert not fit("a" * 200)
    assert not fit("a/" * 100 + "c")
    assert not fit("d/" + "a" * 4_000 + ".yaml")
    assert process_time() - begun < 0.5


def test_many_patterns_and_a_long_path_take_no_time_that_anybody_waits_for() -> None:
    fit = matcher([f"flows/*{number}*/**/*.yaml" for number in range(20_000)])
    begun = process_time()
    assert fit("flows/a19999b/c/d.yaml")
    assert not fit("flows/" + "x" * 4_000 + "/c.yaml")
    assert process_time() - begun < 2


def test_parts_of_a_path_may_hold_any_character() -> None:
    assert matcher(["flows/**"])("flows/a\nb.yaml")
    assert matcher(["**/*a*/**/*b*.yaml"])("x/a\n/y/\U0001f600b.yaml")
