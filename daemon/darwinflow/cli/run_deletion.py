"""`darwinflow runs delete` and `runs pin`: what goes for good, and what retention leaves alone."""

import argparse
import json
import sys
from datetime import datetime
from typing import Any

from darwinflow.cli.main import EXIT_USAGE, complain
from darwinflow.cli.session import asking
from darwinflow.cli.terminal import say, terminal_of
from darwinflow.model.phrases import counted, short_run_id

WITHIN_S = 600.0
"""A store of files is written anew without the runs."""


def delete(args: argparse.Namespace) -> int:
    """The exit code. Raises `DarwinFlowError`."""
    with asking(None) as client:
        found = client.call("run/delete", {"runs": args.runs, "dryRun": True})
        if not args.dry_run and not args.yes:
            _show(found)
            if not sys.stdin.isatty():
                return complain(
                    "deleting for good is not done unless somebody says yes", "add --yes", EXIT_USAGE
                )
            if not _agreed(found):
                say("nothing is deleted")
                return 1
        if not args.dry_run:
            found = client.call("run/delete", {"runs": args.runs}, timeout=WITHIN_S)
    if args.json:
        print(json.dumps({**found, "deleted": not args.dry_run}))
        return 0
    if args.dry_run:
        _show(found)
        say(f"{_what(found)} would be deleted for good")
    else:
        say(f"deleted for good: {_what(found)}; their figures stay")
    for folder in found["backups"]:
        say(f"warning: {folder} may hold them still; remove it, or restore nothing from it", sys.stderr)
    return 0


def pin(args: argparse.Namespace) -> int:
    """The exit code. Raises `DarwinFlowError`."""
    with asking(None) as client:
        if not args.runs:
            found = client.call("run/pinned")
        else:
            found = client.call("run/pin", {"runs": args.runs, "pinned": not args.remove})
    if args.json:
        print(json.dumps(found))
    elif args.runs:
        for run_id in found["changed"]:
            say(f"{short_run_id(run_id)} {'is not pinned any more' if args.remove else 'is pinned'}")
        for run_id in found["unchanged"]:
            say(f"{short_run_id(run_id)} {'was not pinned' if args.remove else 'was pinned already'}")
    elif found["runs"]:
        _show(found)
    else:
        say("No runs are pinned here. Pin one, so that retention leaves it alone: darwinflow runs pin RUN")
    return 0


def _agreed(found: dict[str, Any]) -> bool:
    print(f"Delete {_what(found)} for good? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _what(found: dict[str, Any]) -> str:
    said = counted(len(found["runs"]), "run")
    if found["archived"]:
        said += f" and {counted(len(found['archived']), 'archived run')}"
    return f"{said}, and what is left of {len(found['before'])} deleted before" if found["before"] else said


def _show(found: dict[str, Any]) -> None:
    from darwinflow.cli.run_table import table

    if found["runs"]:
        for line in table(found["runs"], terminal_of(), datetime.now().astimezone(), workflows=True):
            print(line)
    for run_id in found.get("archived", ()):
        print(f"    {short_run_id(run_id)}  in the archive")
