"""List the published workflows, show the text of a version, or delete some."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from darwinflow.cli.columns import aligned, name_in
from darwinflow.cli.damage import warn_of
from darwinflow.cli.figures import success
from darwinflow.cli.published import named, published
from darwinflow.cli.session import open_session, place_of
from darwinflow.cli.terminal import Terminal, harmless, say, terminal_of
from darwinflow.model.phrases import brief_age, duration
from darwinflow.model.usage import some_text, whole_number
from darwinflow.recorder.ids import MAX_NAME

Version = dict[str, Any]
"""A published version as the daemon's replies have it."""


def configure(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|show|delete")
    listing = actions.add_parser("list", help="every published workflow, with its newest version")
    listing.add_argument("--json", action="store_true", help="all versions, as one JSON object")
    show = actions.add_parser("show", help="the text of a version, byte for byte, as it was published")
    show.add_argument(
        "workflow",
        metavar="WORKFLOW[@VERSION]",
        type=some_text(MAX_NAME),
        help="an id, or a workflow file; the newest version where none is named",
    )
    show.add_argument("--json", action="store_true", help="the text and all about it, as one JSON object")
    deletion = actions.add_parser("delete", help="erase published versions for good, and say what follows")
    deletion.add_argument(
        "workflow",
        metavar="WORKFLOW[@VERSION]",
        type=some_text(MAX_NAME),
        help="an id, or a workflow file; all versions where none is named",
    )
    deletion.add_argument("--version", type=whole_number(1, 1 << 53), metavar="N")
    deletion.add_argument("--dry-run", action="store_true", help="only say what would follow")
    deletion.add_argument("--yes", action="store_true", help="do not ask first")
    deletion.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace) -> int:
    if args.action == "delete":
        from darwinflow.cli.workflow_deletion import delete

        return delete(args)
    return _list(args) if args.action == "list" else _show(args)


def _list(args: argparse.Namespace) -> int:
    with open_session(None) as client:
        versions = client.call("workflow/list")["versions"]
        figures = client.call("metrics/summary")["versions"] if versions else []
        place = None if versions else place_of(client, None)
    summaries = {(one["workflow"], one["version"]): one["summary"] for one in figures}
    for version in versions:
        version["summary"] = summaries.get((version["workflow"], version["version"]))
    if args.json:
        print(json.dumps({"workflows": list(grouped(versions))}))
    elif place is not None:
        say(
            f"No workflows are published in {place.name}. Publish one: darwinflow publish FILE; or {place.elsewhere}."
        )
    else:
        for line in table(versions, terminal_of(), datetime.now().astimezone()):
            print(line)
    return 0


def grouped(versions: list[Version]) -> Iterator[dict[str, Any]]:
    """*versions*, by id, then ascending, as one object a workflow."""
    by_id: dict[str, list[Version]] = {}
    for version in versions:
        by_id.setdefault(version["workflow"], []).append(version)
    for workflow, own in by_id.items():
        yield {"workflow": workflow, "newest": own[-1]["version"], "versions": own}


def table(versions: list[Version], terminal: Terminal, now: datetime) -> Iterator[str]:
    """One line a workflow, about its newest version."""
    rows = []
    for workflow in grouped(versions):
        newest, summary = workflow["versions"][-1], workflow["versions"][-1]["summary"]
        rows.append(
            (
                name_in(workflow["workflow"], terminal),
                f"v{newest['version']}",
                brief_age(datetime.fromisoformat(newest["publishedAt"]), now),
                newest["createdBy"],
                success(summary) if summary else "",
                duration(summary["p95Ms"]) if summary else "",
                newest["description"],
            )
        )
    heading = ("WORKFLOW", "NEWEST", "PUBLISHED", "BY", "SUCCEEDED", "P95", "DESCRIPTION")
    return aligned(heading, rows, terminal)


def _show(args: argparse.Namespace) -> int:
    wanted = named(args.workflow)
    with open_session(wanted.path) as client:
        answer = published(client, wanted)
        lineage = client.call("workflow/lineage", {"workflow": answer["version"]["workflow"]})["versions"]
    if args.json:
        print(json.dumps({**answer["version"], "text": answer["text"]}))
        return 0
    for line in header(answer["version"], lineage, datetime.now().astimezone()):
        say(f"# {line}", sys.stderr)
    sys.stderr.flush()
    _write(answer["text"])
    if answer["version"]["damage"]:
        warn_of([answer["version"]["damage"]])
    return 0


def _write(text: str) -> None:
    """Byte for byte; on a terminal, where nothing in it may command that, line by line."""
    if sys.stdout.isatty():
        for line in text.splitlines():
            print(harmless(line))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())


def header(version: Version, lineage: list[Version], now: datetime) -> Iterator[str]:
    """What is known of *version*, in a few lines: who and when, what it was made from, how it did."""
    published_at = brief_age(datetime.fromisoformat(version["publishedAt"]), now)
    newest = max(one["version"] for one in lineage) if lineage else version["version"]
    place = "" if newest == version["version"] else f"; v{newest} is the newest"
    yield (
        f"{version['workflow']} v{version['version']}, published by {version['publishedBy']} {published_at}, "
        f"content {version['contentHash'][:12]}{place}"
    )
    yield " <- ".join(_made(one, version["workflow"]) for one in _ancestry(version, lineage))
    summary = version["summary"]
    if summary:
        median, high = duration(summary["p50Ms"]), duration(summary["p95Ms"])
        yield f"succeeded {success(summary)}, median {median}, p95 {high}"


MOST_ANCESTORS = 4


def _ancestry(version: Version, lineage: list[Version]) -> list[Version]:
    """*version*, its parent, and so on, as far as they are of the same workflow."""
    known = {(one["workflow"], one["version"]): one for one in lineage}
    found = [version]
    while len(found) < MOST_ANCESTORS and (parent := found[-1]["parent"]):
        older = known.get((parent["workflow"], parent["version"]))
        if older is None or older in found:
            found.append({**parent, "createdBy": "", "reasoning": "", "parent": None})
            break
        found.append(older)
    return found


def _made(version: Version, own: str) -> str:
    whose = "" if version["workflow"] == own else f"{version['workflow']} "
    why = ": ".join(filter(None, (version["createdBy"], version["reasoning"])))
    return f"{whose}v{version['version']} {why}".rstrip()
