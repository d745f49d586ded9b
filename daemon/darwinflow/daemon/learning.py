"""Looks for patterns in the background: in a thread of its own, once recording pauses, and gently where it does not."""

import time
from typing import Final

from darwinflow.daemon.upkeep import Upkeep
from darwinflow.events.hub import Hub
from darwinflow.events.run_events import RUN_STORED, RUN_TOPIC
from darwinflow.storage.learning import learn_from_some
from darwinflow.storage.organization import OrganizationStores

PAUSE_S: Final = 1.0
"""So long at least nothing must have been recorded, before runs are looked at."""
LATEST_S: Final = 30.0
"""So long that is waited for at most."""
_RUNS = 10
"""At once: after each of them somebody who records goes first."""
_RESTS = 19
"""Where recording goes on, a batch is followed by a rest of so many times its time: a twentieth of one core."""
_PATIENCE_S = (1.0, 5.0, 30.0)


class Learner(Upkeep):
    """One an organization. Thread-safe."""

    def __init__(self, stores: OrganizationStores, hub: Hub) -> None:
        super().__init__(
            "patterns",
            "patterns are not looked for, for now",
            first_after_s=0.0,
            every_s=None,
            again_after_s=_PATIENCE_S,
        )
        self._stores = stores
        self._subscription = hub.subscribe(RUN_TOPIC, self._woken.set)
        self._projects: set[str] = set()
        """Where runs may wait."""
        self._all = True
        """They may in any project: what an earlier daemon has left, and where more was stored than was told."""

    def stop(self) -> None:
        """What waits then waits for the next start."""
        self._subscription.close()
        super().stop()

    def catch_up(self, project: str, within_s: float) -> bool:
        """Learn from all that waits of *project*; whether that was done in time. Raises what the stores do."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if not self._learn(project):
                return True
        return False

    def work(self) -> None:
        self._await_pause()
        for project in sorted(self._stores.projects() if self._all else self._projects):
            self._learn_all(project)
            self._projects.discard(project)
        if not self.is_stopping:
            self._all = False

    def _await_pause(self) -> None:
        deadline = time.monotonic() + LATEST_S
        while not self.is_stopping and time.monotonic() < deadline:
            if not self._take():
                return
            # What is told meanwhile lies where it is: being woken by each commit would cost as much as a tenth of one.
            self.rest(PAUSE_S)

    def _take(self) -> bool:
        """Whose runs were stored, if any were. The next commit after it wakes again."""
        self._woken.clear()
        taken = self._subscription.take()
        self._all = self._all or taken.resync
        self._projects.update(
            str(event.payload["project"]) for event in taken.events if event.payload["kind"] == RUN_STORED
        )
        return bool(taken.events) or taken.resync

    def _learn_all(self, project: str) -> None:
        while not self.is_stopping:
            begin = time.monotonic()
            if not self._learn(project):
                return
            if self._woken.is_set():
                self._take()
                self.rest(_RESTS * (time.monotonic() - begin))

    def _learn(self, project: str) -> int:
        return learn_from_some(self._stores.log_store(), self._stores.metrics_store(), project, _RUNS)
