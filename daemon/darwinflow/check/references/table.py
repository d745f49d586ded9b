"""Rows that segments give, in one flat list that an edit splices."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Generic, TypeVar

T = TypeVar("T")


class Table(Generic[T]):
    """The rows of one section. Never changed once made."""

    __slots__ = ("_starts", "counts", "rows", "section")

    def __init__(self, section: int, rows: list[T], counts: list[int]) -> None:
        self.section = section
        self.rows = rows
        self.counts = counts
        """How many each segment gives."""
        self._starts: list[int] | None = None

    @classmethod
    def of(cls, section: int, given: Sequence[Sequence[T]]) -> "Table[T]":
        return cls(section, list(chain.from_iterable(given)), list(map(len, given)))

    def spliced(self, first: int, count: int, given: Sequence[Sequence[T]]) -> "Table[T]":
        """This table with the rows of other segments for the *count* from *first* on."""
        old_counts, new_counts = self.counts[first : first + count], list(map(len, given))
        new = list(chain.from_iterable(given))
        if old_counts == new_counts and not new:
            return self
        start = sum(self.counts[:first])
        end = start + sum(old_counts)
        if old_counts == new_counts and self.rows[start:end] == new:
            return self
        rows, counts = self.rows.copy(), self.counts.copy()
        rows[start:end] = new
        counts[first : first + count] = new_counts
        return Table(self.section, rows, counts)

    def in_section(self, section: int) -> "Table[T]":
        """The same of a section that has come to stand at another place."""
        return self if section == self.section else Table(section, self.rows, self.counts)

    def segment(self, row: int) -> int:
        """The segment that gives a row."""
        if self._starts is None:
            self._starts = list(accumulate(self.counts, initial=0))
        return bisect_right(self._starts, row) - 1
