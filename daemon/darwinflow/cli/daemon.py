"""Start, stop or look at the daemon that keeps the history."""

import argparse
import json
import os
import signal
import time
from datetime import datetime
from typing import Any

from darwinflow.cli.held import BRING_BACK, held_for
from darwinflow.cli.room import room_kept
from darwinflow.cli.terminal import say
from darwinflow.model.errors import DaemonAway, DaemonHung, DarwinFlowError, ProtocolMismatch, SchemaTooNew
from darwinflow.model.phrases import age, counted
from darwinflow.recorder.paths import Home, home_of
from darwinflow.rpc.client.blocking import Client, connect_if_held, connect_or_start
from darwinflow.rpc.client.hung import has_ended, lock_holder

STOPPED_WITHIN_S = 20.0
_LAST_BYTES = 8192
"""Of the log, which hold its last line."""
_SURVIVES = {
    "process": "runs survive the end of any process, and no power cut: storage.durability is process",
    "nothing": "runs are kept in memory alone, and end with the daemon: storage.logs is of type memory",
}


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="start|stop|status")
    for name, text in (
        ("start", "start it, unless it serves already"),
        ("stop", "let it finish what it has begun, and end"),
        ("status", "say whether it serves, and how it is; exit code 1 where it does not"),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    home = home_of(os.environ)
    actions = {"start": _start, "stop": _stop, "status": _status}
    return actions[args.action](home, args)


def _start(home: Home, args: argparse.Namespace) -> int:
    with connect_or_start(home) as client:
        status = client.call("daemon/status")
    was_there = client.started_pid != status["pid"]
    if args.json:
        print(json.dumps({**status, "started": not was_there}))
    else:
        say(
            f"{'serving already' if was_there else 'started'}: process {status['pid']}, home {status['home']}"
        )
    return 0


def _stop(home: Home, args: argparse.Namespace) -> int:
    pid = stop_daemon(home)
    if pid is None:
        say(json.dumps({"stopped": False}) if args.json else f"no daemon serves {home.data}")
        return 0
    print(json.dumps({"stopped": True, "pid": pid}) if args.json else f"stopped: process {pid}")
    return 0


def stop_daemon(home: Home) -> int | None:
    """Have the daemon end, and wait for that; the process it was, None where none serves. Raises `DaemonHung`."""
    try:
        client = connect_if_held(home)
    except DaemonAway:
        return None
    except ProtocolMismatch:
        return _end_other_version(home)
    with client:
        pid: int = client.call("daemon/status")["pid"]
        client.call("daemon/stop")
        _wait_for_end(client, pid)
    return pid


def _end_other_version(home: Home) -> int | None:
    """A daemon of another version does not take our requests, but every version ends at this signal."""
    pid = lock_holder(home)
    if pid is None:
        raise ProtocolMismatch(
            f"the daemon of {home.data} is of another version and cannot be told to stop",
            hint=f"kill the process that holds {home.lock_path}; nothing that was recorded is lost",
        )
    os.kill(pid, signal.SIGTERM)
    _wait_for_process(pid, time.monotonic() + STOPPED_WITHIN_S)
    return pid


def _wait_for_end(client: Client, pid: int) -> None:
    deadline = time.monotonic() + STOPPED_WITHIN_S
    try:
        while client.next_event(deadline - time.monotonic()) is not None:
            continue
    except DaemonAway:
        pass  # it has hung up, as one that ends does
    _wait_for_process(pid, deadline)


def _wait_for_process(pid: int, deadline: float) -> None:
    while time.monotonic() < deadline:
        if has_ended(pid):
            return
        time.sleep(0.005)
    raise DaemonHung(
        f"process {pid} has not ended within {STOPPED_WITHIN_S:g} s",
        hint=f"kill -9 {pid}; nothing that was recorded is lost",
    )


def _status(home: Home, args: argparse.Namespace) -> int:
    try:
        with connect_if_held(home) as client:
            status: dict[str, Any] = client.call("daemon/status")
    except (DaemonAway, DaemonHung) as error:
        why = _explained(home, error)
        if not args.json:
            raise why from error
        print(json.dumps({"serving": False, "home": home.data, "message": str(why), **why.facts}))
        return 1
    if args.json:
        print(json.dumps({"serving": True, **status}))
        return 0
    started = age(datetime.fromisoformat(status["startedAt"]), datetime.now().astimezone())
    print(f"serving   process {status['pid']}, version {status['version']}, started {started}")
    if status["held"]:
        held = status["held"]
        say(f"held      nothing has been stored for {held_for(held)}: {held['message']}")
        say(f"try       {held['hint']}" if held["hint"] else "try       look into the log")
    # A daemon that was started before an upgrade says less.
    for lack in status.get("lacks", ()):
        say(f"lacks     {lack}")
    if status.get("lacks"):
        say(f"try       {BRING_BACK}")
    if "room" in status and (kept := room_kept(status["room"])):
        say(f"room      {kept}")
    if status.get("durability", "power") != "power":
        print(f"stored    {_SURVIVES[status['durability']]}")
    say(f"home      {status['home']}")
    say(f"socket    {status['socket']}")
    say(f"log       {status['log']}")
    print(f"clients   {status['connections'] - 1} besides this command")
    print(
        f"journals  {counted(status['journals'], 'file')}, {counted(status['eventsTaken'], 'event')} taken in"
    )
    if status["journalsLeftAlone"]:
        print(
            f"waiting   {counted(status['journalsLeftAlone'], 'file')} left alone in the spool; the log says why"
        )
    if status["linesRefused"]:
        print(f"refused   {counted(status['linesRefused'], 'line')} of journals; the log says which")
    if status["runsRefused"]:
        print(
            f"refused   {counted(status['runsRefused'], 'run')} whose id another run has; the log says which"
        )
    if status["runsLost"]:
        print(f"lost      {counted(status['runsLost'], 'run')} whose program went away")
    return 0


def _explained(home: Home, error: DaemonAway | DaemonHung) -> DarwinFlowError:
    """*error*, with why no daemon can serve where that is known: a newer version's database, or the last one's words."""
    if isinstance(error, DaemonHung) or error.facts:  # something has the home
        return error
    from darwinflow.storage.opening import refuse_newer

    try:
        refuse_newer(home.system_db)
    except SchemaTooNew as newer:
        return SchemaTooNew(f"{error}, and this version cannot: {newer}", hint=newer.advice)
    last, _, advice = _last_words(home).partition("; try: ")
    return DaemonAway(f"{error}; the last one said: {last}", hint=advice or error.advice) if last else error


def _last_words(home: Home) -> str:
    """Why the last daemon could not serve; empty where it could."""
    try:
        with open(home.log_path, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _LAST_BYTES))
            said = json.loads(file.read().splitlines()[-1])
        return str(said["message"]) if said["level"] == "error" and said["from"] == "__main__" else ""
    except (OSError, LookupError, TypeError, ValueError):
        return ""
