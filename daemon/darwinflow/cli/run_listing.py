"""`darwinflow runs list`: newest first, narrowed and in pages."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime

from darwinflow.cli.main import EXIT_USAGE, complain
from darwinflow.cli.published import Named, meant, named
from darwinflow.cli.run_table import COLOURS, table
from darwinflow.cli.session import asked_of_run, asking, place_of
from darwinflow.cli.spans import FORMS, Since, moment, said, since_of
from darwinflow.cli.target import add_workflow, file_of
from darwinflow.cli.terminal import say, terminal_of
from darwinflow.model.usage import matching, some_text, whole_number
from darwinflow.recorder.ids import MAX_NAME, RUN_ID
from darwinflow.rpc.client.blocking import Client

USUAL_LIMIT = 20
MOST_RUNS = 500
"""The daemon gives no more at once."""
MAX_VERSION = 1 << 53
PART_OF_ID = matching(RUN_ID, "1 to 128 letters, digits, '.', '_', ':' or '-'")
STATUSES = tuple(status.lower() for status in COLOURS)
_HASH = matching(r"[0-9a-f]{64}", "64 digits and letters 'a' to 'f', as runs list --json gives them")


def configure(parser: argparse.ArgumentParser) -> None:
    add_workflow(parser, "WORKFLOW[@VERSION]")
    parser.add_argument("--version", type=whole_number(0, MAX_VERSION), metavar="N")
    parser.add_argument("--status", type=str.lower, choices=STATUSES)
    parser.add_argument("--node", type=some_text(MAX_NAME), help="runs with a step of this node")
    parser.add_argument("--text", type=some_text(MAX_NAME), help="part of an error")
    parser.add_argument("--hash", type=_HASH, metavar="HASH", help="of the workflow's text")
    parser.add_argument("--since", type=since_of, metavar="WHEN", help=f"that began then or later: {FORMS}")
    parser.add_argument("--until", type=since_of, metavar="WHEN", help="that began before then")
    parser.add_argument(
        "--before", metavar="RUN", type=PART_OF_ID, help="runs that follow this one in the list"
    )
    parser.add_argument(
        "--limit",
        type=whole_number(1, MOST_RUNS),
        default=USUAL_LIMIT,
        metavar="N",
        help=f"at most so many, up to {MOST_RUNS}; {USUAL_LIMIT} where absent",
    )
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")
    parser.add_argument("--archived", action="store_true", help="those that retention has let go of")


def show(args: argparse.Namespace) -> int:
    """The exit code. Raises `DarwinFlowError`."""
    now = datetime.now().astimezone()
    target = named(args.workflow) if args.workflow else None
    if target is not None and None not in (target.version, args.version):
        return complain(
            f"'{args.workflow}' and --version {args.version} say which version twice",
            f"darwinflow runs list {target.workflow} --version {args.version}",
            EXIT_USAGE,
        )
    wanted = {
        "workflow": target.workflow if target else None,
        "version": target.version if target and args.version is None else args.version,
        "status": args.status and args.status.upper(),
        "node": args.node,
        "text": args.text,
        "workflowHash": args.hash,
        "since": _moment(args.since, now),
        "until": _moment(args.until, now),
        "before": args.before,
        "limit": args.limit,
    }
    path = target.path if target else None
    with asking(path) as client:
        given = {name: value for name, value in wanted.items() if value is not None}
        answer = asked_of_run(client, path, "archive/query" if args.archived else "run/query", given)
        damaged = answer.get("damaged", ())
        missed = None
        if not answer["runs"] and not damaged and not args.json:
            narrowed = any(wanted[name] is not None for name in set(wanted) - {"workflow", "limit"})
            missed = _missed(client, target, args.workflow, narrowed=narrowed)
    _warn_of(damaged)
    if args.json:
        print(json.dumps({**answer, "next": answer["runs"][-1]["runId"] if answer["next"] else None}))
    elif missed is not None:
        say(missed)
    elif answer["runs"]:
        for line in table(answer["runs"], terminal_of(), now, workflows=target is None):
            print(line)
        if answer["next"]:
            say(f"more: {_continued(args, answer['runs'][-1]['runId'])}")
    return 0


def _warn_of(damaged: Sequence[dict[str, str]]) -> None:
    """On standard error, so that results stay as they are."""
    for run in damaged:
        say(f"warning: run {run['runId']} is not shown: {run['message']}", sys.stderr)
    if damaged:
        say("try: darwinflow storage repair, which lists it again by its log where that is whole", sys.stderr)


def _moment(since: Since | None, now: datetime) -> str | None:
    return None if since is None else moment(since, now).isoformat()


def _continued(args: argparse.Namespace, last: str) -> str:
    """The command that lists what comes after the run *last*, narrowed as this one was."""
    import shlex

    words = ["darwinflow", "runs", "list", *([args.workflow] if args.workflow else [])]
    for name in ("version", "status", "node", "text", "hash", "since", "until"):
        value = getattr(args, name)
        words += (
            [f"--{name}", said(value) if isinstance(value, Since) else str(value)]
            if value is not None
            else []
        )
    words += ["--archived"] if args.archived else []
    words += ["--limit", str(args.limit)] if args.limit != USUAL_LIMIT else []
    return shlex.join([*words, "--before", last])


def _missed(client: Client, target: Named | None, name: str, *, narrowed: bool) -> str:
    """That nothing was found, where, and what may have been meant. *name*: as the workflow was named."""
    place = place_of(client, target.path if target else None)
    whose, file = "", "FILE"
    if target is not None:
        whose, file = f"of '{target.workflow}' ", file_of(name, target.workflow)
        known = client.call("metrics/summary")["versions"]
        near = meant(target.workflow, known)
        if near and not any(one["workflow"] == target.workflow for one in known):
            return f"No run {whose}is in {place.name}{near}"
    if narrowed:
        return f"No run {whose}is like that in {place.name}; {place.elsewhere}."
    return (
        f"No runs {whose}yet in {place.name}. Record one: darwinflow record --workflow {file} -- python run.py; "
        f"or {place.elsewhere}."
    )
