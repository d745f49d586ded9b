"""Bring workflow files into style; no daemon needed."""

import argparse
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from darwinflow.catalog.own_files import contents_of
from darwinflow.cli.findings import safe
from darwinflow.cli.folder import FolderGone, current_folder
from darwinflow.cli.main import EXIT_NO, EXIT_OK, EXIT_USAGE, complain
from darwinflow.cli.rewriting import WriteRefused, rewrite
from darwinflow.cli.terminal import Terminal, terminal_of
from darwinflow.cli.workflow_files import PathNotFound, WorkflowFile, Workspaces, workflow_files
from darwinflow.document.content import read_content, read_stream
from darwinflow.document.document import Document
from darwinflow.document.formatting.formatting import applied, formatting
from darwinflow.document.formatting.style import Style
from darwinflow.projection.detect import Selection, graph_type_of, selection
from darwinflow.recorder.paths import SETTINGS_NAME
from darwinflow.settings.workspace import WorkspaceSettings

if TYPE_CHECKING:
    from darwinflow.catalog.catalog import Catalog

STDIN = "-"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files, folders and patterns; '-' is standard input; all of the workspace where none is given",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail where something would change"
    )
    parser.add_argument(
        "--diff", action="store_true", help="change nothing; show what would change, and fail"
    )
    parser.add_argument("--stdin-path", metavar="PATH", help="where the text on standard input belongs")
    parser.epilog = (
        "A workspace may choose in its .darwinflow.yaml: 'format: {lists: flush}' lets dashes stand below their key, "
        "'format: {order: {workflow: [id, version], node: [id, type]}}' puts keys in order."
    )


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 all is in style now, 1 something is not (or was left as it is), 2 wrong usage."""
    workspaces = Workspaces()
    if STDIN in args.paths:
        if len(args.paths) > 1:
            return complain("standard input is formatted alone", "darwinflow fmt -", EXIT_USAGE)
        return _format_stdin(args, _style(args.stdin_path or os.path.join(current_folder(), "x"), workspaces))
    if args.stdin_path is not None:
        return complain(
            "--stdin-path names the text on standard input, which is read for '-'",
            "darwinflow fmt -",
            EXIT_USAGE,
        )
    try:
        files = workflow_files(args.paths, workspaces)
    except (PathNotFound, FolderGone) as exc:
        return complain(str(exc), exc.advice, EXIT_USAGE)
    is_dry = _is_dry(args)
    changed = same = left = 0
    for file in files:
        found = _formatted(file, workspaces.settings(workspaces.of(file.path)))
        if found is None:
            continue
        if found.refusal:
            left += 1
            print(safe(file.path + found.refusal), file=sys.stderr)
        elif found.after == found.before:
            same += 1
        elif is_dry or _is_written(file, found):
            changed += 1
            _tell(args, file.path, found)
        else:
            left += 1
    print(_summary(changed, same, left, is_dry=is_dry), file=sys.stderr if args.diff else sys.stdout)
    return EXIT_NO if left or (changed and is_dry) else EXIT_OK


class _Formatted(NamedTuple):
    before: str
    after: str
    refusal: str
    """`:line:column: why`, empty where the text was formatted."""


def _is_dry(args: argparse.Namespace) -> bool:
    return bool(args.check or args.diff)


def _style(path: str, workspaces: Workspaces) -> Style:
    return workspaces.settings(workspaces.of(path)).style


def _formatted(file: WorkflowFile, settings: WorkspaceSettings) -> _Formatted | None:
    """None for a file that holds no workflow and was not named."""
    if os.path.basename(file.path) == SETTINGS_NAME and not file.is_named:
        return None
    if file.is_stored:
        return _Formatted("", "", ": left as it is: a published version never changes")
    try:
        text = read_content(file.path).decode()
    except OSError as exc:
        return _Formatted("", "", f": left as it is: it cannot be read: {exc.strerror}")
    except UnicodeDecodeError as exc:
        return _Formatted("", "", f": left as it is: byte {exc.start} is no UTF-8")
    document = Document.parse(text)
    if not file.is_named:
        beside = _beside(file, settings)
        if all(graph_type_of(document, at, beside) is None for at in range(len(document.roots))):
            return None
    return _of_text(document, text, settings.style)


def _beside(file: WorkflowFile, settings: WorkspaceSettings) -> Selection:
    """What says beside the text of *file* of which graph type it is."""
    return selection(_own_types(file.folder, settings.graph_types_path), settings.at(file.inner_path))


@cache
def _own_types(folder: str, graph_types_path: str) -> "Catalog | None":
    """The graph types of a workspace; None where it has none of its own."""
    if not contents_of(folder, graph_types_path):
        return None
    from darwinflow.catalog.catalog import Catalog
    from darwinflow.catalog.workspace import for_workspace

    return for_workspace(folder, graph_types_path, Catalog.bundled()).catalog


def _of_text(document: Document, text: str, style: Style) -> _Formatted:
    found = formatting(document, style)
    if found.refusal is not None:
        line, column = found.refusal.span[:2]
        return _Formatted(text, text, f":{line + 1}:{column + 1}: left as it is: {found.refusal.message}")
    return _Formatted(text, applied(document.lines, found.edits) if found.edits else text, "")


def _is_written(file: WorkflowFile, found: _Formatted) -> bool:
    """Write the file, or say why it is left."""
    try:
        rewrite(file.path, found.before.encode(), found.after, file.folder)
    except WriteRefused as exc:
        complain(str(exc), exc.advice)
        return False
    return True


def _tell(args: argparse.Namespace, path: str, found: _Formatted) -> None:
    """Say what was written, or would be."""
    if args.diff:
        for line in _diff(path, found, terminal_of()):
            print(line)
    elif args.check:
        print(f"{safe(path)} is not in style")
    else:
        print(f"{safe(path)} formatted")


def _format_stdin(args: argparse.Namespace, style: Style) -> int:
    path = args.stdin_path or "<stdin>"
    try:
        content = read_stream(sys.stdin.buffer, path)
    except OSError as exc:
        return complain(
            f"standard input is not read: {exc.strerror}", "darwinflow fmt -, with one document", EXIT_NO
        )
    try:
        text = content.decode()
    except UnicodeDecodeError as exc:
        found = _Formatted("", "", f": left as it is: byte {exc.start} is no UTF-8")
    else:
        found = _of_text(Document.parse(text), text, style)
    if found.refusal:
        print(safe(path + found.refusal), file=sys.stderr)
    if not _is_dry(args):
        sys.stdout.buffer.write(content if found.refusal else found.after.encode())
    elif found.after != found.before:
        _tell(args, path, found)
    return EXIT_NO if found.refusal or (_is_dry(args) and found.after != found.before) else EXIT_OK


def _diff(path: str, found: _Formatted, terminal: Terminal) -> Iterator[str]:
    from difflib import unified_diff

    styles = {"+": "good", "-": "bad", "@": "quiet"}
    before, after = found.before.splitlines(), found.after.splitlines()
    for line in unified_diff(before, after, path, path, lineterm=""):
        shown = safe(line)
        style = styles.get(line[:1])
        yield terminal.paint(shown, style) if style else shown
    if found.after.endswith(("\n", "\r")) != found.before.endswith(("\n", "\r")):
        yield "\\ the last line gets a line end"


def _summary(changed: int, same: int, left: int, *, is_dry: bool) -> str:
    if not changed and not same and not left:
        return "no workflows"
    parts = [] if is_dry or not changed else [f"{changed} formatted"]
    if same:
        parts.append(f"{same} in style")
    if left:
        parts.append(f"{left} left as {'it is' if left == 1 else 'they are'}")
    if is_dry and changed:
        parts.append(f"{changed} would change: darwinflow fmt")
    return ", ".join(parts)
