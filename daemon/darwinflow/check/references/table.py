"""Rows that segments give, in one flat list that an edit splices."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")
_MAX_STRAYS = 64
"""Rows that may have come and gone since rows were counted, before all are counted anew."""


class _Counted(Generic[T]):
    """How often each row stands in a table, and in those that edits make of it."""

    def __init__(self, rows: list[T]) -> None:
        self._rows = rows
        self._counts: Counter[T] | None = None

    def of(self, row: T) -> int:
        if self._counts is None:
            self._counts = Counter(self._rows)
        return self._counts[row]


class Table(Generic[T]):
    """The rows of one section. Never changed once made."""

    __slots__ = (
        "_added",
        "_counted",
        "_distinct",
        "_gone",
        "_seconds",
        "_starts",
        "counts",
        "rows",
        "section",
    )

    def __init__(self, section: int, rows: list[T], counts: list[int]) -> None:
        self.section = section
        self.rows = rows
        self.counts = counts
        """How many each segment gives."""
        self._starts: list[int] | None = None
        self._distinct: frozenset[T] | None = None
        self._seconds: frozenset[Any] | None = None
        self._counted = _Counted(rows)
        self._gone: list[T] = []
        """Rows less, and in `_added` more, than what is counted."""
        self._added: list[T] = []

    def count(self, row: T) -> int:
        """How often *row* is among the rows."""
        return self._counted.of(row) - self._gone.count(row) + self._added.count(row)

    @property
    def distinct(self) -> frozenset[T]:
        """The rows, each once."""
        if self._distinct is None:
            self._distinct = frozenset(self.rows)
        return self._distinct

    @property
    def seconds(self) -> frozenset[Any]:
        """What stands second in the rows, where they are pairs."""
        if self._seconds is None:
            self._seconds = frozenset(
                [second for _, second in cast("frozenset[tuple[Any, Any]]", self.distinct)]
            )
        return self._seconds

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
        table = Table(self.section, rows, counts)
        gone, added = self._gone + self.rows[start:end], self._added + new
        if len(gone) + len(added) <= _MAX_STRAYS:
            table._counted, table._gone, table._added = self._counted, gone, added
        return table

    def in_section(self, section: int) -> "Table[T]":
        """The same of a section that has come to stand at another place."""
        if section == self.section:
            return self
        table = Table(section, self.rows, self.counts)
        table._distinct, table._seconds = self._distinct, self._seconds
        table._counted, table._gone, table._added = self._counted, self._gone, self._added
        return table

    def segment(self, row: int) -> int:
        """The segment that gives a row."""
        if self._starts is None:
            self._starts = list(accumulate(self.counts, initial=0))
        return bisect_right(self._starts, row) - 1
