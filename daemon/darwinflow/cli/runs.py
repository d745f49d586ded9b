"""List runs, show one whole, compare two, follow them as they come, delete or pin some, or take in those of elsewhere."""

import argparse
import json
import shlex
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from darwinflow.cli.following import followed
from darwinflow.cli.session import Place, asking, place_of
from darwinflow.cli.target import target_of
from darwinflow.cli.terminal import Terminal, say, terminal_of
from darwinflow.model.errors import RunNotFound
from darwinflow.model.phrases import age, duration, glyph, short_run_id
from darwinflow.model.usage import matching, some_text, whole_number
from darwinflow.recorder.events import MAX_NAME
from darwinflow.recorder.ids import RUN_ID
from darwinflow.rpc.client.blocking import Client

COLOURS = {"SUCCESS": "good", "FAILED": "bad", "RUNNING": "strong", "LOST": "warn", "CANCELLED": "quiet"}
USUAL_LIMIT = 20
MOST_RUNS = 500
"""The daemon gives no more at once."""
MAX_VERSION = 1 << 53
WIDEST_WORKFLOW = 32
"""Columns; longer ids are cut on a terminal."""
_PART_OF_ID = matching(RUN_ID.pattern, "1 to 128 letters, digits, '.', '_', ':' or '-'")
STATUSES = tuple(status.lower() for status in COLOURS)

TYPE_CHECKING = False
if TYPE_CHECKING:
    Actions = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - has no other name


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(
        dest="action", required=True, metavar="list|show|compare|tail|delete|pin|restore|import"
    )
    _configure_looking(actions)
    _configure_keeping(actions)


def _configure_looking(actions: "Actions") -> None:
    name = some_text(MAX_NAME)
    listing = actions.add_parser("list", help="newest first")
    listing.add_argument(
        "workflow",
        nargs="?",
        metavar="WORKFLOW",
        type=name,
        help="an id, or a workflow file; all where absent",
    )
    listing.add_argument("--version", type=whole_number(0, MAX_VERSION), metavar="N")
    listing.add_argument("--status", type=str.lower, choices=STATUSES)
    listing.add_argument("--node", type=name, help="runs with a step of this node")
    listing.add_argument("--text", type=name, help="part of an error")
    listing.add_argument(
        "--before", metavar="RUN", type=_PART_OF_ID, help="runs that follow this one in the list"
    )
    listing.add_argument(
        "--limit",
        type=whole_number(1, MOST_RUNS),
        default=USUAL_LIMIT,
        metavar="N",
        help=f"at most so many, up to {MOST_RUNS}; {USUAL_LIMIT} where absent",
    )
    listing.add_argument("--json", action="store_true", help="everything, as one JSON object")
    listing.add_argument("--archived", action="store_true", help="those that retention has let go of")
    show = actions.add_parser("show", help="one run whole, as YAML")
    show.add_argument("run", metavar="RUN", type=_PART_OF_ID, help="an id, or its beginning or end")
    show.add_argument("--json", action="store_true", help="the log as JSON")
    compare = actions.add_parser("compare", help="two runs side by side, step by step")
    for place in ("first", "second"):
        compare.add_argument(place, metavar="RUN", type=_PART_OF_ID, help="an id, or its beginning or end")
    compare.add_argument("--json", action="store_true", help="everything, as one JSON object")
    tail = actions.add_parser("tail", help="follow runs as they are recorded, until Ctrl-C")
    tail.add_argument(
        "workflow",
        nargs="?",
        metavar="WORKFLOW",
        type=name,
        help="an id, or a workflow file; all where absent",
    )
    tail.add_argument("--json", action="store_true", help="one JSON object a line")


