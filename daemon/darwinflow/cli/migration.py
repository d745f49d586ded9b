"""`darwinflow storage migrate`: runs and figures from one back end to another."""

import argparse
import json
import os
import sys
from typing import TYPE_CHECKING

from darwinflow.cli.alone import alone
from darwinflow.cli.folder import current_folder
from darwinflow.cli.progress import Telling
from darwinflow.cli.terminal import say
from darwinflow.model.errors import NotFound, Refused
from darwinflow.model.phrases import counted
from darwinflow.recorder.paths import Workspace, home_of, workspace_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darwinflow.daemon.migrating import Outcome
    from darwinflow.model.stores import StoreChoice

_KIND = "file, sqlite, either with :PATH, or a DSN such as '${TEAM_DSN}'; never with a password in it"

_SHOWN = 20
"""Ids that are said; `--json` has all."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", type=_choice, metavar="KIND", help=f"for both runs and figures: {_KIND}")
    parser.add_argument("--logs", type=_choice, metavar="KIND", help="for runs alone")
    parser.add_argument("--metrics", type=_choice, metavar="KIND", help="for figures alone")
    parser.add_argument("--workflows", type=_choice, metavar="KIND", help="for published versions")
    parser.add_argument(
        "--workspace",
        action="append",
        metavar="DIR",
        help="one whose versions are files before or after; the current one where none is named; may be given again",
    )
    parser.add_argument("--organization", metavar="NAME", help="where the server has several")
    parser.add_argument(
        "--dry-run", action="store_true", help="only say what would be moved, and what stands against it"
    )
    parser.add_argument(
        "--abandon", action="store_true", help="end one that was begun: all stays where it was"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    from darwinflow.daemon import migrating
    from darwinflow.daemon.migration_plan import Asked, refuse_in_memory

    home = home_of(os.environ)
    choices = _choices(args)
    if args.abandon:
        kept = alone(home, lambda: migrating.abandon(home, os.environ))
        if args.json:
            print(json.dumps({"abandoned": True, "setAside": kept}))
        else:
            say("all stays where it was")
            _tell_kept("what was copied so far", kept)
        return 0
    refuse_in_memory(home, os.environ, choices)
    telling = Telling()
    try:
        asked = Asked(choices, args.organization, _workspaces(args))
        outcome = alone(
            home,
            lambda: migrating.migrate(home, os.environ, asked, telling.tell, dry_run=args.dry_run),
        )
    finally:
        telling.end()
    _show(outcome, as_json=args.json)
    return 1 if _unreadable(outcome) else 0


def _choices(args: argparse.Namespace) -> "dict[str, StoreChoice]":
    """By concern."""
    given = {"logs": args.logs or args.to, "metrics": args.metrics or args.to, "workflows": args.workflows}
    return {concern: choice for concern, choice in given.items() if choice is not None}


def _workspaces(args: argparse.Namespace) -> tuple[Workspace, ...]:
    if args.workflows is None:
        return ()
    folders = args.workspace or [current_folder()]
    for folder in folders:
        if not os.path.isdir(folder):
            raise NotFound(f"'{folder}' is no folder", hint="name the folder of a workspace")
    return tuple(workspace_of(folder) for folder in folders)


def _choice(given: str) -> "StoreChoice":
    from darwinflow.settings.writing import choice_of

    try:
        return choice_of(given)
    except Refused as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _show(outcome: "Outcome", *, as_json: bool) -> None:
    told = outcome.told
    if as_json:
        moved = {concern: {"from": one, "to": other} for concern, (one, other) in outcome.moved.items()}
        print(json.dumps({"done": outcome.is_done, "moved": moved, **told, "setAside": outcome.kept}))
        return
    for concern, (one, other) in outcome.moved.items():
        say(f"{concern}: {one} to {other}{_amount(told, concern) or _planned(told, concern)}")
    _tell_erased(told.get("logs", told).get("erased", ()))
    if not outcome.is_done:
        say("nothing was changed")
        return
    left = told.get("metrics", {}).get("left", 0)
    if left:
        say(
            f"warning: {counted(left, 'run')} without a log stays out of figures that others share",
            sys.stderr,
        )
    for run_id in _unreadable(outcome):
        say(f"error: run {run_id} cannot be read, and stays where it was", sys.stderr)
    if _unreadable(outcome):
        say(f"{counted(len(_unreadable(outcome)), 'run')} did not come along", sys.stderr)
    _tell_kept("what was left", outcome.kept)
    if outcome.moved.get("workflows", ("",))[0] == "file":
        say("versions in the files of workspaces stay there, and are read no longer")
    if any(one == "postgres" for one, _ in outcome.moved.values()):
        say("what the server holds stays there")


def _tell_erased(erased: "Sequence[str]") -> None:
    """Of runs that somebody has deleted for good where the others go."""
    if erased:
        were = (
            "was deleted for good there, and stays out"
            if len(erased) == 1
            else "were deleted for good there, and stay out"
        )
        some = ", ".join(erased[:_SHOWN]) + (", ..." if len(erased) > _SHOWN else "")
        say(f"warning: {counted(len(erased), 'run')} {were}: {some}", sys.stderr)


def _unreadable(outcome: "Outcome") -> list[str]:
    """Ids of runs that could not be carried along."""
    return list(outcome.told.get("logs", {}).get("unreadable", ()))


def _amount(told: "dict[str, object]", concern: str) -> str:
    facts = told.get(concern)
    if not isinstance(facts, dict):
        return ""
    if concern == "workflows":
        return f", {counted(facts['versions'], 'version')} compared, hash {facts['digest'][:16]}"
    if concern == "logs":
        return f", {counted(facts['runs'], 'run')} compared, hash {facts['digest'][:16]}"
    return f", of {counted(facts['counted'], 'run')}, hash {facts['digest'][:16]}"


def _planned(told: "dict[str, object]", concern: str) -> str:
    """What a dry run has counted."""
    runs, of_runs = told.get("runs"), told.get("countedRuns")
    if concern == "logs" and isinstance(runs, int):
        return f", {counted(runs, 'run')}"
    return f", of {counted(of_runs, 'run')}" if concern == "metrics" and isinstance(of_runs, int) else ""


def _tell_kept(what: str, kept: list[str]) -> None:
    for place in kept:
        say(f"{what} is in {place}")
