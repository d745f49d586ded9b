"""Reading a long segment again: what an edit cannot have changed is taken over from the reading before.

What a turn of a block collection gives depends on its lines, on the first line of the next turn, on what it looked
at beyond that, and on how the collection is read: its kind, column and depth. So the first turns are taken over up
to the one before the change; behind the change, as soon as a turn begins where one began before, all that are left.
"""

from typing import Any

from darwinflow.document.grammar.reader import Reader
from darwinflow.document.node import BLOCK, SEQ, Node
from darwinflow.document.problem import Problem
from darwinflow.document.tall import UNKNOWN, Mark, Tall, Turns, moved


class Turning:
    """The turns of one block collection that is being read."""

    __slots__ = (
        "_base", "_column", "_depth", "_furthest", "_known", "_marks", "_outer", "_outer_reach", "_place", "_prefix",
        "_reaches", "_reader", "_start", "_suffix",
    )  # fmt: skip

    def __init__(self, reader: Reader, kind: int, start: int, place: int, column: int, outer: int) -> None:
        self._reader = reader
        self._start = start
        self._place = place
        self._column = column
        self._outer = outer
        self._depth = reader.depth
        self._base = (len(reader.problems), len(reader.anchors), len(reader.aliases))
        self._marks: list[Mark] = []
        self._reaches: list[int] = []
        self._furthest = -1
        self._outer_reach = reader.reach
        reader.reach = -1
        reread = reader.reread
        self._known = reread.alike(kind, column, outer, reader.depth) if reread is not None else []
        self._prefix: tuple[Turns, int] | None = None
        """Whose first turns are taken over, and how many."""
        self._suffix: tuple[Turns, int, Mark] | None = None
        """Whose last turns are taken over, from which on, and the mark that stands there instead of its own."""

    def begin(self, children: list[Any]) -> tuple[int, int]:
        """Take over the first turns; the row and column at which reading begins."""
        reader = self._reader
        if self._known and not reader.is_too_deep and reader.reread is not None:
            for tall, turns in self._known:
                if tall.line == self._start and turns.places[0] == self._place:
                    count = turns.unaffected(reader.reread.start - self._start)
                    if count:
                        self._prefix = (turns, count)
                        self._take(tall, turns, 0, count, 0, children)
                        return self._start + turns.rows[count], turns.places[count]
        return self._start, self._place

    def turn(self, row: int, place: int, children: list[Any]) -> int:
        """Note that a turn begins. The row behind the collection where all that is left is known, else -1."""
        mark = self._mark(row, place, len(children))
        if self._known and not self._reader.is_too_deep:
            reread = self._reader.reread
            if reread is not None and row >= reread.end and reread.has_same_tail:
                for tall, turns in self._known:
                    first = turns.at(row - reread.shift - tall.line, place)
                    if first >= 0:
                        self._suffix = (turns, first, mark)
                        self._take(tall, turns, first, len(turns), reread.shift, children)
                        return tall.line + reread.shift + turns.rows[-1]
        self._marks.append(mark)
        return -1

    def _mark(self, row: int, place: int, child_count: int) -> Mark:
        """What has been found before *row*; it ends the turn before."""
        reader = self._reader
        if self._marks:
            reach = reader.reach
            self._reaches.append(reach - self._start if reach >= 0 else -1)
            self._furthest = max(self._furthest, reach)
        reader.reach = -1
        problems, anchors, aliases = self._base
        return (
            row - self._start,
            place,
            child_count,
            len(reader.problems) - problems,
            len(reader.anchors) - anchors,
            len(reader.aliases) - aliases,
        )

    def _take(
        self, tall: Tall, turns: Turns, first: int, behind: int, shift: int, children: list[Any]
    ) -> None:
        """Give the reader what the turns from *first* to before *behind* have found."""
        reader = self._reader
        part = tall.value[turns.children[first] : turns.children[behind]]
        if shift and tall.kind == SEQ:
            part = [moved(item, shift) for item in part]
        elif shift:
            part = [(moved(key, shift), moved(value, shift)) for key, value in part]
        children.extend(part)
        line = tall.line + shift
        for problem in turns.found[turns.problems[first] : turns.problems[behind]]:
            reader.add(problem.moved(line))
        reader.anchors += turns.anchor_names[turns.anchors[first] : turns.anchors[behind]]
        reader.aliases += turns.alias_names[turns.aliases[first] : turns.aliases[behind]]
        reach = max(turns.reaches[first:behind])
        if reach >= 0:
            self._furthest = max(self._furthest, line + reach)

    def node(self, kind: int, children: list[Any], row: int, last: Node) -> Node:
        """The collection, which ends with *last* before *row*."""
        if self._suffix is None:
            self._marks.append(self._mark(row, -1, len(children)))
        reader = self._reader
        reader.reach = max(self._outer_reach, self._furthest)
        start, column = self._start, self._column
        if row - start < reader.tall_from:
            return Node(kind, tuple(children), start, column, last.end_line, last.end_column, BLOCK)
        return Tall(
            kind, tuple(children), start, column, last.end_line, last.end_column, BLOCK, self._turns(children)
        )

    def _turns(self, children: list[Any]) -> Turns:
        reader, base = self._reader, self._base
        columns = [list(column) for column in zip(*self._marks, strict=True)] or [[] for _ in range(6)]
        reaches = self._reaches
        values: list[Any] = [UNKNOWN] * len(children)
        sizes = [0] * len(children)
        if self._prefix is not None:
            turns, count = self._prefix
            columns = [old[:count] + new for old, new in zip(turns.columns, columns, strict=True)]
            reaches = turns.reaches[:count] + reaches
            child = turns.children[count]
            values[:child], sizes[:child] = turns.values[:child], turns.sizes[:child]
        if self._suffix is not None:
            turns, first, mark = self._suffix
            columns = [
                new + [at + here - old[first] for at in old[first:]]
                for new, old, here in zip(columns, turns.columns, mark, strict=True)
            ]
            old_reaches = turns.reaches[first:]
            shift = mark[0] - turns.rows[first]
            if shift and max(old_reaches) >= 0:
                old_reaches = [reach if reach < 0 else reach + shift for reach in old_reaches]
            reaches = reaches + old_reaches
            child = turns.children[first]
            values[mark[2] :], sizes[mark[2] :] = turns.values[child:], turns.sizes[child:]
        found: list[Problem] = [problem.moved(-self._start) for problem in reader.problems[base[0] :]]
        return Turns(
            self._column,
            self._outer,
            self._depth,
            columns,
            reaches,
            found,
            reader.anchors[base[1] :],
            reader.aliases[base[2] :],
            values,
            sizes,
        )
