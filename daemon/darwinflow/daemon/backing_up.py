"""A backup a day, made in the background; the newest few are kept.

That one cannot be made is told, in the log and where backups are noted, and nothing else stops for it.
"""

import logging
import os
import re
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from darwinflow.daemon.backups_made import note_failure
from darwinflow.daemon.stores import backup_of
from darwinflow.daemon.upkeep import Upkeep
from darwinflow.model.backup import BackupPlan
from darwinflow.model.errors import NotFound, Refused
from darwinflow.recorder.paths import Home
from darwinflow.storage.backup import UNFINISHED, Still

if TYPE_CHECKING:
    from darwinflow.daemon.keeping import Kept

log = logging.getLogger(__name__)

FIRST_AFTER_S = 120.0
EVERY_S = 900.0
A_DAY = timedelta(days=1)
_NAME = re.compile(r"daily-[0-9]{8}T[0-9]{6}", re.ASCII)
_MANIFEST = "manifest.json"
_AT = "daily-%Y%m%dT%H%M%S"


class Made(NamedTuple):
    folder: str
    files: int
    size: int
    """Bytes."""


def place_of(home: Home, plan: BackupPlan) -> str:
    return os.path.join(home.data, os.path.expanduser(plan.path))


def daily_backups(place: str) -> list[str]:
    """Names of whole ones, oldest first."""
    try:
        names = os.listdir(place)
    except FileNotFoundError:
        return []
    return sorted(
        name
        for name in names
        if _NAME.fullmatch(name) and os.path.exists(os.path.join(place, name, _MANIFEST))
    )


def back_up_daily(
    home: Home, plan: BackupPlan, kept: "Kept", now: datetime, still: Still | None = None
) -> Made:
    """Make one now, and remove those that are more than the plan keeps. Raises as `back_up`, and `Refused`."""
    if not plan.keep:
        raise Refused(
            "config.yaml says 'backup: {keep: 0}'", hint="name a folder: darwinflow storage backup DIR"
        )
    from darwinflow.daemon.keeping import back_up

    place = place_of(home, plan)
    _sweep(place, now)
    folder = os.path.join(place, now.strftime(_AT))
    manifest = back_up(home, kept, folder, still)
    for name in daily_backups(place)[: -plan.keep]:
        shutil.rmtree(os.path.join(place, name), ignore_errors=True)
    return Made(folder, len(manifest.entries), sum(entry.size for entry in manifest.entries))


def _sweep(place: str, now: datetime) -> None:
    """Remove what a daemon left that was killed on the way; one of today may be somebody else's that is being made."""
    if not os.path.isdir(place):
        return
    for name in os.listdir(place):
        begun = name.removesuffix(UNFINISHED)
        if name != begun and _NAME.fullmatch(begun) and now - _made_at(begun) > A_DAY:
            shutil.rmtree(os.path.join(place, name), ignore_errors=True)


def _made_at(name: str) -> datetime:
    return datetime.strptime(name, _AT).replace(tzinfo=UTC)


class BackingUp(Upkeep):
    """Of one home."""

    def __init__(
        self,
        home: Home,
        environ: Mapping[str, str],
        still: Still,
        now: Callable[[], datetime],
        *,
        first_after_s: float = FIRST_AFTER_S,
        every_s: float = EVERY_S,
    ) -> None:
        super().__init__("backup", "no backup can be made", first_after_s=first_after_s, every_s=every_s)
        self._home = home
        self._environ = environ
        self._still = still
        self._now = now

    def run(self) -> Made | None:
        """Make one where it is due; None where it is not. Raises as `back_up`."""
        from darwinflow.daemon.keeping import kept_places

        plan, now = backup_of(self._home, self._environ), self._now()
        if not plan.keep:
            return None
        there = daily_backups(place_of(self._home, plan))
        if there and now - _made_at(there[-1]) < A_DAY:
            return None
        kept = kept_places(self._home, self._environ)
        return back_up_daily(self._home, plan, kept, now, self._still)

    def work(self) -> None:
        try:
            made = self.run()
        except NotFound:
            return  # nothing to back up yet
        if made is not None:
            log.info("backed up %d files in %s", made.files, made.folder)

    def tell(self, why: str) -> None:
        super().tell(why)
        note_failure(self._home, why, self._now())