def _configure_keeping(actions: "Actions") -> None:
    deletion = actions.add_parser("delete", help="erase runs for good, wherever they are kept")
    deletion.add_argument(
        "runs", nargs="+", metavar="RUN", type=_PART_OF_ID, help="an id, or its beginning or end"
    )
    deletion.add_argument("--dry-run", action="store_true", help="only say which would go")
    deletion.add_argument("--yes", action="store_true", help="do not ask first")
    deletion.add_argument("--json", action="store_true", help="one JSON object")
    pin = actions.add_parser(
        "pin", help="have retention leave runs alone; without any, list those that are pinned"
    )
    pin.add_argument(
        "runs", nargs="*", metavar="RUN", type=_PART_OF_ID, help="an id, or its beginning or end"
    )
    pin.add_argument("--remove", action="store_true", help="let retention treat them as any other again")
    pin.add_argument("--json", action="store_true", help="one JSON object")
    restoring = actions.add_parser("restore", help="take runs out of the archive again, and pin them")
    restoring.add_argument(
        "runs", nargs="+", metavar="RUN", type=_PART_OF_ID, help="an id, or its beginning or end"
    )
    restoring.add_argument("--json", action="store_true", help="one JSON object")
    imports = actions.add_parser("import", help="take in runs that were recorded elsewhere, each once")
    imports.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="events, a JSON object a line, as `darwinflow record --stdin` takes them; into this folder's project",
    )
    imports.add_argument("--dry-run", action="store_true", help="only say what would come of it")
    imports.add_argument("--json", action="store_true", help="what came of each run, as one JSON object")


def run(args: argparse.Namespace) -> int:
    if args.action in ("delete", "pin", "restore"):
        from darwinflow.cli import retention, run_deletion

        others = {"delete": run_deletion.delete, "pin": run_deletion.pin, "restore": retention.restore}
        return others[args.action](args)
    actions = {"list": _list, "show": _show, "compare": _compare, "tail": _tail, "import": _import}
    return actions[args.action](args)


def _list(args: argparse.Namespace) -> int:
    target = target_of(args.workflow) if args.workflow else None
    wanted = {
        "workflow": target.workflow if target else None,
        "version": args.version,
        "status": args.status and args.status.upper(),
        "node": args.node,
        "text": args.text,
        "before": args.before,
        "limit": args.limit,
    }
    path = target.path if target else None
    with asking(path) as client:
        given = {name: value for name, value in wanted.items() if value is not None}
        answer = _asked(client, path, "archive/query" if args.archived else "run/query", given)
        place = None if answer["runs"] or args.json else place_of(client, path)
    if args.json:
        print(json.dumps({**answer, "next": answer["runs"][-1]["runId"] if answer["next"] else None}))
    elif place is not None:
        narrowed = any(wanted[name] is not None for name in set(wanted) - {"workflow", "limit"})
        say(_nothing(target.workflow if target else None, place, narrowed=narrowed))
    else:
        for line in table(
            answer["runs"], terminal_of(), datetime.now().astimezone(), workflows=target is None
        ):
            print(line)
        if answer["next"]:
            say(f"more: {_continued(args, answer['runs'][-1]['runId'])}")
    return 0


def _asked(client: Client, path: str | None, method: str, params: dict[str, Any]) -> dict[str, Any]:
    """The answer to a question about a run that was named. Raises `RunNotFound`, which says where it was looked for."""
    try:
        return client.call(method, params)
    except RunNotFound as exc:
        place = place_of(client, path)
        advice = f"{exc.advice}; or {place.elsewhere}"
        raise RunNotFound(f"{exc} in {place.name}", hint=advice, **exc.facts) from exc


def _continued(args: argparse.Namespace, last: str) -> str:
    """The command that lists what comes after the run *last*, narrowed as this one was."""
    words = ["darwinflow", "runs", "list", *([args.workflow] if args.workflow else [])]
    for name in ("version", "status", "node", "text"):
        value = getattr(args, name)
        words += [f"--{name}", str(value)] if value is not None else []
    words += ["--archived"] if args.archived else []
    words += ["--limit", str(args.limit)] if args.limit != USUAL_LIMIT else []
    return shlex.join([*words, "--before", last])


def _nothing(workflow: str | None, place: Place, *, narrowed: bool) -> str:
    whose = f"of '{workflow}' " if workflow else ""
    if narrowed:
        return f"No run {whose}is like that in {place.name}; {place.elsewhere}."
    file = f"flows/{workflow}.yaml" if workflow else "FILE"
    return (
        f"No runs {whose}yet in {place.name}. Record one: darwinflow record --workflow {file} -- python run.py; "
        f"or {place.elsewhere}."
    )


