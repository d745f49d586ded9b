"""Rows by key that can be taken back."""

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from darwinflow.model.errors import StoreUnwritable

K = TypeVar("K")
V = TypeVar("V")


class Undo:
    """What would take back everything since `begin`, newest first; shared by the tables of one store."""

    __slots__ = ("_steps", "_writable")

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []
        self._writable = False

    def begin(self) -> None:
        self._steps.clear()
        self._writable = True

    def end(self) -> None:
        self._steps.clear()
        self._writable = False

    def take_back(self) -> None:
        self.take_back_to(0)
        self._writable = False

    @property
    def mark(self) -> int:
        """This moment, for `take_back_to`."""
        return len(self._steps)

    def take_back_to(self, mark: int) -> None:
        while len(self._steps) > mark:
            self._steps.pop()()

    def note(self, step: Callable[[], object]) -> None:
        """Called before a change. Raises `StoreUnwritable` in a transaction that reads."""
        if not self._writable:
            raise StoreUnwritable("this transaction reads")
        self._steps.append(step)


class Table(Generic[K, V]):
    """Values must be immutable: what is handed out is what is kept."""

    __slots__ = ("_rows", "_undo")

    def __init__(self, undo: Undo) -> None:
        self._rows: dict[K, V] = {}
        self._undo = undo

    def get(self, key: K) -> V | None:
        return self._rows.get(key)

    def put(self, key: K, value: V) -> None:
        if key in self._rows:
            before = self._rows[key]
            self._undo.note(lambda: self._rows.__setitem__(key, before))
        else:
            self._undo.note(lambda: self._rows.__delitem__(key))
        self._rows[key] = value

    def remove(self, key: K) -> None:
        if key in self._rows:
            before = self._rows[key]
            self._undo.note(lambda: self._rows.__setitem__(key, before))
            del self._rows[key]

    def __len__(self) -> int:
        return len(self._rows)

    def items(self) -> Iterator[tuple[K, V]]:
        return iter(self._rows.items())


class NotingTable(Table[K, V]):
    """A table that knows which of its rows were touched."""

    __slots__ = ("touched",)

    def __init__(self, undo: Undo) -> None:
        super().__init__(undo)
        self.touched: dict[K, None] = {}

    def put(self, key: K, value: V) -> None:
        super().put(key, value)
        self.touched[key] = None

    def remove(self, key: K) -> None:
        super().remove(key)
        self.touched[key] = None
