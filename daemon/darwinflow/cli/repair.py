"""`darwinflow storage repair`: what `storage verify` finds is mended where it can be, and told one by one."""

import argparse
import json
import os
import sys

from darwinflow.cli.alone import alone
from darwinflow.cli.progress import Telling
from darwinflow.cli.terminal import say
from darwinflow.model.phrases import counted
from darwinflow.recorder.paths import home_of


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="only say what would be mended")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    """The exit code: 1 where something stays wrong, or is lost."""
    from darwinflow.daemon import repairing

    home, telling = home_of(os.environ), Telling()
    try:
        found = alone(home, lambda: repairing.repair(home, os.environ, telling.tell, dry_run=args.dry_run))
    finally:
        telling.end()
    if args.json:
        print(json.dumps({"done": not args.dry_run, **found._asdict()}))
        return 1 if found.left else 0
    for mended in found.mended:
        say(f"{'would be mended' if args.dry_run else 'mended'}: {mended}")
    for left in found.left:
        say(f"error: {left}", sys.stderr)
    for kept in found.kept:
        say(f"what was damaged is kept in {kept}")
    for hint in found.hints:
        say(hint, sys.stderr)
    if not found.mended and not found.left:
        say("all is well")
    elif found.left:
        say(f"{counted(len(found.left), 'fault')} cannot be mended", sys.stderr)
        say(f"try: {_next_step(found.left)}", sys.stderr)
    return 1 if found.left else 0


def _next_step(left: list[str]) -> str:
    from darwinflow.daemon.keeping import concerns_on_server
    from darwinflow.daemon.repairing import NOTHING_READ

    if "logs" in concerns_on_server(home_of(os.environ), os.environ):
        return (
            "a backup of the server, as of pg_dump, may have it; darwinflow runs delete RUN lets go of a run"
        )
    if any(fault.startswith(NOTHING_READ) for fault in left):
        return "darwinflow storage restore DIR --replace, with a backup"
    return (
        "go on without it; or, where a backup has it and for no run of since to be lost: darwinflow storage export "
        "FILE.jsonl.zst, darwinflow storage restore DIR --replace, darwinflow storage import FILE.jsonl.zst"
    )