def _show(args: argparse.Namespace) -> int:
    with asking(None) as client:
        answer = _asked(client, None, "run/get", {"run": args.run})
    if args.json:
        print(json.dumps(answer))
        return 0
    from darwinflow.model.run_document import run_document

    print(run_document(answer["log"], datetime.now().astimezone(), utf8=terminal_of().utf8), end="")
    return 0


def _compare(args: argparse.Namespace) -> int:
    with asking(None) as client:
        before, after = (_asked(client, None, "run/get", {"run": run}) for run in (args.first, args.second))
    from darwinflow.cli.run_comparison import json_of, lines_of

    if args.json:
        print(json.dumps(json_of(before, after)))
        return 0
    for line in lines_of(before, after, terminal_of(), datetime.now().astimezone()):
        print(line)
    return 0


def _tail(args: argparse.Namespace) -> int:
    target = target_of(args.workflow) if args.workflow else None
    terminal = terminal_of()
    whose = f" of '{target.workflow}'" if target else ""

    def begun(place: Place) -> None:
        say(f"following runs{whose} in {place.name}; Ctrl-C ends", sys.stderr, now=True)

    for event in followed(target.path if target else None, "run", begun):
        run_header = event["payload"]["run"]
        if target and run_header["workflowId"] != target.workflow:
            continue
        if args.json:
            print(json.dumps(event), flush=True)
        else:
            row = next(_rows([run_header], terminal, datetime.now().astimezone(), workflows=True))
            print(row, flush=True)
    return 0


def _import(args: argparse.Namespace) -> int:
    from darwinflow.cli.run_import import take_in

    return take_in(args.files, is_dry=args.dry_run, as_json=args.json)


def table(runs: list[dict[str, Any]], terminal: Terminal, now: datetime, *, workflows: bool) -> Iterator[str]:
    """Headers of the wire as lines under a heading; the error column is the one that is cut."""
    yield terminal.paint(terminal.fit(_heading(runs, workflows=workflows), terminal.width), "quiet")
    yield from _rows(runs, terminal, now, workflows=workflows)


def _workflow_width(runs: list[dict[str, Any]], *, workflows: bool) -> int:
    if not workflows:
        return 0
    return min(max(8, *(len(run_header["workflowId"]) for run_header in runs)), WIDEST_WORKFLOW)


def _heading(runs: list[dict[str, Any]], *, workflows: bool) -> str:
    wide = _workflow_width(runs, workflows=workflows)
    name = f"{'WORKFLOW':<{wide}}  " if wide else ""
    return f"    {'RUN':<8}  {name}{'VERSION':<7}  {'STARTED':<15}  {'TOOK':<8}  STEPS"


def _rows(runs: list[dict[str, Any]], terminal: Terminal, now: datetime, *, workflows: bool) -> Iterator[str]:
    wide = _workflow_width(runs, workflows=workflows)
    for run_header in runs:
        workflow = terminal.fit(run_header["workflowId"], wide if terminal.width else 0)
        name = f"{workflow:<{wide}}  " if wide else ""
        took = "" if run_header["durationMs"] is None else duration(run_header["durationMs"])
        version = f"v{run_header['workflowVersion']}" if run_header["workflowVersion"] else "draft"
        fixed = (
            f" {short_run_id(run_header['runId']):<8}  {name}{version:<7}  "
            f"{age(datetime.fromisoformat(run_header['startTime']), now):<15}  {took:<8}  {run_header['stepCount']:<5}"
        )
        line = terminal.row(
            f"{fixed}  {_remark(run_header)}".rstrip(), terminal.width - 2 if terminal.width else 0
        )
        sign = glyph(run_header["status"], utf8=terminal.utf8)
        yield f" {terminal.paint(sign, COLOURS[run_header['status']])} {line}"


def _remark(run_header: dict[str, Any]) -> str:
    """What went wrong and where; of a live run, where it is."""
    if run_header["status"] == "RUNNING":
        running = [step["nodeId"] for step in run_header["steps"] if step["status"] == "RUNNING"]
        return running[-1] if running else ""
    error, node = run_header["error"] or "", run_header["failedNode"]
    return f"{node}: {error}" if node else error
