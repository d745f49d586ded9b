"""`darwinflow storage status`: on what everything is kept, how much it is, how it grows, when it was backed up,
and what is to be done about it.
"""

import argparse
import json
import os
import shutil
import sys
from datetime import datetime
from typing import Any

from darwinflow.cli.columns import aligned
from darwinflow.cli.held import held_for
from darwinflow.cli.room import room_kept
from darwinflow.cli.session import open_session
from darwinflow.cli.storage_warnings import warnings
from darwinflow.cli.terminal import say, terminal_of
from darwinflow.cli.units import size
from darwinflow.model.errors import StoreAway
from darwinflow.model.phrases import age, counted
from darwinflow.recorder.journal import SUFFIX
from darwinflow.recorder.paths import Home, home_of

_NOUNS = {"runs": "run", "countedRuns": "counted run", "versions": "version"}
_DAYS = 30


def run(args: argparse.Namespace) -> int:
    """The exit code: 1 where something is known to be wrong. Raises `StoreAway` after all that is known on this machine."""
    home = home_of(os.environ)
    with open_session(None) as client:
        # A daemon that was started before an upgrade says less.
        daemon = client.call("daemon/status")
        room: dict[str, Any] | None = daemon.get("room")
        try:
            found: dict[str, Any] = client.call("storage/status")
        except StoreAway as error:
            _show_what_is_here(daemon, home, error if args.json else None)
            raise
    stores, backup, free = found["stores"], _backup(home), shutil.disk_usage(home.data).free
    told = tuple(warnings(stores, room, backup["failed"], keeps_all=_keeps_all(home)))
    if args.json:
        warned = [warning._asdict() for warning in told]
        print(json.dumps({**found, "backup": backup, "freeBytes": free, "room": room, "warnings": warned}))
    else:
        _show_stores(stores)
        _show_growth(found, stores)
        _show_backup(backup)
        _show_disk(free, room)
        for message, hint in told:
            say(f"warning: {message}", sys.stderr)
            say(f"try: {hint}", sys.stderr)
    return 1 if any(store["faults"] for store in stores) else 0


def _show_what_is_here(daemon: dict[str, Any], home: Home, told: StoreAway | None) -> None:
    """While the server is away, as one JSON object where that is *told* in it."""
    room, backup, free = daemon.get("room"), _backup(home), shutil.disk_usage(home.data).free
    held, journals = daemon["held"], _journals(home)
    if told is not None:
        away = {"message": str(told), "hint": told.advice}
        here = {"journals": journals, "held": held, "backup": backup, "freeBytes": free, "room": room}
        print(json.dumps({"away": away, **here}))
        return
    since = f", nothing has been stored for {held_for(held)}" if held else ""
    say(f"journals   {counted(journals, 'file')} in {home.spool}{since}")
    _show_backup(backup)
    _show_disk(free, room)


def _journals(home: Home) -> int:
    """In the spool, whether or not the daemon, which rests while nothing is taken, has looked into them."""
    try:
        return sum(name.endswith(SUFFIX) for name in os.listdir(home.spool))
    except FileNotFoundError:
        return 0


def _show_disk(free: int, room: dict[str, Any] | None) -> None:
    say(f"disk       {size(free)} free")
    if room is not None and (kept := room_kept(room)):
        say(f"           {kept}")


def _show_stores(stores: list[dict[str, Any]]) -> None:
    rows = [
        (
            store["concern"],
            store["type"],
            ", ".join(counted(count, _NOUNS[name]) for name, count in store["counts"].items()),
            _size(store, stores[:number]),
            "fault" if store["faults"] else "ok",
            store["place"] or "",
        )
        for number, store in enumerate(stores)
    ]
    for line in aligned(("CONCERN", "TYPE", "HOLDS", "SIZE", "HEALTH", "PLACE"), rows, terminal_of()):
        print(line)


def _size(store: dict[str, Any], earlier: list[dict[str, Any]]) -> str:
    """What several concerns share is told once."""
    if store["bytes"] is None:
        return ""
    is_shared = store["place"] is not None and any(one["place"] == store["place"] for one in earlier)
    return "the same" if is_shared else size(store["bytes"])


def _show_growth(found: dict[str, Any], stores: list[dict[str, Any]]) -> None:
    now = datetime.now().astimezone()
    oldest = found["oldestRun"]
    say(f"oldest     {'no run' if oldest is None else 'run of ' + age(datetime.fromisoformat(oldest), now)}")
    logs = next(store for store in stores if store["concern"] == "logs")
    recent, total = found["runsOfLastDays"], logs["counts"].get("runs", 0)
    each = logs["bytes"] / total if total and logs["bytes"] else 0
    days = _DAYS if oldest is None else min(_DAYS, (now - datetime.fromisoformat(oldest)).days + 1)
    bytes_a_day = f", about {size(round(each * recent / days))}" if each else ""
    span = f"a day in the last {counted(days, 'day')}" if days > 1 else "in the first day"
    say(f"growth     {recent / days:.1f} runs{bytes_a_day} {span}")


def _show_backup(backup: dict[str, Any]) -> None:
    now = datetime.now().astimezone()
    if backup["folder"] is None:
        say("backup     none yet")
    else:
        say(f"backup     {age(datetime.fromisoformat(backup['at']), now)}, in {backup['folder']}")
        for what in backup["lacks"]:
            say(f"           without {what}")
    if backup["keep"]:
        say(f"           one a day, {backup['keep']} kept, in {backup['place']}")
    else:
        say("           none are made by the day, as config.yaml says")


def _backup(home: Home) -> dict[str, Any]:
    from darwinflow.daemon.backing_up import place_of
    from darwinflow.daemon.backups_made import noted_last
    from darwinflow.daemon.stores import backup_of

    plan = backup_of(home, os.environ)
    return {**noted_last(home)._asdict(), "place": place_of(home, plan), "keep": plan.keep}


def _keeps_all(home: Home) -> bool:
    """Whether nothing is ever deleted."""
    from darwinflow.daemon.stores import retention_of
    from darwinflow.tenancy.personal import PERSONAL

    return retention_of(home, os.environ, PERSONAL).is_off
