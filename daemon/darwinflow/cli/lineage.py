"""Show the versions of a workflow, who made each and how it did."""

import argparse
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from darwinflow.cli.session import open_session
from darwinflow.cli.target import target_of
from darwinflow.cli.terminal import Terminal, terminal_of
from darwinflow.model.errors import WorkflowNotFound
from darwinflow.model.phrases import brief_age, duration, rate
from darwinflow.model.usage import some_text
from darwinflow.recorder.events import MAX_NAME


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "workflow", metavar="WORKFLOW", type=some_text(MAX_NAME), help="an id, or a workflow file"
    )
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")


def run(args: argparse.Namespace) -> int:
    target = target_of(args.workflow)
    with open_session(target.path) as client:
        answer = client.call("workflow/lineage", {"workflow": target.workflow})
    if args.json:
        print(json.dumps(answer))
    if not answer["versions"]:
        raise WorkflowNotFound(
            f"no version of '{target.workflow}' is published", hint="publish one: darwinflow publish FILE"
        )
    if args.json:
        return 0
    for line in tree(answer["versions"], terminal_of(), datetime.now().astimezone()):
        print(line)
    return 0


def tree(versions: list[dict[str, Any]], terminal: Terminal, now: datetime) -> Iterator[str]:
    """One line a version, newest first, each below the one that was made from it.

    Versions are those of the reply to `workflow/lineage`, in any order.
    """
    rows = [(depth, _cells(version, now)) for depth, version in _walk(versions)]
    widths = [max(len(cells[column]) for _, cells in rows) for column in range(4)]
    branch = "└ " if terminal.utf8 else "` "
    heads = [("  " * (depth - 1) + branch if depth else "") + cells[0] for depth, cells in rows]
    width = max(map(len, heads))
    for head, (_, cells) in zip(heads, rows, strict=True):
        columns = [cells[column].ljust(widths[column]) for column in (1, 2, 3) if widths[column]]
        line = "  ".join([" " + head.ljust(width), *columns, cells[4]]).rstrip()
        yield terminal.row(line, terminal.width)


def _walk(versions: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Newest first; a version that another was made from stands one step deeper below the newest of those."""
    by_number = {version["version"]: version for version in versions}
    shown: set[int] = set()
    for number in sorted(by_number, reverse=True):
        depth = 0
        current: int | None = number
        while current is not None and current in by_number and current not in shown:
            shown.add(current)
            yield depth, by_number[current]
            parent = by_number[current].get("parent")
            current = (
                parent["version"] if parent and parent["workflow"] == by_number[current]["workflow"] else None
            )
            depth += 1


def _cells(version: dict[str, Any], now: datetime) -> tuple[str, str, str, str, str]:
    summary = version.get("summary")
    figures = ("", "")
    if summary:
        runs = summary["runs"]
        rated = rate(summary["successes"], runs)
        figures = (rated if " of " in rated else f"{rated} of {runs}", f"p95 {duration(summary['p95Ms'])}")
    made = brief_age(datetime.fromisoformat(version["publishedAt"]), now)
    parent = version.get("parent")
    forked = (
        f"from {parent['workflow']} v{parent['version']}: "
        if parent and parent["workflow"] != version["workflow"]
        else ""
    )
    return (
        f"v{version['version']}",
        f"{version['createdBy']:<10}  {made}",
        figures[0],
        figures[1],
        forked + version["reasoning"],
    )
