"""Block collections of many lines, which are not read again as a whole when one of their children changes.

A reader goes through a block collection in turns, each of which begins on a line of its own and gives, as a rule,
one child. A tall collection keeps where its turns began and what had been found by then. As long as nothing that
a turn looked at has changed, its children are those of the next reading too, perhaps some lines further down.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from darwinflow.document.node import ALIAS, MAP, SCALAR, SEQ, Items, Node, Pairs
from darwinflow.document.problem import Problem

TALL_SEGMENT: Final = 200
"""Lines. In a shorter segment no turn is kept: to read all of it costs no more than a keystroke may."""

TALL: Final = 32
"""Lines of the least collection in such a segment whose turns are kept."""

UNKNOWN: Final = object()
"""The data of a child that nobody asked for yet, or that depends on more than the child."""


Mark = tuple[int, int, int, int, int, int]
"""Where a turn began: its row, the column of its child, and how many children, problems, anchors and aliases were there by then."""


class Turns:
    """How a tall collection was read. Lines count from its first one, so what is said here holds wherever it stands.

    The columns of marks have an entry for each turn and one for the end.
    """

    __slots__ = (
        "alias_names", "aliases", "anchor_names", "anchors", "children", "column", "columns", "depth", "found", "outer",
        "places", "problems", "reaches", "rows", "sizes", "values",
    )  # fmt: skip

    def __init__(
        self,
        column: int,
        outer: int,
        depth: int,
        columns: list[list[int]],
        reaches: list[int],
        found: list[Problem],
        anchor_names: list[str],
        alias_names: list[str],
        values: list[Any],
        sizes: list[int],
    ) -> None:
        self.column = column
        self.outer = outer
        self.depth = depth
        self.columns = columns
        self.rows, self.places, self.children, self.problems, self.anchors, self.aliases = columns
        self.reaches = reaches
        """The furthest line that a turn looked at, where that may be beyond the next turn's first; else -1."""
        self.found = found
        """Problems of the turns, in the order in which they were found."""
        self.anchor_names = anchor_names
        self.alias_names = alias_names
        self.values = values
        """The data of each child, `UNKNOWN` until somebody asks for it or where it depends on more than the child."""
        self.sizes = sizes
        """How many nodes each child is, 0 until somebody asks."""

    def __len__(self) -> int:
        return len(self.reaches)

    @property
    def is_even(self) -> bool:
        """Whether every turn gave one child."""
        return self.children[-1] == len(self)

    def is_linked(self, turn: int) -> bool:
        """Whether a turn met anchors or aliases."""
        return self.anchors[turn] != self.anchors[turn + 1] or self.aliases[turn] != self.aliases[turn + 1]

    def unaffected(self, row: int) -> int:
        """How many of the first turns have looked at no line from *row* on; the last turn is never among them."""
        count = min(bisect_left(self.rows, row), len(self)) - 1
        if count > 0 and max(self.reaches[:count]) >= row:
            return next(at for at, reach in enumerate(self.reaches) if reach >= row)
        return max(count, 0)

    def at(self, row: int, place: int) -> int:
        """The turn that began on this line and column, or -1."""
        turn = bisect_left(self.rows, row, 0, len(self))
        found = turn < len(self) and self.rows[turn] == row and self.places[turn] == place
        return turn if found else -1


class Tall(Node):
    """A collection with its turns, or one that was moved: what is in that moves when somebody looks at it."""

    __slots__ = ("origin", "shift", "turns")

    def __init__(
        self,
        kind: int,
        value: Items | Pairs,
        line: int,
        column: int,
        end_line: int,
        end_column: int,
        style: str,
        turns: Turns | None,
    ) -> None:
        super().__init__(kind, value, line, column, end_line, end_column, style)
        self.turns = turns
        self.origin: Node | None = None
        """The node whose children these are, ``shift`` lines further down, until somebody looks at them."""
        self.shift = 0

    def __getattr__(self, name: str) -> Any:
        """The children of a moved collection, which are not there before; nothing else comes here."""
        if name != "value":
            raise AttributeError(name)
        origin, shift = self.origin, self.shift
        if origin is None:  # another thread has just looked
            return object.__getattribute__(self, name)
        if self.kind == SEQ:
            self.value = tuple([moved(item, shift) for item in origin.value])
        else:
            self.value = tuple([(moved(key, shift), moved(value, shift)) for key, value in origin.value])
        self.origin = None
        return self.value

    def moved(self, shift: int) -> "Tall":
        return _moved_collection(self if self.origin is None else self.origin, self, shift, self.turns)


