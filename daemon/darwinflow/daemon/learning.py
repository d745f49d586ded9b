"""Looks for patterns in the background: in a thread of its own, once recording pauses, and gently where it does not."""

import logging
import threading
import time
from typing import Final

from darwinflow.events.hub import Hub
from darwinflow.events.run_events import RUN_STORED, RUN_TOPIC
from darwinflow.model.errors import DarwinFlowError
from darwinflow.storage.learning import learn_from_some
from darwinflow.storage.organization import OrganizationStores

log = logging.getLogger(__name__)

PAUSE_S: Final = 1.0
"""So long nothing must have been recorded, before runs are looked at."""
LATEST_S: Final = 30.0
"""So long that is waited for at most."""
_RUNS = 10
"""At once: after each of them somebody who records goes first."""
_RESTS = 19
"""Where recording goes on, a batch is followed by a rest of so many times its time: a twentieth of one core."""
_PATIENCE_S = (1.0, 5.0, 30.0)


class Learner:
    """One an organization. Thread-safe."""

    def __init__(self, stores: OrganizationStores, hub: Hub) -> None:
        self._stores = stores
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._subscription = hub.subscribe(RUN_TOPIC, self._news.set)
        self._projects: set[str] = set()
        """Where runs may wait."""
        self._all = True
        """They may in any project: what an earlier daemon has left, and where more was stored than was told."""
        self._failures = 0
        self._thread = threading.Thread(target=self._serve, name="patterns", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What waits then waits for the next start."""
        self._subscription.close()
        self._stopping.set()
        self._news.set()
        if self._thread.ident is not None:
            self._thread.join()

    def catch_up(self, project: str, within_s: float) -> bool:
        """Learn from all that waits of *project*; whether that was done in time. Raises what the stores do."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if not self._learn(project):
                return True
        return False

    def _serve(self) -> None:
        while not self._stopping.is_set():
            self._await_pause()
            try:
                for project in sorted(self._stores.projects() if self._all else self._projects):
                    self._learn_all(project)
                    self._projects.discard(project)
                if not self._stopping.is_set():
                    self._all = False
                self._failures = 0
            except DarwinFlowError as error:
                self._fail(f"patterns are not looked for, for now: {error}")
            except Exception:
                log.exception("looking for patterns failed")
                self._fail(None)
            # `_take` may have cleared what `stop` had set.
            if not self._failures and not self._stopping.is_set():
                self._news.wait()

    def _fail(self, words: str | None) -> None:
        if words is not None and not self._failures:
            log.warning(words)
        self._stopping.wait(_PATIENCE_S[min(self._failures, len(_PATIENCE_S) - 1)])
        self._failures += 1

    def _await_pause(self) -> None:
        deadline = time.monotonic() + LATEST_S
        while not self._stopping.is_set() and time.monotonic() < deadline:
            self._take()
            if not self._news.wait(PAUSE_S):
                return

    def _take(self) -> None:
        """Whose runs were stored. The next commit after it wakes again."""
        self._news.clear()
        taken = self._subscription.take()
        self._all = self._all or taken.resync
        self._projects.update(
            str(event.payload["project"]) for event in taken.events if event.payload["kind"] == RUN_STORED
        )

    def _learn_all(self, project: str) -> None:
        while not self._stopping.is_set():
            begin = time.monotonic()
            if not self._learn(project):
                return
            if self._news.is_set():
                self._take()
                self._stopping.wait(_RESTS * (time.monotonic() - begin))

    def _learn(self, project: str) -> int:
        return learn_from_some(self._stores.log_store(), self._stores.metrics_store(), project, _RUNS)
