"""Look after what runs, figures and workflows are kept on."""

import argparse
import json
import sys
from typing import Any

from darwinflow.cli.columns import aligned
from darwinflow.cli.session import open_session
from darwinflow.cli.terminal import say, terminal_of
from darwinflow.model.phrases import counted

_NOUNS = {"runs": "run", "countedRuns": "counted run", "versions": "version"}
_LONG_S = 24 * 3600.0
_UNITS = ("B", "KB", "MB", "GB", "TB")


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="status|verify")
    status = actions.add_parser(
        "status", help="what each concern is kept on, how much, and how it is; 1 if damaged"
    )
    verify = actions.add_parser(
        "verify",
        help="read all pages, records and runs, and add the figures up again; 1 where something is wrong",
    )
    verify.add_argument("--json", action="store_true", help="one JSON object")
    status.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    return {"status": _status, "verify": _verify}[args.action](args)


def _status(args: argparse.Namespace) -> int:
    with open_session(None) as client:
        stores: list[dict[str, Any]] = client.call("storage/status")["stores"]
    if args.json:
        print(json.dumps({"stores": stores}))
    else:
        rows = [
            (
                store["concern"],
                store["type"],
                ", ".join(counted(count, _NOUNS[name]) for name, count in store["counts"].items()),
                "" if store["bytes"] is None else size(store["bytes"]),
                "fault" if store["faults"] else "ok",
                store["place"] or "",
            )
            for store in stores
        ]
        for line in aligned(("CONCERN", "TYPE", "HOLDS", "SIZE", "HEALTH", "PLACE"), rows, terminal_of()):
            print(line)
        for store in stores:
            for fault in store["faults"]:
                say(f"warning: {store['concern']}: {fault}", sys.stderr)
    return 1 if any(store["faults"] for store in stores) else 0


def _verify(args: argparse.Namespace) -> int:
    with open_session(None) as client:
        found = client.call("storage/verify", timeout=_LONG_S)
    if args.json:
        print(json.dumps(found))
    else:
        for fault in found["faults"]:
            say(f"error: {fault}", sys.stderr)
        wrong = counted(len(found["faults"]), "fault") if found["faults"] else "all is well"
        say(f"{counted(found['runs'], 'run')} read and added up again: {wrong}")
    return 1 if found["faults"] else 0


def size(count: int) -> str:
    """*count* bytes, in the unit that leaves at most four digits."""
    value = float(count)
    for unit in _UNITS[:-1]:
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} {_UNITS[-1]}"
