"""Show what the last runs have in common: where time goes, what is done again, what is corrected."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from darwinflow.cli.published import Named, meant, named
from darwinflow.cli.session import asking, place_of
from darwinflow.cli.target import add_workflow
from darwinflow.cli.terminal import Terminal, say, terminal_of
from darwinflow.model.phrases import brief_age, short_run_id
from darwinflow.rpc.client.blocking import Client

Found = dict[str, Any]
"""A pattern, as the daemon's reply has it."""

_WORDS = {
    "BOTTLENECK": "bottleneck",
    "REPEATED_ACTION": "repeated action",
    "SEQUENCE": "sequence",
    "CORRECTION": "correction",
}


def configure(parser: argparse.ArgumentParser) -> None:
    add_workflow(parser)
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")


def run(args: argparse.Namespace) -> int:
    wanted = None if args.workflow is None else named(args.workflow)
    question = {} if wanted is None else {"workflow": wanted.workflow}
    with asking(wanted.path if wanted else None) as client:
        reply = client.call("pattern/list", question)
        missed = None if reply["patterns"] or args.json else _missed(client, wanted)
    if args.json:
        print(json.dumps(reply))
    elif missed is not None:
        say(missed)
    else:
        terminal, now = terminal_of(), datetime.now().astimezone()
        for line in _lines(reply["patterns"], terminal, now):
            print(line)
    if not reply["isComplete"]:
        say("note: some runs are still looked at; ask again in a moment", sys.stderr)
    return 0


def _lines(patterns: list[Found], terminal: Terminal, now: datetime) -> Iterator[str]:
    """Below the id of each workflow two lines a pattern: what it is, and how sure, how long, and which run shows it."""
    workflow = None
    for one in patterns:
        if one["workflow"] != workflow:
            if workflow is not None:
                yield ""
            workflow = one["workflow"]
            yield terminal.paint(terminal.row(workflow, terminal.width), "strong")
        arrow = one["description"] if terminal.utf8 else one["description"].replace("→", "->")
        yield terminal.row(f"  {_WORDS[one['type']]}: {arrow}", terminal.width)
        seen = [brief_age(datetime.fromisoformat(one[name]), now) for name in ("firstSeen", "lastSeen")]
        when = f"last seen {seen[1]}" if seen[0] == seen[1] else f"first seen {seen[0]}, last {seen[1]}"
        facts = f"95 % sure of at least {100 * one['confidence']:.0f} % of all runs, {when}"
        example = f"darwinflow runs show {short_run_id(one['examples'][0])}"
        yield terminal.paint(terminal.row(f"    {facts}; {example}", terminal.width), "quiet")


def _missed(client: Client, wanted: Named | None) -> str:
    """That nothing was found, where, and what may have been meant."""
    place = place_of(client, wanted.path if wanted else None)
    if wanted is None:
        return f"No runs in {place.name} have a pattern: it takes at least 5 that show it."
    known = client.call("metrics/summary")["versions"]
    if not any(one["workflow"] == wanted.workflow for one in known):
        near = meant(wanted.workflow, known)
        return f"No run of '{wanted.workflow}' has ended yet in {place.name}{near or '; ' + place.elsewhere + '.'}"
    return f"The last runs of '{wanted.workflow}' in {place.name} have no pattern: it takes at least 5 that show it."
