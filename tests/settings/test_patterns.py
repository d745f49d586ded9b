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
    "pattern", ["*a" * 20 + "b", "**a" * 20 + "b", "**/a*" * 20 + "b", "*a/**/" * 10 + "b"]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    fit = matcher([pattern])
    begun = process_time()
    assert not fit("a" * 200)
    assert not fit("a/" * 100 + "c")
    assert process_time() - begun < 0.5
