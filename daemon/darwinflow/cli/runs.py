"""List runs, show one whole, compare two, follow them as they come, delete or pin some, or take in those of elsewhere."""

import argparse
import json
import sys
from datetime import datetime

from darwinflow.cli import run_listing
from darwinflow.cli.following import followed
from darwinflow.cli.published import named
from darwinflow.cli.run_listing import PART_OF_ID
from darwinflow.cli.run_table import rows
from darwinflow.cli.session import Place, asked_of_run, asking
from darwinflow.cli.target import add_workflow
from darwinflow.cli.terminal import say, terminal_of

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
    run_listing.configure(actions.add_parser("list", help="newest first"))
    show = actions.add_parser("show", help="one run whole, as YAML")
    show.add_argument("run", metavar="RUN", type=PART_OF_ID, help="an id, or its beginning or end")
    show.add_argument("--json", action="store_true", help="the log as JSON")
    compare = actions.add_parser("compare", help="two runs side by side, step by step")
    for place in ("first", "second"):
        compare.add_argument(place, metavar="RUN", type=PART_OF_ID, help="an id, or its beginning or end")
    compare.add_argument("--json", action="store_true", help="everything, as one JSON object")
    tail = actions.add_parser("tail", help="follow runs as they are recorded, until Ctrl-C")
    add_workflow(tail, "WORKFLOW[@VERSION]")
    tail.add_argument("--json", action="store_true", help="one JSON object a line")


def _configure_keeping(actions: "Actions") -> None:
    deletion = actions.add_parser("delete", help="erase runs for good, wherever they are kept")
    deletion.add_argument(
        "runs", nargs="+", metavar="RUN", type=PART_OF_ID, help="an id, or its beginning or end"
    )
    deletion.add_argument("--dry-run", action="store_true", help="only say which would go")
    deletion.add_argument("--yes", action="store_true", help="do not ask first")
    deletion.add_argument("--json", action="store_true", help="one JSON object")
    pin = actions.add_parser(
        "pin", help="have retention leave runs alone; without any, list those that are pinned"
    )
    pin.add_argument("runs", nargs="*", metavar="RUN", type=PART_OF_ID, help="an id, or its beginning or end")
    pin.add_argument("--remove", action="store_true", help="let retention treat them as any other again")
    pin.add_argument("--json", action="store_true", help="one JSON object")
    restoring = actions.add_parser("restore", help="take runs out of the archive again, and pin them")
    restoring.add_argument(
        "runs", nargs="+", metavar="RUN", type=PART_OF_ID, help="an id, or its beginning or end"
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
    actions = {"list": run_listing.show, "show": _show, "compare": _compare, "tail": _tail, "import": _import}
    return actions[args.action](args)


def _show(args: argparse.Namespace) -> int:
    with asking(None) as client:
        answer = asked_of_run(client, None, "run/get", {"run": args.run})
    if args.json:
        print(json.dumps(answer))
        return 0
    from darwinflow.model.run_document import run_document

    print(run_document(answer["log"], datetime.now().astimezone(), utf8=terminal_of().utf8), end="")
    return 0


def _compare(args: argparse.Namespace) -> int:
    with asking(None) as client:
        before, after = (
            asked_of_run(client, None, "run/get", {"run": run}) for run in (args.first, args.second)
        )
    from darwinflow.cli.run_comparison import json_of, lines_of

    if args.json:
        print(json.dumps(json_of(before, after)))
        return 0
    for line in lines_of(before, after, terminal_of(), datetime.now().astimezone()):
        print(line)
    return 0


def _tail(args: argparse.Namespace) -> int:
    target = named(args.workflow) if args.workflow else None
    terminal = terminal_of()
    whose = f" of '{target.workflow}'" if target else ""

    def begun(place: Place) -> None:
        say(f"following runs{whose} in {place.name}; Ctrl-C ends", sys.stderr, now=True)

    for event in followed(target.path if target else None, "run", begun):
        run_header = event["payload"]["run"]
        if target and run_header["workflowId"] != target.workflow:
            continue
        if target and target.version not in (None, run_header["workflowVersion"]):
            continue
        if args.json:
            print(json.dumps(event), flush=True)
        else:
            row = next(rows([run_header], terminal, datetime.now().astimezone(), workflows=True))
            print(row, flush=True)
    return 0


def _import(args: argparse.Namespace) -> int:
    from darwinflow.cli.run_import import take_in

    return take_in(args.files, is_dry=args.dry_run, as_json=args.json)
