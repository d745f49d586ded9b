"""An immutable sequence in blocks, so that changing one place copies a few hundred pointers and not all."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, chain
from typing import Final, Generic, TypeVar

T = TypeVar("T")

BLOCK: Final = 256
"""Pieces of a fresh block. A block is cut again when it has grown to twice as many."""


def cut(pieces: list[T]) -> list[tuple[T, ...]]:
    return [tuple(pieces[at : at + BLOCK]) for at in range(0, len(pieces), BLOCK)]


class Chunks(Generic[T]):
    """An immutable sequence that shares all but the changed block with what it was made from."""

    __slots__ = ("_blocks", "_firsts")

    def __init__(self, blocks: list[tuple[T, ...]], firsts: list[int] | None = None) -> None:
        self._blocks = blocks
        self._firsts = firsts or list(accumulate(map(len, blocks), initial=0))

    @classmethod
    def of(cls, pieces: list[T]) -> "Chunks[T]":
        return cls(cut(pieces))

    def __len__(self) -> int:
        return self._firsts[-1]

    def __getitem__(self, at: int) -> T:
        block = bisect_right(self._firsts, at) - 1
        return self._blocks[block][at - self._firsts[block]]

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self._blocks)

    def slice(self, start: int, end: int) -> list[T]:
        """The pieces from *start* to before *end*."""
        if start >= end:
            return []
        first = bisect_right(self._firsts, start) - 1
        base = self._firsts[first]
        block = self._blocks[first]
        if end <= base + len(block):
            return list(block[start - base : end - base])
        pieces = list(block[start - base :])
        for at in range(first + 1, len(self._blocks)):
            base = self._firsts[at]
            if base >= end:
                break
            pieces.extend(self._blocks[at][: end - base])
        return pieces

    def replaced(self, start: int, end: int, pieces: list[T]) -> "Chunks[T]":
        """This sequence with *pieces* in the place of those from *start* to before *end*."""
        if not self._blocks:
            return Chunks.of(pieces)
        count = len(self._blocks)
        first = min(bisect_right(self._firsts, start) - 1, count - 1)
        last = min(max(bisect_right(self._firsts, end - 1) - 1, first), count - 1)
        left = self._blocks[first][: start - self._firsts[first]]
        right = self._blocks[last][max(end - self._firsts[last], 0) :]
        blocks = self._blocks.copy()
        middle = (*left, *pieces, *right)
        blocks[first : last + 1] = rejoined(middle)
        if first == last and len(middle) == len(self._blocks[first]):
            return Chunks(blocks, self._firsts)
        return Chunks(blocks)


def rejoined(pieces: tuple[T, ...]) -> list[tuple[T, ...]]:
    """The blocks that a changed block becomes."""
    if not pieces:
        return []
    return [pieces] if len(pieces) <= 2 * BLOCK else cut(list(pieces))
