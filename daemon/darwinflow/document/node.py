"""What a YAML text holds: scalars, mappings, lists and aliases, each with its place.

A node knows nothing of the document around it. Its lines count from the first
line of its segment, so that text inserted above moves no node.
"""

from typing import Any, Final

from darwinflow.model.span import Span

SCALAR: Final = 0
MAP: Final = 1
SEQ: Final = 2
ALIAS: Final = 3

PLAIN: Final = "plain"
DOUBLE: Final = "double"
SINGLE: Final = "single"
LITERAL: Final = "literal"
FOLDED: Final = "folded"
BLOCK: Final = "block"
FLOW: Final = "flow"
PAIR: Final = "pair"
"""A mapping of one entry written inside a flow list: ``[a: 1]``."""
EMPTY: Final = "empty"
"""Nothing is written where a value could stand; the value is None and the span is empty."""
BROKEN: Final = "broken"
"""Text that is no YAML and was kept as a string; a problem says so."""

MERGE_KEY: Final = "<<"

Pairs = tuple[tuple["Node", "Node"], ...]
Items = tuple["Node", ...]


class Node:
    """One value or key. Never changed once its segment is parsed.

    ``value`` is the Python scalar of a SCALAR, the `Pairs` of a MAP, the `Items`
    of a SEQ and the name of an ALIAS. A key's value is its text: ``1:`` and
    ``true:`` are the keys '1' and 'true'.
    """

    __slots__ = (
        "anchor",
        "column",
        "end_column",
        "end_line",
        "kind",
        "line",
        "outset",
        "source",
        "style",
        "tag",
        "value",
    )

    def __init__(
        self,
        kind: int,
        value: Any,
        line: int,
        column: int,
        end_line: int,
        end_column: int,
        style: str,
        source: str = "",
    ) -> None:
        self.kind = kind
        self.value = value
        self.line = line
        self.column = column
        self.end_line = end_line
        self.end_column = end_column
        self.style = style
        self.source = source
        """A scalar's text before it became a number, boolean or null; of a quoted one, what is inside."""
        self.anchor: str | None = None
        self.tag: str | None = None
        self.outset: tuple[int, int] | None = None
        """Where its anchor or tag begins, if it has one; ``line`` and ``column`` are behind them."""

    @property
    def span(self) -> Span:
        """Its place, relative to its segment, without anchor and tag."""
        return Span(self.line, self.column, self.end_line, self.end_column)

    @property
    def pairs(self) -> Pairs:
        """The entries of a mapping, none of anything else."""
        return self.value if self.kind == MAP else ()

    @property
    def items(self) -> Items:
        """The items of a list, none of anything else."""
        return self.value if self.kind == SEQ else ()

    @property
    def is_merge(self) -> bool:
        """Whether this key is the ``<<`` that takes in other mappings; quoted, it is an ordinary key."""
        return self.source == MERGE_KEY and self.style == PLAIN and self.tag is None

    def get(self, key: str) -> "Node | None":
        """The value that a mapping itself gives *key* (the last one, as in the data), merges aside."""
        for name, value in reversed(self.pairs):
            if name.kind == SCALAR and name.source == key:
                return value
        return None

    def __repr__(self) -> str:
        place = f"{self.line}:{self.column}-{self.end_line}:{self.end_column}"
        return f"Node({self.kind}, {self.value!r}, {place}, {self.style})"
