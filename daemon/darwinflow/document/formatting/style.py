"""How a text is to look where YAML leaves a choice."""

from collections.abc import Mapping
from typing import Final, NamedTuple

STEP: Final = 2
"""Columns by which what is inside a block collection stands deeper than the collection."""


class Style(NamedTuple):
    indents_lists: bool = True
    """Whether the dashes of a list stand deeper than the key that the list belongs to."""
    key_order: Mapping[tuple[str, ...], tuple[str, ...]] = {}
    """Keys of a mapping in their order, by the path to the mapping: `()` is the root, `("nodes",)` each item there.

    Keys that are not named follow in the order in which they stand. Empty: the author's order stays.
    """


HOUSE_STYLE: Final = Style()
