"""`darwinflow storage retention` and `runs restore`: what is to go, letting it go, and taking runs back."""

import argparse
import json
import sys
from datetime import datetime

from darwinflow.cli.columns import aligned, name_in
from darwinflow.cli.session import open_session
from darwinflow.cli.terminal import say, terminal_of
from darwinflow.model.phrases import brief_age, counted, short_run_id

_LONG_S = 24 * 3600.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what would go")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """The exit code. Raises `DarwinFlowError`."""
    with open_session(None) as client:
        found = client.call("storage/retain", {"dryRun": args.dry_run}, timeout=_LONG_S)
    if args.json:
        print(json.dumps(found))
        return 0
    if found["off"]:
        say(
            "Nothing is ever deleted: config.yaml has no 'retention'. To keep runs for 30 days, write there: "
            "retention: {succeeded: {days: 30}, failed: {days: 365}, archive: {path: archive}}"
        )
        return 0
    goes = f"into {found['archive']}" if found["archive"] else "for ever, as the settings name no archive"
    if not args.dry_run:
        said = counted(found["removed"], "run")
        say(f"{said} went {goes}" if found["removed"] else "nothing was to go")
        if found["unreadable"]:
            say(f"warning: {counted(found['unreadable'], 'run')} cannot be read and stayed", sys.stderr)
        return 0
    if not found["due"]:
        say("nothing would go")
        return 0
    terminal, now = terminal_of(), datetime.now().astimezone()
    rows = [
        (
            name_in(due["project"], terminal),
            name_in(due["workflow"], terminal),
            due["kind"],
            str(due["runs"]),
            brief_age(datetime.fromisoformat(due["oldest"]), now),
            brief_age(datetime.fromisoformat(due["newest"]), now),
        )
        for due in found["due"]
    ]
    for line in aligned(("PROJECT", "WORKFLOW", "KIND", "RUNS", "OLDEST", "NEWEST"), rows, terminal):
        print(line)
    say(f"{counted(sum(due['runs'] for due in found['due']), 'run')} would go {goes}")
    return 0


def restore(args: argparse.Namespace) -> int:
    """The exit code of `runs restore`. Raises `DarwinFlowError`."""
    with open_session(None) as client:
        found = client.call("run/restore", {"runs": args.runs}, timeout=_LONG_S)
    if args.json:
        print(json.dumps(found))
        return 0
    for run_id in found["restored"]:
        say(f"{short_run_id(run_id)} is back, and pinned, so that it stays")
    for run_id in found["known"]:
        say(f"{short_run_id(run_id)} was there already, and is pinned")
    return 0
