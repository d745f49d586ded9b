"""A backup a day, made in the background; the newest few are kept. Those made by hand lie beside them, and stay.

That one cannot be made is told, in the log and where backups are noted, and nothing else stops for it. None is made where
it would take the room on the disk that is kept for deleting.
"""

import logging
import os
import re
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from darwinflow.daemon.backups_made import note_failure
from darwinflow.daemon.ballast import LEAST_FREE_BYTES
from darwinflow.daemon.stores import backup_of
from darwinflow.daemon.upkeep import Upkeep
from darwinflow.model.backup import BackupPlan
from darwinflow.model.errors import NotFound, Refused, StoreFull
from darwinflow.recorder.paths import Home
from darwinflow.rpc.session import Room
from darwinflow.storage.backup import Still
from darwinflow.storage.backup_manifest import MANIFEST, Manifest
from darwinflow.storage.sizes import size_of
from darwinflow.storage.unfinished_backup import UNFINISHED

if TYPE_CHECKING:
    from darwinflow.daemon.keeping import Kept

log = logging.getLogger(__name__)

FIRST_AFTER_S = 120.0
EVERY_S = 900.0
A_DAY = timedelta(days=1)
_DAILY, _BY_HAND = "daily-", "by-hand-"
_NAME = re.compile(r"(?P<kind>daily-|by-hand-)(?P<at>[0-9]{8}T[0-9]{6})", re.ASCII)
_AT = "%Y%m%dT%H%M%S"
_NO_BALLAST = Room(wanted=0, kept=0, is_given_up=False)


class Made(NamedTuple):
    folder: str
    files: int
    size: int
    """Bytes."""
    lacks: tuple[str, ...]
    """What it does not hold, each in words."""


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
        if name.startswith(_DAILY)
        and _NAME.fullmatch(name)
        and os.path.exists(os.path.join(place, name, MANIFEST))
    )


def back_up_by_hand(
    home: Home, plan: BackupPlan, kept: "Kept", now: datetime, room: Room = _NO_BALLAST
) -> Made:
    """Make one now, which no daily one takes the place of. Raises as `back_up`, `Refused`, and `StoreFull`."""
    if not plan.keep:
        raise Refused(
            "config.yaml says 'backup: {keep: 0}'", hint="name a folder: darwinflow storage backup DIR"
        )
    _sweep(place_of(home, plan), now)
    _look_for_room(home, place_of(home, plan), _size(kept), room)
    from darwinflow.daemon.keeping import back_up

    folder = os.path.join(place_of(home, plan), f"{_BY_HAND}{now:{_AT}}")
    return made_of(folder, back_up(home, kept, folder))


def made_of(folder: str, manifest: Manifest) -> Made:
    size = sum(entry.size for entry in manifest.entries)
    return Made(folder, len(manifest.entries), size, manifest.lacks)


def _sweep(place: str, now: datetime, *, is_daemon: bool = False) -> None:
    """Remove what was begun by who was killed on the way. The daemon alone makes daily ones, and is one a home."""
    if not os.path.isdir(place):
        return
    for name in os.listdir(place):
        begun = _NAME.fullmatch(name.removesuffix(UNFINISHED))
        if begun is None or not name.endswith(UNFINISHED):
            continue
        if (is_daemon and begun["kind"] == _DAILY) or now - _made_at(begun[0]) > A_DAY:
            shutil.rmtree(os.path.join(place, name), ignore_errors=True)


def _made_at(name: str) -> datetime:
    return datetime.strptime(name.rpartition("-")[2], _AT).replace(tzinfo=UTC)


def _size(kept: "Kept") -> int:
    return size_of(*kept.places, *(f"{path}-wal" for path in kept.places if path.endswith(".db")))


def _look_for_room(home: Home, place: str, size: int, room: Room) -> None:
    """Raises `StoreFull` where *size* bytes in *place* would leave less than is wanted for when the disk is full."""
    if room.is_given_up:
        raise StoreFull(f"the disk with {home.data} is full; what room is left is kept for deleting")
    there = place
    while not os.path.exists(there):
        there = os.path.dirname(there)
    is_beside = os.stat(there).st_dev == os.stat(home.data).st_dev
    left = shutil.disk_usage(there).free - size
    if left < (room.wanted + LEAST_FREE_BYTES if is_beside else 0):
        raise StoreFull(
            f"the disk with {place} has too little room for a backup beside what is kept for when it is full; "
            "make room there, or name a folder elsewhere in config.yaml: 'backup: {path: DIR}'"
        )


class BackingUp(Upkeep):
    """Of one home."""

    def __init__(
        self,
        home: Home,
        environ: Mapping[str, str],
        still: Still,
        now: Callable[[], datetime],
        *,
        room: Callable[[], Room] = lambda: _NO_BALLAST,
        first_after_s: float = FIRST_AFTER_S,
        every_s: float = EVERY_S,
    ) -> None:
        """*still* as `make_backup` takes it; *room* is that of the home's disk."""
        super().__init__("backup", "no backup can be made", first_after_s=first_after_s, every_s=every_s)
        self._home = home
        self._environ = environ
        self._still = still
        self._now = now
        self._room = room

    def run(self) -> Made | None:
        """Make one where it is due, and remove those that are more than the plan keeps; None where it is not due.

        Raises as `back_up`, and `StoreFull`.
        """
        from darwinflow.daemon.keeping import back_up, kept_places

        plan, now = backup_of(self._home, self._environ), self._now()
        place = place_of(self._home, plan)
        _sweep(place, now, is_daemon=True)
        there = daily_backups(place)
        if not plan.keep or (there and now - _made_at(there[-1]) < A_DAY):
            return None
        kept = kept_places(self._home, self._environ)
        _look_for_room(self._home, place, _size(kept), self._room())
        folder = os.path.join(place, f"{_DAILY}{now:{_AT}}")
        made = made_of(folder, back_up(self._home, kept, folder, self._still, partial(self._look, place)))
        for name in daily_backups(place)[: -plan.keep]:
            shutil.rmtree(os.path.join(place, name), ignore_errors=True)
        return made

    def _look(self, place: str) -> None:
        """What a server keeps may be much, and nobody knows how much before."""
        if self.is_stopping:
            raise Refused("the daemon was stopped while one was made")
        _look_for_room(self._home, place, 0, self._room())

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
