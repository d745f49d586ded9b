"""From what the stores keep of patterns to the patterns."""

from collections.abc import Iterable

from darwinflow.model.pattern import Pattern
from darwinflow.patterns.finding import patterns_in
from darwinflow.patterns.tallies import Tallies


def patterns_from(rows: Iterable[tuple[str, str]]) -> tuple[Pattern, ...]:
    """*rows* are workflows with their tallies; ordered by the characters' numbers of the ids."""
    return tuple(
        pattern for workflow, text in sorted(rows) for pattern in patterns_in(workflow, Tallies(text))
    )
