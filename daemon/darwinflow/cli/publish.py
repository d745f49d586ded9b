"""Copy a workflow into the store as an immutable version."""

import argparse
import json
import os
from datetime import UTC, datetime
from typing import Any

from darwinflow.cli.damage import warn_of
from darwinflow.cli.folder import current_folder
from darwinflow.cli.main import EXIT_USAGE, complain
from darwinflow.cli.session import open_session
from darwinflow.cli.target import text_of
from darwinflow.cli.terminal import say
from darwinflow.model.errors import StoreUnwritable
from darwinflow.recorder.clean import sound_text
from darwinflow.recorder.paths import workspace_of

_WRITABLE = "let the daemon write a plain folder there, or name another one under workflows: path:"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="a workflow file")
    parser.add_argument(
        "--renumber",
        action="store_true",
        help="after a merge: FILE is the id of a workflow of which both branches published the same version; "
        "yours keeps its number, the merged one gets the next",
    )
    parser.add_argument("--dry-run", action="store_true", help="with --renumber: only say what would change")
    parser.add_argument("--json", action="store_true", help="one JSON object a file")


def run(args: argparse.Namespace) -> int:
    if args.renumber:
        return _renumber(args)
    if args.dry_run:
        return complain(
            "--dry-run needs --renumber", "darwinflow check FILE says whether it can be published", EXIT_USAGE
        )
    for path in args.files:
        answer = _published(path)
        if args.json:
            print(json.dumps(answer))
        elif answer["created"]:
            print(
                f"published {answer['workflow']} v{answer['version']}, content {answer['contentHash'][:12]}"
            )
        else:
            print(f"{answer['workflow']} v{answer['version']} is published already, with the same content")
        warn_of(answer.get("damages", ()))
    return 0


def _renumber(args: argparse.Namespace) -> int:
    from darwinflow.daemon.sessions import folder_inside
    from darwinflow.daemon.texts import workflow_in
    from darwinflow.settings.workspace import parse
    from darwinflow.storage.files.renumbering import renumber

    workspace = workspace_of(current_folder())
    settings = parse(workspace.settings, os.path.basename(workspace.folder))
    store = folder_inside(workspace.folder, settings.workflows_path)
    for workflow in args.files:
        found = renumber(
            store, workflow, understand=workflow_in, now=lambda: datetime.now(UTC), dry_run=args.dry_run
        )
        if args.json:
            moved = [{"from": one.old, "to": one.new} for one in found]
            print(json.dumps({"workflow": workflow, "renumbered": moved, "done": not args.dry_run}))
            continue
        for one in found:
            becomes = "would become" if args.dry_run else "is now"
            say(f"{workflow} v{one.old} of the merged branch {becomes} v{one.new}")
        if not found:
            say(f"{workflow} has no conflict")
    return 0


def _published(path: str) -> dict[str, Any]:
    """The daemon's answer. Raises `WorkflowNotFound`, `Refused`, and what the daemon says."""
    text = text_of(path)
    try:
        with open_session(path) as client:
            # Of a name that is no UTF-8 the form counts that messages can hold: patterns fit it as well.
            return client.call("workflow/publish", {"text": text, "path": sound_text(os.path.abspath(path))})
    except StoreUnwritable as exc:
        raise StoreUnwritable(str(exc), hint=exc.advice or _WRITABLE, **exc.facts) from exc
