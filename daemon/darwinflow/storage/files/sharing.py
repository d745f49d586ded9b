"""What is open in this process: a store of files has one owner, which all handles on it share."""

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Closeable(Protocol):
    def close(self) -> None: ...


C = TypeVar("C", bound=Closeable)


class Shared(Generic[C]):
    """One of a kind a path, opened by the first who asks and closed with the last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[str, tuple[C, int]] = {}

    def take(self, path: str, open_one: Callable[[str], C]) -> C:
        """*path* has no links. Whatever *open_one* raises is raised."""
        with self._lock:
            known, handles = self._open.get(path) or (open_one(path), 0)
            self._open[path] = known, handles + 1
            return known

    def give_back(self, path: str) -> None:
        """To be called once for each `take`."""
        with self._lock:
            known, handles = self._open[path]
            if handles > 1:
                self._open[path] = known, handles - 1
                return
            del self._open[path]
            known.close()
