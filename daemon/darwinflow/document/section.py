"""One key of a root mapping with all its lines, or all of a root that is no mapping."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from darwinflow.document.blocks import Blocks
from darwinflow.document.grammar.reader import repeat_message
from darwinflow.document.node import SCALAR, Node
from darwinflow.document.problem import DUPLICATE_KEY, MAX_RELATED, Problem, Related, again
from darwinflow.document.segment import Segment, merged
from darwinflow.document.values import Bound

Repeat = tuple[tuple[int, Node], ...]
"""The places of one key: the index of the piece that gives it, and the key there."""


class Section:
    """Part of a root: a key with its value, or without a key what the root itself consists of.

    ``head`` holds the key's own lines where the value is cut into several
    segments; else the one segment has the key too.
    """

    __slots__ = ("_data", "_is_troubled", "_repeats", "bound", "head", "line_count", "segments")

    def __init__(
        self, head: Segment | None, segments: Blocks[Segment], repeats: tuple[Repeat, ...] | None = None
    ) -> None:
        self.head = head
        self.segments = segments
        self.line_count = segments.line_count + (head.line_count if head else 0)
        self._data: Any = None
        self._is_troubled: bool | None = None
        self._repeats = repeats
        self.bound: Bound | None = None
        """What the anchor of a head stands for, once it is known."""

    @property
    def key(self) -> Node | None:
        """The key whose value this is, relative to the section's first line; None: part of the root itself."""
        return self.head.key if self.head else self.segments.first.key

    @property
    def key_text(self) -> str:
        """The key as text, empty where there is none."""
        key = self.key
        return key.source if key is not None else ""

    def root_keys(self) -> list[Node]:
        """The keys that this section gives to a root mapping: one, unless its text is broken."""
        piece = self.head or self.segments.first
        return [piece.key] if piece.key is not None else [key for key, _ in self.segments.first.pairs]

    @property
    def kind(self) -> str:
        """What the segments hold: ``items``, ``entries`` or ``value``."""
        return self.segments.first.kind

    @property
    def is_linked(self) -> bool:
        return self.segments.is_linked or (self.head is not None and self.head.is_linked)

    @property
    def is_troubled(self) -> bool:
        if self._is_troubled is None:
            if self.head is None and len(self.segments) == 1:
                self._is_troubled = bool(self.segments.first.problems)
            else:
                of_head = self.head is not None and bool(self.head.problems)
                self._is_troubled = of_head or self.segments.is_troubled or bool(self.repeats)
        return self._is_troubled

    def pieces(self) -> Iterable[Segment]:
        """The head, if there is one, and the segments."""
        return self.segments if self.head is None else chain((self.head,), self.segments)

    def start(self, at: int) -> int:
        """The first line of segment *at*, relative to the section; -1 is the head."""
        if at < 0:
            return 0
        return self.segments.start(at) + (self.head.line_count if self.head else 0)

    def at_line(self, line: int) -> int:
        """The segment that takes a line of this section; -1 is the head."""
        if self.head is None:
            return self.segments.at_line(line)
        return -1 if line < self.head.line_count else self.segments.at_line(line - self.head.line_count)

    def segment(self, at: int) -> Segment:
        """Segment *at*; -1 is the head."""
        if at >= 0 or self.head is None:
            return self.segments[at]
        return self.head

    @property
    def data(self) -> Any:
        """What the segments hold together: a list, a dict, or the value's data."""
        kind = self.kind
        if kind == "value":
            return self.segments.first.data
        if self._data is None:
            self._data = self._items() if kind == "items" else merged(*self.entries())
        return self._data

    def _items(self) -> list[Any]:
        items: list[Any] = []
        for block in self.segments.blocks:
            if block.data is None:
                block.data = [item for segment in block.pieces for item in segment.data]
            items.extend(block.data)
        return items

    def entries(self) -> tuple[dict[str, Any], list[Any]]:
        """What the entries give themselves, and the values of ``<<`` keys among them."""
        own: dict[str, Any] = {}
        sources: list[Any] = []
        for segment in self.segments:
            own.update(segment.data)
            sources.extend(segment.sources)
        return own, sources

    @property
    def repeats(self) -> tuple[Repeat, ...]:
        """Keys that several segments give; those within one segment are among its problems."""
        if self._repeats is None:
            self._repeats = ()
            if len(self.segments) > 1 and self.kind == "entries":
                self._repeats = repeats_among(
                    [(at, key) for at, segment in enumerate(self.segments) for key, _ in segment.pairs]
                )
        return self._repeats

    def problems(self) -> Iterator[Problem]:
        """Everything wrong in the section, relative to its first line."""
        first = 0
        if self.head is not None:
            yield from self.head.problems
            first = self.head.line_count
        for _, line, segment in self.segments.troubled():
            for problem in segment.problems:
                yield problem.moved(first + line)
        for repeat in self.repeats:
            yield repeat_problem(repeat, self.start)

    def relinked(self, head: Segment | None, segments: Blocks[Segment]) -> "Section":
        """This section with its aliases resolved; its lines and keys stay."""
        return Section(head, segments, self._repeats)

    def replaced(self, first: int, removed: tuple[Segment, ...], added: tuple[Segment, ...]) -> "Section":
        """This section with *added* in the place of the segments *removed*, which begin at *first*."""
        segments = self.segments.replaced(first, first + len(removed), added)
        is_free = self._repeats == () and (self.kind != "entries" or _keys(removed) == _keys(added))
        return Section(self.head, segments, () if is_free else None)


def _keys(segments: tuple[Segment, ...]) -> list[str]:
    return [key.source for segment in segments for key, _ in segment.pairs]


def repeats_among(keys: list[tuple[int, Node]]) -> tuple[Repeat, ...]:
    """Scalar keys that stand in more than one place; a place is counted once."""
    names = [key.source for _, key in keys if key.kind == SCALAR]
    if len(set(names)) == len(names):
        return ()
    counts = Counter(names)
    seen: dict[str, list[tuple[int, Node]]] = {}
    for place, key in keys:
        if key.kind == SCALAR and counts[key.source] > 1:
            places = seen.setdefault(key.source, [])
            if not places or places[-1][0] != place:
                places.append((place, key))
    return tuple([tuple(places) for places in seen.values() if len(places) > 1])


def repeat_problem(repeat: Repeat, start: Callable[[int], int]) -> Problem:
    """One problem at the second place of a key, with the other places beside it; *start* tells where a piece begins."""
    spans = [key.span.moved(start(at)) for at, key in repeat[: MAX_RELATED + 2]]
    name = repeat[0][1].source
    related = [Related(spans[0], f"'{name}' is given here first")]
    related += again(spans[2:], len(repeat) - 2)
    return Problem(DUPLICATE_KEY, repeat_message(name), spans[1], tuple(related))
