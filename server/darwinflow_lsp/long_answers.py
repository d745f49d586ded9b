"""Answers that take long: worked out in a thread, one after the other, while the loop goes on.

An answer about a text that has changed meanwhile is no answer any more.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import NamedTuple

from darwinflow_lsp.faults import report_fault
from darwinflow_lsp.messages import CANCELLED, CONTENT_MODIFIED, FAULT, INTERNAL_ERROR, Encoded, Id


class Work(NamedTuple):
    """An answer that is still to be worked out."""

    key: str
    """Of the document that it is about."""
    pieces: Iterator[str]
    """Of its JSON. Each is worked out when it is asked for; between two of them the work may be ended."""


def joined(pieces: Iterator[str]) -> Encoded:
    return Encoded("".join(pieces).encode("utf-8", "replace"))


class _Job:
    __slots__ = ("id", "is_over", "work")

    def __init__(self, id_: Id, work: Work) -> None:
        self.id = id_
        self.work = work
        self.is_over = False
        """It was answered in another way."""


class LongAnswers:
    """One thread at a time. It ends with the process: nobody waits for an answer that nobody awaits any more."""

    def __init__(self, answer: Callable[[Id, object], None], refuse: Callable[[Id, int, str], None]) -> None:
        self._answer = answer
        self._refuse = refuse
        self._soon: Callable[[Callable[[], None]], object] | None = None
        self._jobs: deque[_Job] = deque()
        """In their order; the first is being worked on."""
        self._is_at_work = False

    def join(self, soon: Callable[[Callable[[], None]], object]) -> None:
        """There is a loop: *soon*, called in any thread, calls something on it. Until then all wait."""
        self._soon = soon
        self._go_on()

    def begin(self, id_: Id, work: Work) -> None:
        self._jobs.append(_Job(id_, work))
        self._go_on()

    def cancel(self, id_: Id) -> bool:
        """Whether request *id_* is one of these."""
        return self._drop(lambda job: job.id == id_, CANCELLED, "cancelled")

    def withdraw(self, key: str) -> None:
        """The document of this key has changed or is closed."""
        self._drop(lambda job: job.work.key == key, CONTENT_MODIFIED, "the document has changed meanwhile")

    def end(self) -> None:
        """The session is over."""
        self._drop(lambda _: True, CANCELLED, "the server shuts down")

    def _drop(self, is_wanted: Callable[[_Job], bool], code: int, message: str) -> bool:
        dropped = [job for job in self._jobs if not job.is_over and is_wanted(job)]
        for job in dropped:
            job.is_over = True
            self._refuse(job.id, code, message)
        return bool(dropped)

    def _go_on(self) -> None:
        if self._soon is None or self._is_at_work:
            return
        while self._jobs and self._jobs[0].is_over:
            self._jobs.popleft()
        if self._jobs:
            import threading  # here: no diagnostics need it

            self._is_at_work = True
            threading.Thread(target=self._work, args=(self._jobs[0], self._soon), daemon=True).start()

    def _work(self, job: _Job, soon: Callable[[Callable[[], None]], object]) -> None:
        outcome = _outcome(job)
        with suppress(RuntimeError):  # the session ended meanwhile and the loop is closed
            soon(lambda: self._settle(outcome))

    def _settle(self, outcome: Encoded | Exception) -> None:
        job = self._jobs.popleft()
        self._is_at_work = False
        self._go_on()
        if job.is_over:
            return
        if isinstance(outcome, Exception):
            report_fault("a long answer", outcome)
            self._refuse(job.id, INTERNAL_ERROR, FAULT)
        else:
            self._answer(job.id, outcome)


def _outcome(job: _Job) -> Encoded | Exception:
    try:
        return joined(_until_over(job))
    except Exception as exc:  # noqa: BLE001 - the border: told on the loop
        return exc


def _until_over(job: _Job) -> Iterator[str]:
    for piece in job.work.pieces:
        if job.is_over:
            return
        yield piece
