"""A future made from another one, without a thread that waits."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def chained(source: "Future[S]", then: Callable[[S], T]) -> "Future[T]":
    """Done when *source* is, in the same thread; with what *then* makes of its result, or with its exception."""
    target: Future[T] = Future()

    def settle(done: "Future[S]") -> None:
        try:
            target.set_result(then(done.result()))
        except BaseException as error:  # noqa: BLE001 - handed on to whoever asks for the result
            target.set_exception(error)

    source.add_done_callback(settle)
    return target
