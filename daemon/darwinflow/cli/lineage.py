"""Show the versions of a workflow, who made each and how it did."""

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from darwinflow.cli.damage import warn_of
from darwinflow.cli.lineage_tree import Version, rows
from darwinflow.cli.session import open_session, place_of
from darwinflow.cli.target import target_of
from darwinflow.cli.terminal import Terminal, terminal_of
from darwinflow.model.errors import WorkflowNotFound
from darwinflow.model.phrases import brief_age, duration, rate
from darwinflow.model.usage import some_text
from darwinflow.recorder.ids import MAX_NAME


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "workflow", metavar="WORKFLOW", type=some_text(MAX_NAME), help="an id, or a workflow file"
    )
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")


def run(args: argparse.Namespace) -> int:
    target = target_of(args.workflow)
    with open_session(target.path) as client:
        answer = client.call("workflow/lineage", {"workflow": target.workflow})
        place = None if answer["versions"] else place_of(client, target.path)
    if args.json:
        print(json.dumps(answer))
    if place is not None:
        raise WorkflowNotFound(
            f"no version of '{target.workflow}' is published in {place.name}",
            hint=f"publish one: darwinflow publish FILE; or {place.elsewhere}",
        )
    if args.json:
        return 0
    for line in tree(answer["versions"], terminal_of(), datetime.now().astimezone()):
        print(line)
    warn_of(version["damage"] for version in answer["versions"] if version.get("damage"))
    return 0


def tree(versions: Sequence[Version], terminal: Terminal, now: datetime) -> Iterator[str]:
    """One line a version, newest first, each below the one that was made from it.

    Versions are those of the reply to `workflow/lineage`, in any order.
    """
    found = list(rows(versions))
    branch = "└ " if terminal.utf8 else "` "
    heads = [
        ("  " * (row.step - 1) + branch if row.step else "") + f"v{row.version['version']}" for row in found
    ]
    cells = [_cells(row.version, now) for row in found]
    width = max(map(len, heads))
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for head, row, own in zip(heads, found, cells, strict=True):
        columns = [cell.ljust(wide) for cell, wide in zip(own, widths, strict=True) if wide]
        damage = row.version.get("damage")
        mark = damage and f"({damage['kind']})"
        why = " ".join(filter(None, (mark, ": ".join(filter(None, (row.origin, row.version["reasoning"]))))))
        yield terminal.row("  ".join([" " + head.ljust(width), *columns, why]).rstrip(), terminal.width)


def _cells(version: Version, now: datetime) -> tuple[str, str, str]:
    """Who made it and when, how it did, how long it took."""
    made = brief_age(datetime.fromisoformat(version["publishedAt"]), now)
    by = f"{version['createdBy']:<10}  {made}"
    summary = version.get("summary")
    if not summary:
        return by, "", ""
    runs = summary["runs"]
    rated = rate(summary["successes"], runs)
    return by, rated if " of " in rated else f"{rated} of {runs}", f"p95 {duration(summary['p95Ms'])}"
