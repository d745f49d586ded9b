"""Lets runs go in the background as the settings say, in a thread of its own; and says what would go.

The settings are read at each pass: who changes them need not start the daemon again. What is wrong in them is told, and
nothing is deleted until it is mended.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from darwinflow.daemon.upkeep import Upkeep
from darwinflow.model.retention import Retention
from darwinflow.recorder.paths import Home
from darwinflow.rpc.session import Retained
from darwinflow.storage.archive import Archive
from darwinflow.storage.organization import OrganizationStores
from darwinflow.storage.places import place_of_choice
from darwinflow.storage.retention import Due, Pass, due

log = logging.getLogger(__name__)

FIRST_AFTER_S = 120.0
EVERY_S = 3600.0


class Retaining(Upkeep):
    """One an organization. Thread-safe."""

    def __init__(
        self,
        home: Home,
        organization: str,
        stores: OrganizationStores,
        settings: Callable[[], Retention],
        now: Callable[[], datetime],
        *,
        first_after_s: float = FIRST_AFTER_S,
        every_s: float = EVERY_S,
    ) -> None:
        """*settings* raises what reading them does."""
        super().__init__(
            "retention",
            "nothing is let go of for now",
            first_after_s=first_after_s,
            every_s=every_s,
        )
        self._home = home
        self._organization = organization
        self._stores = stores
        self._settings = settings
        self._now = now
        self._one_at_a_time = threading.Lock()
        self._archives: dict[str, Archive] = {}
        self.last_archive: Archive | None = None
        """As `archive` was when it was asked for last: runs go nowhere else without that."""

    def stop(self) -> None:
        """What is due then waits for the next start."""
        super().stop()
        with self._one_at_a_time:
            pass

    @property
    def archive(self) -> Archive | None:
        """Where runs go, or went. Raises what reading the settings does."""
        path = self._settings().archive
        if path is None:
            self.last_archive = None
            return None
        place = place_of_choice(self._home.data, path, self._organization)
        self.last_archive = self._archives.setdefault(place, Archive(place))
        return self.last_archive

    @property
    def is_off(self) -> bool:
        """Raises what reading the settings does."""
        return self._settings().is_off

    def due(self) -> Sequence[Due]:
        """What would go now. Raises what reading the settings does, and `StoreError`."""
        return tuple(due(self._stores.tenant, self._stores.projects(), self._settings(), self._now()))

    def work(self) -> None:
        self.run()

    def run(self) -> Retained:
        """Let go of what is due. Raises what reading the settings does, and `StoreError`."""
        with self._one_at_a_time:
            settings, archive = self._settings(), self.archive
            if settings.is_off:
                return Retained(is_off=True, removed=0, archive=None, unreadable=0)
            going = Pass(self._stores.tenant, self._stores.log_store(), archive, self.rest)
            try:
                going.run(self._stores.projects(), settings, self._now())
            finally:
                if archive is not None:
                    archive.forget()
            if going.removed:
                log.info("retention let %d runs go", going.removed)
            if going.unreadable:
                log.warning(
                    "%d runs cannot be read, so they are neither archived nor deleted", going.unreadable
                )
            return Retained(
                is_off=False,
                removed=going.removed,
                archive=None if archive is None else archive.path,
                unreadable=going.unreadable,
            )


def settings_of(home: Home, environ: Mapping[str, str], organization: str) -> Callable[[], Retention]:
    """What the settings say when they are asked."""
    from darwinflow.daemon.stores import retention_of

    return lambda: retention_of(home, environ, organization)
