"""Immutable sequences of pieces that follow each other line by line, in blocks.

They know how many lines each piece takes, and which blocks hold problems or anchors.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain
from operator import is_
from typing import Any, Generic, Protocol, TypeVar

from darwinflow.document.chunks import BLOCK, cut, rejoined


class Piece(Protocol):
    """Something that takes lines of a document."""

    line_count: int

    @property
    def is_troubled(self) -> bool: ...

    @property
    def is_linked(self) -> bool: ...


P = TypeVar("P", bound=Piece)


class Block(Generic[P]):
    """Some neighbouring pieces, and what is known of them together; worked out when first asked for."""

    __slots__ = ("_linked", "_starts", "_troubled", "data", "line_count", "pieces")

    def __init__(
        self,
        pieces: tuple[P, ...],
        line_count: int = -1,
        starts: list[int] | None = None,
        troubled: list[int] | None = None,
        linked: list[int] | None = None,
    ) -> None:
        self.pieces = pieces
        self.line_count = sum([piece.line_count for piece in pieces]) if line_count < 0 else line_count
        self._starts = starts
        self._troubled = troubled
        self._linked = linked
        self.data: list[object] | None = None
        """The data of all pieces in one list, kept by whoever computed it."""

    def replaced(self, start: int, end: int, added: tuple[P, ...]) -> "Block[P]":
        """This block with other pieces from *start* to before *end*; what is known of the rest is kept."""
        counts = [piece.line_count for piece in added]
        old_counts = [piece.line_count for piece in self.pieces[start:end]]
        linked = [start + at for at, piece in enumerate(added) if piece.is_linked]
        troubled = None
        # What is wrong with a linked piece shows when its aliases are resolved.
        if self._troubled is not None and not linked:
            found = [start + at for at, piece in enumerate(added) if piece.is_troubled]
            troubled = _patched(self._troubled, start, end, len(added), found)
        return Block(
            self.pieces[:start] + added + self.pieces[end:],
            self.line_count + sum(counts) - sum(old_counts),
            self._starts if counts == old_counts else None,
            troubled,
            _patched(self._linked, start, end, len(added), linked),
        )

    def exchanged(self, at: int, piece: P) -> "Block[P] | None":
        """This block with another piece at *at*; None where more than that may be new in it."""
        old = self.pieces[at]
        linked, troubled = self._linked, self._troubled
        if (
            linked is None
            or troubled is None
            or old.line_count != piece.line_count
            or old.is_linked
            or piece.is_linked
            or old.is_troubled
            or piece.is_troubled
        ):
            return None
        pieces = (*self.pieces[:at], piece, *self.pieces[at + 1 :])
        return Block(pieces, self.line_count, self._starts, troubled, linked)

    def mapped(self, change: Callable[[P], P]) -> "Block[P]":
        """This block with *change* made to its linked pieces, whose lines stay; itself where that gives nothing new."""
        pieces = list(self.pieces)
        troubled = self._troubled
        changed = 0
        for at in self.linked:
            old = pieces[at]
            new = change(old)
            if new is not old:
                pieces[at] = new
                changed += 1
                if troubled is not None and new.is_troubled != old.is_troubled:
                    troubled = None
        return (
            Block(tuple(pieces), self.line_count, self._starts, troubled, self._linked) if changed else self
        )

    @property
    def starts(self) -> list[int]:
        """The first line of each piece, relative to the block; one more at the end."""
        if self._starts is None:
            self._starts = list(accumulate([piece.line_count for piece in self.pieces], initial=0))
        return self._starts

    @property
    def troubled(self) -> list[int]:
        """Indices of pieces that have problems."""
        if self._troubled is None:
            self._troubled = [at for at, piece in enumerate(self.pieces) if piece.is_troubled]
        return self._troubled

    @property
    def linked(self) -> list[int]:
        """Indices of pieces that have anchors or aliases."""
        if self._linked is None:
            self._linked = [at for at, piece in enumerate(self.pieces) if piece.is_linked]
        return self._linked


def _patched(
    indices: list[int] | None, start: int, end: int, count: int, added: list[int]
) -> list[int] | None:
    """Indices into pieces of which those from *start* to *end* were replaced by *count* others."""
    if indices is None or not (indices or added):
        return indices
    shift = count - (end - start)
    return [at for at in indices if at < start] + added + [at + shift for at in indices if at >= end]


class Blocks(Generic[P]):
    """An immutable sequence of pieces that follow each other line by line."""

    __slots__ = ("_firsts", "_lines", "blocks")

    def __init__(
        self, blocks: list[Block[P]], firsts: list[int] | None = None, lines: list[int] | None = None
    ) -> None:
        self.blocks = blocks
        self._firsts = firsts or list(accumulate([len(block.pieces) for block in blocks], initial=0))
        self._lines = lines or list(accumulate([block.line_count for block in blocks], initial=0))

    @classmethod
    def of(cls, pieces: list[P]) -> "Blocks[P]":
        return cls([Block(part) for part in cut(pieces)])

    @property
    def first(self) -> P:
        """The first piece. Raises `IndexError` where there is none."""
        return self.blocks[0].pieces[0]

    def __len__(self) -> int:
        return self._firsts[-1]

    @property
    def line_count(self) -> int:
        return self._lines[-1]

    def __iter__(self) -> Iterator[P]:
        return chain.from_iterable([block.pieces for block in self.blocks])

    def __getitem__(self, at: int) -> P:
        block = bisect_right(self._firsts, at) - 1
        return self.blocks[block].pieces[at - self._firsts[block]]

    def start(self, at: int) -> int:
        """The first line of piece *at*, counted from the first piece's."""
        block = min(bisect_right(self._firsts, at) - 1, len(self.blocks) - 1)
        if block < 0:
            return 0
        return self._lines[block] + self.blocks[block].starts[at - self._firsts[block]]

    def at_line(self, line: int) -> int:
        """The index of the piece that takes this line; the last one for lines beyond."""
        block = min(bisect_right(self._lines, line) - 1, len(self.blocks) - 1)
        starts = self.blocks[block].starts
        within = min(bisect_right(starts, line - self._lines[block]) - 1, len(starts) - 2)
        return self._firsts[block] + within

    def slice(self, start: int, end: int) -> list[P]:
        """The pieces from *start* to before *end*."""
        return [self[at] for at in range(start, end)]

    def starts(self) -> Iterator[tuple[int, P]]:
        """Every piece behind its first line."""
        return zip(accumulate([piece.line_count for piece in self], initial=0), self, strict=False)

    def troubled(self) -> Iterator[tuple[int, int, P]]:
        """Index, first line and piece, of pieces that have problems."""
        for number, block in enumerate(self.blocks):
            for at in block.troubled:
                line = self._lines[number] + block.starts[at]
                yield self._firsts[number] + at, line, block.pieces[at]

    def mapped(self, change: Callable[[P], P]) -> "Blocks[P]":
        """These pieces with *change* made to the linked ones, whose lines stay; itself where that gives nothing new."""
        blocks = [block.mapped(change) if block.linked else block for block in self.blocks]
        if all(map(is_, blocks, self.blocks)):
            return self
        return Blocks(blocks, self._firsts, self._lines)

    @property
    def is_troubled(self) -> bool:
        return any(block.troubled for block in self.blocks)

    @property
    def is_linked(self) -> bool:
        return any(block.linked for block in self.blocks)

    def replaced(self, start: int, end: int, pieces: Sequence[P]) -> "Blocks[P]":
        """These pieces with others in the place of those from *start* to before *end*; *start* exists."""
        last_block = len(self.blocks) - 1
        first = min(bisect_right(self._firsts, start) - 1, last_block)
        if end - start == len(pieces) == 1:
            block = self.blocks[first].exchanged(start - self._firsts[first], pieces[0])
            if block is not None:
                blocks = self.blocks.copy()
                blocks[first] = block
                return Blocks(blocks, self._firsts, self._lines)
        last = min(max(bisect_right(self._firsts, end - 1) - 1, first), last_block)
        base = self._firsts[first]
        old = self.blocks[first]
        blocks = self.blocks.copy()
        size = len(old.pieces) + len(pieces) - (end - start)
        if first == last and 0 < size <= 2 * BLOCK:
            new = old.replaced(start - base, end - base, tuple(pieces))
            blocks[first] = new
            firsts = self._firsts if size == len(old.pieces) else None
            return Blocks(blocks, firsts, self._lines if new.line_count == old.line_count else None)
        right = self.blocks[last].pieces[end - self._firsts[last] :]
        middle = (*old.pieces[: start - base], *pieces, *right)
        blocks[first : last + 1] = [Block(part) for part in rejoined(middle)]
        return Blocks(blocks)


class One(Blocks[P]):
    """A single piece, of which a text may have very many; what blocks know is worked out when first asked for."""

    __slots__ = ("piece",)

    def __init__(self, piece: P) -> None:
        self.piece = piece

    def __getattr__(self, name: str) -> Any:
        if name not in Blocks.__slots__:
            raise AttributeError(name)
        super().__init__([Block((self.piece,), self.piece.line_count)])
        return object.__getattribute__(self, name)

    @property
    def first(self) -> P:
        return self.piece

    def __len__(self) -> int:
        return 1

    @property
    def line_count(self) -> int:
        return self.piece.line_count

    def __iter__(self) -> Iterator[P]:
        return iter((self.piece,))

    def mapped(self, change: Callable[[P], P]) -> Blocks[P]:
        piece = change(self.piece)
        return self if piece is self.piece else One(piece)

    @property
    def is_troubled(self) -> bool:
        return self.piece.is_troubled

    @property
    def is_linked(self) -> bool:
        return self.piece.is_linked