def moved(node: Node, shift: int) -> Node:
    """The same node, *shift* lines further down."""
    if node.kind == SCALAR or node.kind == ALIAS:
        copy = Node(
            node.kind,
            node.value,
            node.line + shift,
            node.column,
            node.end_line + shift,
            node.end_column,
            node.style,
            node.source,
        )
        _copy_properties(copy, node, shift)
        return copy
    if isinstance(node, Tall):
        return node.moved(shift)
    return _moved_collection(node, node, shift, None)


def _moved_collection(origin: Node, node: Node, shift: int, turns: Turns | None) -> Tall:
    """*node* moved, whose children are those of *origin* moved by as much as that takes."""
    copy = Tall.__new__(Tall)
    copy.kind = node.kind
    copy.line = node.line + shift
    copy.column = node.column
    copy.end_line = node.end_line + shift
    copy.end_column = node.end_column
    copy.style = node.style
    copy.source = node.source
    copy.turns = turns
    copy.origin = origin
    copy.shift = copy.line - origin.line
    _copy_properties(copy, node, shift)
    return copy


def _copy_properties(copy: Node, node: Node, shift: int) -> None:
    copy.anchor = node.anchor
    copy.tag = node.tag
    copy.outset = None if node.outset is None else (node.outset[0] + shift, node.outset[1])


def talls_around(nodes: list[Node], row: int) -> Iterator[tuple[Tall, Turns]]:
    """The tall collections among *nodes* and in them that hold a line, or that end or begin where it begins."""
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if not isinstance(node, Tall) or node.turns is None:
            continue
        rows = node.turns.rows
        within = row - node.line
        if within < 0 or within > rows[-1]:
            continue
        yield node, node.turns
        turn = min(bisect_right(rows, within), len(node.turns)) - 1
        first = turn - 1 if turn > 0 and rows[turn] == within else turn
        starts = node.turns.children
        children = node.value[starts[first] : starts[turn + 1]]
        if node.kind == MAP:
            for pair in children:
                pending.extend(pair)
        else:
            pending.extend(children)


class Reread(NamedTuple):
    """What is known of lines that were read before, and which of them have changed since."""

    start: int
    """The first changed line, then and now."""
    end: int
    """The line behind the changed ones, now."""
    shift: int
    """How much further down the lines behind are now."""
    has_same_tail: bool
    """Whether all lines behind are those of before."""
    talls: dict[int, list[tuple[Tall, Turns]]]
    """The tall collections around the change, by the depth at which they were read."""

    @classmethod
    def of(cls, nodes: list[Node], start: int, removed: int, added: int, *, has_same_tail: bool) -> "Reread":
        """*nodes* are what the lines held of which *removed* were replaced by *added* ones at *start*."""
        talls: dict[int, list[tuple[Tall, Turns]]] = {}
        for row in {start, start + removed}:
            for tall, turns in talls_around(nodes, row):
                known = talls.setdefault(turns.depth, [])
                if all(one is not tall for one, _ in known):
                    known.append((tall, turns))
        return cls(start, start + added, added - removed, has_same_tail, talls)

    def new_lines(self, lines: list[str]) -> list[str]:
        """Those among *lines* that were not among the ones read before."""
        return lines[self.start : self.end if self.has_same_tail else None]

    def alike(self, kind: int, column: int, outer: int, depth: int) -> list[tuple[Tall, Turns]]:
        """Those that were read the same way."""
        return [
            (tall, turns)
            for tall, turns in self.talls.get(depth, ())
            if tall.kind == kind and turns.column == column and turns.outer == outer
        ]
