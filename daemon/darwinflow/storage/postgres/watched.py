"""A connection that does not wait for a server that answers nobody: frozen, or behind a network that drops all."""

import time
from collections.abc import Generator
from typing import Any, TypeVar

import psycopg
from psycopg import Connection
from psycopg.errors import ConnectionTimeout
from psycopg.rows import TupleRow

T = TypeVar("T")

PATIENCE_S = 5.0
"""For an answer, until it is asked whether the server gives any; and for that."""

_INTERVAL_S = 0.1


class WatchedConnection(Connection[TupleRow]):
    """What is asked may take long, while the server takes new connections; else it raises `OperationalError`, closed."""

    def wait(
        self, gen: Generator[Any, Any, T], interval: float = _INTERVAL_S, timeout: float | None = None
    ) -> T:
        return super().wait(self._watched(gen), min(interval, PATIENCE_S), timeout)

    def _watched(self, gen: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
        asked = time.monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    asked = time.monotonic()
                elif time.monotonic() - asked > PATIENCE_S:
                    self._look()
                    asked = time.monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result

    def _look(self) -> None:
        """Raises where the server does not even take a connection. One that turns us down has answered."""
        given = {**self.info.get_parameters(), "connect_timeout": str(int(PATIENCE_S))}
        if self.info.password:
            given["password"] = self.info.password
        try:
            psycopg.connect(**given).close()  # type: ignore[arg-type] # as libpq takes them
        except ConnectionTimeout:
            self.close()
            raise psycopg.OperationalError(
                f"it takes connections and answers none of them for {2 * PATIENCE_S:.0f} s"
            ) from None
        except psycopg.Error:
            return
