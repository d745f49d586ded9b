"""An answer for who asked, where nobody knows at first whether a commit took effect."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from darwinflow.model.errors import OutcomeUnknown
from darwinflow.ports.tenant import TenantStore, Transaction

T = TypeVar("T")


def settled(tenant: TenantStore, work: Callable[[Transaction], T]) -> "Future[T]":
    """As `tenant.write`, of *work* that may be done twice and has happened once.

    After `OutcomeUnknown` it is done once more, on a connection that the store has made anew. What the first try has said
    is right then: either that took effect, or the same has happened now. Where the second try is unknown, too, so is this.
    """
    said: list[T] = []
    told: Future[T] = Future()

    def noted(tx: Transaction) -> T:
        said.append(work(tx))
        return said[-1]

    def first(done: "Future[T]") -> None:
        error = done.exception()
        if not isinstance(error, OutcomeUnknown) or not said:
            _hand_on(done, told)
            return
        answer = said[-1]
        try:
            tenant.write(noted).add_done_callback(lambda again: _hand_on(again, told, answer))
        except RuntimeError:  # the store was closed meanwhile
            told.set_exception(error)

    tenant.write(noted).add_done_callback(first)
    return told


def _hand_on(done: "Future[T]", told: "Future[T]", answer: T | None = None) -> None:
    error = done.exception()
    if error is not None:
        told.set_exception(error)
    else:
        told.set_result(done.result() if answer is None else answer)
