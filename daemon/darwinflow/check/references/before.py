"""Which nodes have run when another one does: on some walk from START to it, or on every one.

A set of nodes is an integer with a bit for each; one pass in the order of the arrows gives the sets of all nodes.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from darwinflow.check.halves import half_sources, half_targets, halves
from darwinflow.check.meant import meanings, merged
from darwinflow.check.order import groups_of, order, order_of
from darwinflow.check.reach import reach
from darwinflow.check.references.together import causes, drawn_out, fans
from darwinflow.graph.walk import Arrows, reached
from darwinflow.projection.facts import TARGET
from darwinflow.projection.projection import Projection

_MAX_SWEEPS: Final = 20
"""Over one component of nodes that all lead to one another; what is not settled by then is not judged."""
_ALL: Final = -1
_ROW: Final = 20
"""Steps back through nodes that one other alone leads to, before everything is worked out at once."""
_NEAR: Final = 200
"""Steps that are walked before everything is worked out at once."""

_MOST_CAUSES: Final = 500
"""Of all pairs together; with more, the hints about walks that leave a node out stay."""


class Verdict(NamedTuple):
    """About one node that reads what another gives."""

    is_known: bool
    """Whether some walk from START to the reader passes the one that is read."""
    is_sure: bool
    """Whether every one does, or passes something that always leads to it, too."""


SILENT: Final = Verdict(is_known=True, is_sure=True)
"""Nothing to say: it is so, or something else is wrong that has to be mended first."""
_UNSURE: Final = Verdict(is_known=True, is_sure=False)
_UNKNOWN: Final = Verdict(is_known=False, is_sure=False)
Pair = tuple[str, str]


class Before:
    """What is known of pairs of one graph; kept with it, and grown as rows ask for more."""

    def __init__(self, projection: Projection) -> None:
        graph = projection.graph
        self._graph = graph
        self._starts = [
            number
            for number in range(graph.implicit)
            if not projection.may_be_end(graph.names[number], TARGET)
        ]
        self._leads_anywhere = half_sources(projection)
        self._may_follow_anything = half_targets(projection)
        self._is_half = bool(halves(projection))
        self._fans = fans(projection)
        self._verdicts: dict[Pair, Verdict] = {}
        self.wrong: set[Pair] = set()
        """Those that were asked for and are not known, or not sure."""
        self._is_silent = reach(projection) is None

    def verdict(self, reader: str, read: str) -> Verdict:
        """About two names that nodes have; anything goes where *reader* is none."""
        pair = (reader, read)
        if pair not in self._verdicts:
            self.judge([pair])
        return self._verdicts[pair]

    def leads(self, read: str, reader: str) -> bool:
        """What `verdict` calls known, for a pair that nobody else asks for: a short way is found in no time."""
        pair = (reader, read)
        if pair not in self._verdicts and self._is_near(read, reader):
            return True
        return self.verdict(reader, read).is_known

    def prepare(self, pairs: Iterable[Pair]) -> None:
        """Work out at once what `leads` would work out one by one; each pair is reader and read."""
        self.judge(dict.fromkeys([pair for pair in pairs if not self._is_near(pair[1], pair[0])]))

    def _is_near(self, read: str, reader: str) -> bool:
        """Whether a few steps back from *reader* lead to *read*."""
        numbers = self._graph.numbers
        _, back = merged(self._graph)
        waiting = [numbers[reader]] if reader in numbers else []
        for node in waiting:
            for source in back[node]:
                if source == numbers[read]:
                    return True
                if len(waiting) < _NEAR:
                    waiting.append(source)
        return False

    def judge(self, pairs: Iterable[Pair]) -> None:
        """Work out what is not known yet of *pairs*."""
        fresh = [pair for pair in pairs if pair not in self._verdicts]
        if not fresh:
            return
        found = dict.fromkeys(fresh, SILENT)
        far = [] if self._is_silent else self._not_right_behind(fresh)
        if far:
            found.update(self._judged(far))
        self._verdicts.update(found)
        self.wrong.update([pair for pair, verdict in found.items() if verdict is not SILENT])

    def _not_right_behind(self, pairs: list[Pair]) -> list[Pair]:
        """Those of *pairs* whose reader is not at the end of a row of nodes, one behind the other, from the one read."""
        numbers = self._graph.numbers
        _, back = merged(self._graph)
        left: list[Pair] = []
        for pair in pairs:
            node, read = numbers.get(pair[0], -1), numbers[pair[1]]
            if node >= 0 and back[node] == [read]:
                continue
            sources = back[node] if node >= 0 else ()
            for _ in range(_ROW):
                if len(sources) != 1 or sources[0] == read:
                    break
                sources = back[sources[0]]
            if node >= 0 and (len(sources) != 1 or sources[0] != read):
                left.append(pair)
        return left

    def _judged(self, pairs: list[Pair]) -> dict[Pair, Verdict]:
        graph = self._graph
        numbers = graph.numbers
        forward, back = merged(graph)
        bits = [0] * len(back)
        for count, name in enumerate(dict.fromkeys([name for _, name in pairs])):
            bits[numbers[name]] = 1 << count
        some, every, is_reached = self._sets(bits, forward, back)
        may_follow, may_lead = self._loose(forward, back)
        found: dict[Pair, Verdict] = {}
        for pair in pairs:
            reader, read = numbers.get(pair[0], -1), numbers[pair[1]]
            if reader < 0 or not is_reached[reader] or (not is_reached[read] and read >= graph.implicit):
                found[pair] = SILENT
            elif not some[reader] & bits[read]:
                found[pair] = SILENT if may_follow[reader] or may_lead[read] else _UNKNOWN
            elif every[reader] & bits[read] or graph.unknown or self._is_half:
                found[pair] = SILENT
            else:
                found[pair] = _UNSURE
        self._excuse(found, forward, back)
        return found

    def _excuse(self, found: dict[Pair, Verdict], forward: Arrows, back: Arrows) -> None:
        """Be silent on what runs with something on every walk, though not on each of them."""
        numbers = self._graph.numbers
        left = [pair for pair, verdict in found.items() if verdict is _UNSURE]
        behind: dict[str, frozenset[int]] = {}
        for name in dict.fromkeys([name for _, name in left]):
            behind[name] = causes(numbers[name], self._graph) | {numbers[name]}
        for pair in left:
            if not behind[pair[1]].isdisjoint(self._starts):
                found[pair] = SILENT
        left = [pair for pair in left if found[pair] is _UNSURE]
        nodes = frozenset().union(*[behind[name] for _, name in left])
        if not left or len(nodes) > _MOST_CAUSES:
            return
        chosen = [fan for fan in self._fans if not nodes.isdisjoint(fan.targets)][:_MOST_CAUSES]
        bits = [0] * (len(back) + len(chosen))
        mark = {name: 1 << count for count, name in enumerate(dict.fromkeys([name for _, name in left]))}
        for name, bit in mark.items():
            for number in behind[name]:
                bits[number] |= bit
            for point, fan in enumerate(chosen, len(back)):
                bits[point] |= bit if not behind[name].isdisjoint(fan.targets) else 0
        _, every, _ = self._sets(bits, *(drawn_out(chosen, forward, back) if chosen else (forward, back)))
        for pair in left:
            if every[numbers[pair[0]]] & mark[pair[1]]:
                found[pair] = SILENT

    def _sets(self, bits: list[int], forward: Arrows, back: Arrows) -> tuple[list[int], list[int], bytearray]:
        """Of each node, what stands on some walk to it, what on every one, and whether there is a walk at all."""
        graph = self._graph
        some = [0] * len(bits)
        every = [_ALL] * len(bits)
        is_reached = bytearray(len(bits))
        for start in self._starts:
            every[start] = 0
            is_reached[start] = 1
        is_whole = len(back) == len(graph.predecessors)
        found = order(graph) if is_whole else order_of(graph.implicit, forward, back)
        for node in found.free:
            one, all_of = 0, _ALL
            for source in back[node]:
                if is_reached[source]:
                    is_reached[node] = 1
                    bit = bits[source]
                    if bit:
                        one |= some[source] | bit
                        all_of &= every[source] | bit
                    else:
                        one |= some[source]
                        all_of &= every[source]
            if node >= graph.implicit:
                some[node], every[node] = one, all_of
        for group in groups_of(found.left, graph.implicit, forward) if found.left else ():
            members = set(group)
            if any(is_reached[source] and source not in members for node in group for source in back[node]):
                for node in group:
                    is_reached[node] = 1
                _settle(group, bits, is_reached, back, some, every)
        return some, every, is_reached

    def _loose(self, forward: Arrows, back: Arrows) -> tuple[bytearray, bytearray]:
        """Nodes behind names that may mean anything, or are not there, and nodes before them.

        Edges are missing there, not order.
        """
        graph = self._graph
        slips = meanings(graph)
        loose = [
            number for number in range(graph.known, len(graph.names)) if graph.names[number] not in slips
        ]
        return (
            reached([*loose, *self._may_follow_anything], forward),
            reached([*loose, *self._leads_anywhere], back),
        )


def before(projection: Projection) -> Before:
    """Kept with the graph."""
    memo = projection.graph.memo
    if __name__ not in memo:
        memo[__name__] = Before(projection)
    known = memo[__name__]
    assert isinstance(known, Before)
    return known


def _settle(
    group: list[int],
    bits: list[int],
    is_reached: bytearray,
    back: Arrows,
    some: list[int],
    every: list[int],
) -> None:
    """The sets of nodes that all lead to one another, once those of what leads to them are known."""
    members = set(group)
    together = 0
    for node in group:
        together |= bits[node] if len(group) > 1 or node in back[node] else 0
        for source in back[node]:
            if is_reached[source] and source not in members:
                together |= some[source] | bits[source]
    for node in group:
        some[node] = together
    for _ in range(_MAX_SWEEPS):
        is_settled = True
        for node in group:
            all_of = _ALL
            for source in back[node]:
                if is_reached[source]:
                    all_of &= every[source] | bits[source]
            if all_of != every[node]:
                every[node] = all_of
                is_settled = False
        if is_settled:
            return
    for node in group:
        every[node] = _ALL
