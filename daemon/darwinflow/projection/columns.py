"""What the segments of one section add to a graph, side by side: flat lists that an edit splices.

Building a graph from them touches no segment, which in a long document is most of the work.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from copy import copy
from itertools import accumulate, compress
from typing import TypeVar

from darwinflow.projection.facts import Facts, Join, Point

T = TypeVar("T")


class Columns:
    """Never changed once made; `spliced` makes another."""

    __slots__ = (
        "_arrow_starts",
        "_by_source",
        "_fan_segments",
        "_half_segments",
        "_node_starts",
        "arrow_counts",
        "conditional",
        "edge_counts",
        "fan_counts",
        "half_counts",
        "join_counts",
        "kinds",
        "names",
        "node_counts",
        "section",
        "sources",
        "targets",
    )

    def __init__(self, section: int, all_facts: Sequence[Facts]) -> None:
        self.section = section
        self.names = [name for facts in all_facts for name, _ in facts.ids]
        """Of every node, empty where it has no usable id; `kinds` beside it."""
        self.kinds = [kind for facts in all_facts for _, kind in facts.ids]
        self.sources: list[Point] = [source for facts in all_facts for source, _, _ in facts.arrows]
        """Of every arrow; `targets` beside it, and in `conditional` whether its edge has a condition."""
        self.targets: list[Point] = [target for facts in all_facts for _, target, _ in facts.arrows]
        self.conditional = [is_conditional for facts in all_facts for _, _, is_conditional in facts.arrows]
        self.node_counts = [len(facts.ids) for facts in all_facts]
        """How many each segment has; likewise below."""
        self.arrow_counts = [len(facts.arrows) for facts in all_facts]
        self.edge_counts = [len(facts.edges) for facts in all_facts]
        self.half_counts = [facts.halves for facts in all_facts]
        self.fan_counts = [facts.fans for facts in all_facts]
        self.join_counts = [len(facts.joins) for facts in all_facts]
        self._node_starts: list[int] | None = None
        self._arrow_starts: list[int] | None = None
        self._by_source: dict[Point, list[int]] | None = None
        self._fan_segments: list[int] | None = None
        self._half_segments: list[int] | None = None

    def spliced(self, first: int, count: int, added: Sequence[Facts]) -> "Columns":
        """These with the facts *added* for the *count* segments from *first* on."""
        fresh = Columns(self.section, added)
        node = sum(self.node_counts[:first])
        nodes = node + sum(self.node_counts[first : first + count])
        arrow = sum(self.arrow_counts[:first])
        arrows = arrow + sum(self.arrow_counts[first : first + count])
        new = Columns(self.section, ())
        new.names = _spliced(self.names, node, nodes, fresh.names)
        new.kinds = _spliced(self.kinds, node, nodes, fresh.kinds)
        new.sources = _spliced(self.sources, arrow, arrows, fresh.sources)
        new.targets = _spliced(self.targets, arrow, arrows, fresh.targets)
        new.conditional = _spliced(self.conditional, arrow, arrows, fresh.conditional)
        end = first + count
        new.node_counts = _spliced(self.node_counts, first, end, fresh.node_counts)
        new.arrow_counts = _spliced(self.arrow_counts, first, end, fresh.arrow_counts)
        new.edge_counts = _spliced(self.edge_counts, first, end, fresh.edge_counts)
        new.half_counts = _spliced(self.half_counts, first, end, fresh.half_counts)
        new.fan_counts = _spliced(self.fan_counts, first, end, fresh.fan_counts)
        new.join_counts = _spliced(self.join_counts, first, end, fresh.join_counts)
        return new

    def in_section(self, section: int) -> "Columns":
        """The same of a section that has come to stand at another place."""
        if section == self.section:
            return self
        new = copy(self)
        new.section = section
        return new

    def node_place(self, at: int) -> tuple[int, int]:
        """The segment of the node at *at*, and its index among that segment's nodes."""
        if self._node_starts is None:
            self._node_starts = list(accumulate(self.node_counts, initial=0))
        segment = bisect_right(self._node_starts, at) - 1
        return segment, at - self._node_starts[segment]

    def arrows_from(self, names: Collection[str], *, often: bool = False) -> list[int]:
        """The arrows that leave one of *names*. *often*: the same columns are asked again and again."""
        if often and self._by_source is None:
            self._by_source = {}
            for at, source in enumerate(self.sources):
                self._by_source.setdefault(source, []).append(at)
        if self._by_source is None:
            return list(compress(range(len(self.sources)), map(names.__contains__, self.sources)))
        return sorted([at for name in names for at in self._by_source.get(name, ())])

    def arrows_with(self, sources: Collection[Point], targets: Collection[Point]) -> list[int]:
        """The arrows that leave one of *sources* or enter one of *targets*."""
        places = range(len(self.sources))
        leaving = compress(places, map(sources.__contains__, self.sources))
        entering = compress(places, map(targets.__contains__, self.targets))
        return sorted({*leaving, *entering})

    def arrow_segment(self, at: int) -> int:
        """The segment of the arrow at *at*."""
        if self._arrow_starts is None:
            self._arrow_starts = list(accumulate(self.arrow_counts, initial=0))
        return bisect_right(self._arrow_starts, at) - 1

    def joins(self) -> list[Join]:
        """In the order of the text."""
        if not any(self.join_counts):
            return []
        return list(dict.fromkeys([source for source in self.sources if isinstance(source, Join)]))

    @property
    def half_segments(self) -> list[int]:
        """Segments with edges that lack a name at some side."""
        if self._half_segments is None:
            self._half_segments = _with_any(self.half_counts)
        return self._half_segments

    @property
    def fan_segments(self) -> list[int]:
        """Segments with edges that lead to several nodes under a condition."""
        if self._fan_segments is None:
            self._fan_segments = _with_any(self.fan_counts)
        return self._fan_segments


def _with_any(counts: list[int]) -> list[int]:
    return [segment for segment, count in enumerate(counts) if count] if any(counts) else []


def _spliced(old: list[T], start: int, end: int, added: list[T]) -> list[T]:
    if start == end and not added:
        return old
    new = old.copy()
    new[start:end] = added
    return new
