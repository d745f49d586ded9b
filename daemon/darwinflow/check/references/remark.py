"""A finding among references, which may be one of several about the same name."""

from typing import NamedTuple

from darwinflow.check.finding import Finding


class Answered(NamedTuple):
    """An answer that is asked for and that the node which decides never gives."""

    decider: str
    answer: str
    """Empty where *near* is: then all such answers of the node are one finding."""
    near: str
    """The one that it gives and that is meant; empty where that is not clear."""


class Remark(NamedTuple):
    finding: Finding
    """Its lines count from the segment's first line."""
    name: str = ""
    """The name that no node has, where that is what is wrong: all its uses are one finding."""
    answered: Answered | None = None
    """The answer that a node never gives, where that is what is wrong: all who ask for it are one finding, too."""
