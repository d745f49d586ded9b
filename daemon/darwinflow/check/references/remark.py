"""A finding among references, which may be one of several about the same name."""

from typing import NamedTuple

from darwinflow.check.finding import Finding


class Remark(NamedTuple):
    finding: Finding
    """Its lines count from the segment's first line."""
    name: str = ""
    """The name that no node has, where that is what is wrong: all its uses are one finding."""
    decider: str = ""
    """The node that gives none of the answers that are asked for, where that is wrong: these are one finding, too."""
