"""Show what differs between two workflow texts: edits of the graph, and lines."""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from darwinflow.cli.folder import FolderGone
from darwinflow.cli.main import EXIT_NO, EXIT_OK, EXIT_USAGE, complain
from darwinflow.cli.target import text_of
from darwinflow.cli.terminal import Terminal, harmless, say, terminal_of
from darwinflow.model.errors import DarwinFlowError, NameRefused
from darwinflow.model.usage import some_text
from darwinflow.recorder.ids import MAX_NAME

if TYPE_CHECKING:
    from darwinflow.graph.edits import GraphEdits, Instance

STDIN = "-"
_LINE_STYLES = {"+": "good", "-": "bad", "@": "quiet"}
_HELP = "a file, a published version as ID@VERSION, an ID for its newest one, or - for standard input"


class Side(NamedTuple):
    name: str
    """How it is called in what is printed."""
    text: str


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The exit code is 0 where both say the same, 1 where they differ, and 2 for anything that went wrong."
    )
    name = some_text(MAX_NAME)
    parser.add_argument("before", metavar="A", type=name, help=_HELP)
    parser.add_argument("after", metavar="B", type=name, help="likewise")
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--graph", action="store_true", help="edits of nodes, edges and fields alone; layout does not count"
    )
    part.add_argument("--text", action="store_true", help="lines alone, as a unified diff")
    parser.add_argument("--json", action="store_true", help="everything, as one JSON object")


def run(args: argparse.Namespace) -> int:
    try:
        return _compared(args)
    except FolderGone:
        raise
    except DarwinFlowError as exc:
        # 1 would say that both were read and differ.
        return complain(str(exc), exc.advice or "darwinflow diff --help", EXIT_USAGE)


def _compared(args: argparse.Namespace) -> int:
    if args.before == args.after == STDIN:
        return complain("standard input can be one of the two, not both", "darwinflow diff A -", EXIT_USAGE)
    before, after = _side(args.before), _side(args.after)
    edits = None if args.text else _edits(before, after, is_needed=args.graph)
    lines = None if args.graph else list(_unified(before, after))
    is_same = edits is not None and edits.is_none if args.graph else before.text == after.text
    if args.json:
        print(json.dumps(_as_json(before, after, edits, lines, is_same=is_same)))
    else:
        for line in _shown(edits, lines, terminal_of()):
            print(line)
    return EXIT_OK if is_same else EXIT_NO


def _side(name: str) -> Side:
    """Raises `DarwinFlowError`."""
    if name == STDIN:
        return Side("standard input", _stdin())
    if os.path.isfile(name) or os.sep in name or name.endswith((".yaml", ".yml")):
        return Side(name, text_of(name))
    from darwinflow.cli.published import named, published
    from darwinflow.cli.session import open_session

    wanted = named(name)
    with open_session(wanted.path) as client:
        answer = published(client, wanted)
    version = answer["version"]
    if version["damage"]:
        from darwinflow.cli.damage import warn_of

        warn_of([version["damage"]])
    return Side(f"{version['workflow']}@{version['version']}", answer["text"])


def _stdin() -> str:
    from darwinflow.document.content import read_stream

    try:
        return read_stream(sys.stdin.buffer, "standard input").decode()
    except OSError as exc:
        raise NameRefused(f"standard input is not read: {exc.strerror}", hint="name a file instead") from exc
    except UnicodeDecodeError as exc:
        raise NameRefused(
            f"standard input is not UTF-8 at byte {exc.start}", hint="give it as UTF-8"
        ) from exc


def _edits(before: Side, after: Side, *, is_needed: bool) -> "GraphEdits | None":
    """None, with a word on standard error, where one of them holds no workflow. Raises `NameRefused` if *is_needed*."""
    from darwinflow.graph.edits import edits_between

    graphs = [_graph(side) for side in (before, after)]
    for side, graph in zip((before, after), graphs, strict=True):
        if graph is None:
            told = f"'{side.name}' holds no workflow, so there are no edits of a graph"
            if is_needed:
                raise NameRefused(told, hint=f"darwinflow diff --text {before.name} {after.name}")
            say(f"warning: {told}", sys.stderr)
            return None
    one, other = graphs
    assert one is not None
    assert other is not None
    return edits_between(one, other)


def _graph(side: Side) -> "Instance | None":
    from darwinflow.document.document import Document
    from darwinflow.document.problem import WARNINGS
    from darwinflow.projection.instance import instance_of

    document = Document.parse(side.text)
    errors = [problem for problem in document.problems() if problem.code not in WARNINGS]
    if errors:
        line = errors[0].span.line + 1
        say(
            f"warning: '{side.name}' is no whole YAML (line {line}): edits of the graph are of what can be read",
            sys.stderr,
        )
    return instance_of(document.data(0)) if document.roots else None


def _unified(before: Side, after: Side) -> Iterator[str]:
    """Lines of a unified diff, without their ends."""
    if before.text == after.text:
        return
    from difflib import unified_diff

    for line in unified_diff(_lines(before.text), _lines(after.text), before.name, after.name):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _lines(text: str) -> list[str]:
    """With their ends; a carriage return is part of its line, so that a change of line ends is seen."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def _shown(edits: "GraphEdits | None", lines: list[str] | None, terminal: Terminal) -> Iterator[str]:
    from darwinflow.cli.edit_words import STYLES, lines_of

    if edits is not None:
        for line in lines_of(edits):
            shown = terminal.row(line, terminal.width)
            yield terminal.paint(shown, STYLES.get(line[:1], "")) if line[:1] in STYLES else shown
        if lines and edits.is_none:
            yield terminal.paint("the graphs are the same; comments, layout or order differ", "quiet")
        if lines:
            yield ""
    for line in lines or ():
        shown = "\t".join(map(harmless, line.split("\t")))
        style = _LINE_STYLES.get(line[:1])
        yield terminal.paint(shown, style) if style else shown


def _as_json(
    before: Side, after: Side, edits: "GraphEdits | None", lines: list[str] | None, *, is_same: bool
) -> dict[str, Any]:
    from darwinflow.cli.edit_words import json_of

    return {
        "before": before.name,
        "after": after.name,
        "same": is_same,
        **({} if edits is None else {"graph": json_of(edits)}),
        **({} if lines is None else {"text": lines}),
    }
