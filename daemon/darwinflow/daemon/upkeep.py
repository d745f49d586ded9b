"""What the daemon does again and again in the background, each kind in a thread of its own."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence

from darwinflow.model.errors import DarwinFlowError

log = logging.getLogger(__name__)


class Upkeep(ABC):
    """Rests, works, and rests again, until it is stopped. What fails is told, once until it is something else."""

    def __init__(
        self,
        name: str,
        trouble: str,
        *,
        first_after_s: float,
        every_s: float | None,
        again_after_s: Sequence[float] = (),
    ) -> None:
        """*trouble* says in the log what does not happen then. None for *every_s*: when it is woken.

        After a failure it rests for the next of *again_after_s*, at last for the same again and again; or *every_s*.
        """
        self._trouble = trouble
        self._first_after_s = first_after_s
        self._every_s = every_s
        self._again_after_s = again_after_s
        self._told = ""
        self._failures = 0
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is being done is finished first, or where it may be left it is."""
        self._stopping.set()
        self._woken.set()
        if self._thread.ident is not None:
            self._thread.join()

    @abstractmethod
    def work(self) -> None:
        """Do what is due now. Raises `DarwinFlowError` where it cannot be done for now."""

    def tell(self, why: str) -> None:
        """It cannot be done for now."""
        log.error("%s: %s", self._trouble, why)

    @property
    def is_stopping(self) -> bool:
        return self._stopping.is_set()

    def rest(self, seconds: float) -> bool:
        """Whether it goes on after so long: it ends at once where it is stopped."""
        return not self._stopping.wait(seconds)

    def _serve(self) -> None:
        wait: float | None = self._first_after_s
        while not self.is_stopping:
            self._woken.wait(wait)
            if self.is_stopping:
                return
            try:
                self.work()
            except DarwinFlowError as error:
                wait = self._failed(error.with_advice)
            except Exception:
                log.exception("%s failed", self._thread.name)
                wait = self._failed("a fault of darwinflow's own; the log says more")
            else:
                self._told, self._failures, wait = "", 0, self._every_s

    def _failed(self, why: str) -> float | None:
        """How long to rest."""
        if why != self._told:
            self._told = why
            self.tell(why)
        if not self._again_after_s:
            return self._every_s
        self._failures += 1
        return self._again_after_s[min(self._failures, len(self._again_after_s)) - 1]
