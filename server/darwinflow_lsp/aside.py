"""Answers that take long: worked out in a thread, one after the other, while the loop goes on."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class Aside:
    """One thread at a time. It ends with the process: nobody waits for an answer that nobody awaits any more."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def __call__(self, begin: Callable[[], Callable[[], T]]) -> T:
        """The result of the work that *begin* returns, which is called on the loop when its turn has come.

        Cancelled before its turn the work is never begun, and after that its result is dropped.
        """
        loop = asyncio.get_running_loop()
        await self._turn.acquire()
        try:
            work = begin()
        except BaseException:
            self._turn.release()
            raise
        done: asyncio.Future[T] = loop.create_future()

        def settle(result: Callable[[], T]) -> None:
            self._turn.release()
            if done.cancelled():
                return
            try:
                done.set_result(result())
            except Exception as exc:  # noqa: BLE001 - raised where the result is awaited
                done.set_exception(exc)

        def run() -> None:
            outcome = _outcome(work)
            with suppress(RuntimeError):  # the session ended meanwhile and the loop is closed
                loop.call_soon_threadsafe(settle, outcome)

        threading.Thread(target=run, daemon=True).start()
        return await done


def _outcome(work: Callable[[], T]) -> Callable[[], T]:
    """What gives the result of *work*, done now, or raises what it raised."""
    try:
        result = work()
    except Exception as exc:  # noqa: BLE001 - carried to the loop
        fault = exc

        def fail() -> T:
            raise fault

        return fail
    return lambda: result
