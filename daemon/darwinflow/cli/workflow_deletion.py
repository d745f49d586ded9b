"""`darwinflow workflow delete`: published versions go for good, after what follows from it is told."""

import argparse
import json
import sys
from typing import Any

from darwinflow.cli.main import EXIT_USAGE, complain
from darwinflow.cli.published import Named, named
from darwinflow.cli.session import open_session
from darwinflow.cli.terminal import say
from darwinflow.model.phrases import counted


def delete(args: argparse.Namespace) -> int:
    """The exit code. Raises `DarwinFlowError`."""
    wanted = named(args.workflow)
    if wanted.version is not None and args.version not in (None, wanted.version):
        return complain(
            "two different versions are named", "name one, behind '@' or with --version", EXIT_USAGE
        )
    question = _question(wanted, args.version)
    with open_session(wanted.path) as client:
        found = client.call("workflow/delete", {**question, "dryRun": True})
        if not args.dry_run and not args.yes:
            for line in _consequences(found):
                say(line, sys.stderr)
            if not sys.stdin.isatty():
                advice = "add --yes"
                return complain("deleting for good is not done unless somebody says yes", advice, EXIT_USAGE)
            print(f"Delete {_what(found)} for good? [y/N] ", end="", file=sys.stderr, flush=True)
            if sys.stdin.readline().strip().casefold() not in ("y", "yes"):
                say("nothing is deleted")
                return 1
        if not args.dry_run:
            found = client.call("workflow/delete", question)
    if args.json:
        print(json.dumps({**found, "done": not args.dry_run}))
        return 0
    say(f"{_what(found)} would be deleted for good" if args.dry_run else f"deleted for good: {_what(found)}")
    for line in _consequences(found):
        say(line)
    for folder in found["backups"]:
        say(f"warning: {folder} may hold the text still; remove it, or restore nothing from it", sys.stderr)
    return 0


def _question(wanted: Named, version: int | None) -> dict[str, Any]:
    number = wanted.version if version is None else version
    return (
        {"workflow": wanted.workflow} if number is None else {"workflow": wanted.workflow, "version": number}
    )


def _what(found: dict[str, Any]) -> str:
    numbers = [f"v{version['version']}" for version in found["deleted"]]
    return f"{found['deleted'][0]['workflow']} {', '.join(numbers)}"


def _consequences(found: dict[str, Any]) -> list[str]:
    lines = []
    if found["children"]:
        names = ", ".join(f"{child['workflow']} v{child['version']}" for child in found["children"])
        lines.append(f"made from it, and without a known parent then: {names}")
    if found["runs"]:
        lines.append(
            f"{counted(found['runs'], 'run')} of it, and their figures, stay; runs delete takes them"
        )
    if found["reopened"]:
        highest = found["deleted"][-1]["version"]
        lines.append(f"version {highest} can be published again then, with any content")
    lines.append("what git has of the texts, it keeps in its history")
    return lines
