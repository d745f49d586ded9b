"""Find what is wrong in workflow files; no daemon needed."""

import argparse
import gc
import os
import sys
import time
from typing import Any

from darwinflow.cli.broken_types import broken_types
from darwinflow.cli.checking import Checking, Outcome
from darwinflow.cli.findings import FIXING, FileReport, Summary, summary_of, summary_text, text_of
from darwinflow.cli.folder import FolderGone, current_folder
from darwinflow.cli.formats import FORMATS, written
from darwinflow.cli.main import EXIT_NO, EXIT_USAGE, complain
from darwinflow.cli.rewriting import ChangedMeanwhile, WriteRefused, rewrite
from darwinflow.cli.settings_file import mended_settings, settings_reports
from darwinflow.cli.terminal import say, terminal_of
from darwinflow.cli.workflow_files import PathNotFound, WorkflowFile, workflow_files
from darwinflow.document.content import read_stream
from darwinflow.document.lines import Lines
from darwinflow.model.errors import DarwinFlowError
from darwinflow.recorder.paths import SETTINGS_NAME

STDIN = "-"
_MOST_PATTERNS = 5
"""Of the settings, that are told where they leave no file."""
_MOST_CHANGES = 3
"""Times that a file is mended anew because it was saved meanwhile."""
_OBJECTS_BETWEEN_COLLECTIONS = 200_000
"""What a check makes it keeps to its end, and nearly none of it in cycles: looking for them takes a third of the time."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="files, folders and patterns such as 'flows/**/*.yaml'; '-' is standard input; all of the workspace where none is given",
    )
    parser.add_argument(
        "--format",
        choices=("text", *FORMATS),
        default="text",
        help="text for people (default), or for programs",
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings, too")
    parser.add_argument("--fix", action="store_true", help="change the files where what was meant is certain")
    parser.add_argument("--stdin-path", metavar="PATH", help="where the text on standard input belongs")
    parser.add_argument("--watch", action="store_true", help="check again what changes, until Ctrl-C")
    parser.add_argument("--no-cache", action="store_true", help="check files again that have not changed")


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 no error, 1 errors (or warnings with --strict), 2 wrong usage."""
    refusal = _refusal(args)
    if refusal is not None:
        return complain(*refusal, EXIT_USAGE)
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)
    checking = Checking(os.environ, is_cached=not args.no_cache)
    try:
        if args.watch:
            from darwinflow.cli.watching import watch

            return watch(args, checking)
        if STDIN in args.paths:
            return _check_stdin(args, checking)
        reports, summary = reports_of(args, checking)
        return _told(args, reports, summary, _nothing_text(args.paths, checking))
    except PathRefused as exc:
        return complain(str(exc), exc.advice, EXIT_USAGE)


class PathRefused(DarwinFlowError):
    """A path on the command line names nothing that could be checked."""

    code = 1103


def _refusal(args: argparse.Namespace) -> tuple[str, str] | None:
    """What is wrong with the arguments together, and what to try."""
    if STDIN in args.paths and len(args.paths) > 1:
        return "standard input is checked alone", "darwinflow check - --stdin-path flows/new.yaml"
    if args.stdin_path is not None and STDIN not in args.paths:
        return "--stdin-path names the text on standard input, which is read for '-'", "darwinflow check -"
    if args.watch and (STDIN in args.paths or args.format != "text"):
        return "--watch follows files and prints text", "darwinflow check --watch flows"
    return None


def reports_of(args: argparse.Namespace, checking: Checking) -> tuple[list[FileReport], Summary]:
    """What is wrong in every file that the arguments name; with --fix the files are mended.

    Raises `PathRefused`.
    """
    started = time.perf_counter()
    try:
        files = workflow_files(args.paths, checking.workspaces, with_stored=True)
    except (PathNotFound, FolderGone) as exc:
        raise PathRefused(str(exc), hint=exc.advice) from exc
    files = [file for file in files if os.path.basename(file.path) != SETTINGS_NAME]
    mended, unwritten = _mend_settings(checking) if args.fix else (0, 0)
    files = [*broken_types(files, checking), *files]
    outcomes = checking.outcomes(files, fix=args.fix)
    for number, outcome in enumerate(outcomes):
        if outcome.verdict.text is not None:
            written = _written(outcome, checking)
            unwritten += not written
            outcomes[number : number + 1] = written or checking.outcomes([outcome.file])
    whole = None if args.paths else files
    reports = settings_reports(checking.workspaces, whole) + [_report(outcome) for outcome in outcomes]
    mended += sum(outcome.verdict.mended for outcome in outcomes)
    return reports, summary_of(
        reports,
        mended,
        time.perf_counter() - started,
        unevaluated=checking.unevaluated,
        unwritten=unwritten,
        were_fixed=args.fix,
    )


def _mend_settings(checking: Checking) -> tuple[int, int]:
    """Mend the settings files first, because they decide what holds for the others.

    Returns how many findings are gone, and how many files could not be written.
    """
    found = mended_settings(checking.workspaces)
    mended: dict[str, int] = {}
    for path, (text, count) in found.items():
        before = checking.workspaces.of(path).settings or ""
        try:
            rewrite(path, before.encode(), text, os.path.dirname(os.path.abspath(path)))
            mended[path] = count
        except WriteRefused as exc:
            complain(str(exc), exc.advice)
    if mended:
        folders = [folder for folder, _ in checking.workspaces.read()]
        checking.renewed()
        for folder in folders:
            checking.workspaces.settings(checking.workspaces.of(os.path.join(folder, "x")))
    return sum(mended.values()), len(found) - len(mended)


def _written(outcome: Outcome, checking: Checking) -> list[Outcome]:
    """*outcome* once its text is in its file, or what took its place; none where the file is left, which is said.

    A file that somebody has saved since it was read is checked and mended anew.
    """
    changes = 0
    while outcome.verdict.text is not None:
        try:
            rewrite(outcome.file.path, outcome.content, outcome.verdict.text, outcome.file.folder)
            break
        except ChangedMeanwhile as exc:
            changes += 1
            found = checking.outcomes([outcome.file], fix=True) if changes < _MOST_CHANGES else []
            if not found:
                complain(str(exc), exc.advice)
                return []
            (outcome,) = found
        except WriteRefused as exc:
            complain(str(exc), exc.advice)
            return []
    return [outcome]


def _report(outcome: Outcome) -> FileReport:
    text = outcome.verdict.text
    if text is None:
        text = outcome.content.decode("utf-8", "replace")
    return FileReport(outcome.file.path, Lines.of(text), outcome.verdict.findings)


def _check_stdin(args: argparse.Namespace, checking: Checking) -> int:
    """With --fix the mended text goes to standard output, and the findings to standard error."""
    started = time.perf_counter()
    path = args.stdin_path or "<stdin>"
    place = args.stdin_path or os.path.join(current_folder(), path)
    workspace = checking.workspaces.of(place)
    checking.workspaces.settings(workspace)
    file = WorkflowFile(path, is_named=True, folder=workspace.folder)
    try:
        content = read_stream(sys.stdin.buffer, path)
    except OSError as exc:
        return complain(
            f"standard input is not read: {exc.strerror}", "darwinflow check -, with one document", EXIT_NO
        )
    checking.given[path] = content
    (outcome,) = checking.outcomes([file], fix=args.fix)
    types = checking.outcomes(broken_types([file], checking))
    reports = [*settings_reports(checking.workspaces), *map(_report, types), _report(outcome)]
    summary = summary_of(
        reports,
        outcome.verdict.mended,
        time.perf_counter() - started,
        unevaluated=checking.unevaluated,
        were_fixed=args.fix,
    )
    if not args.fix:
        return _told(args, reports, summary)
    text = outcome.verdict.text
    sys.stdout.buffer.write(content if text is None else text.encode())
    return _told(args, reports, summary, to_stderr=True)


def _told(
    args: argparse.Namespace,
    reports: list[FileReport],
    summary: Summary,
    nothing: str = "",
    *,
    to_stderr: bool = False,
) -> int:
    """*nothing*: what is said where there is no file."""
    stream: Any = sys.stderr if to_stderr else sys.stdout
    if args.format != "text":
        text = written(args.format, reports, summary, strict=args.strict)
        stream.buffer.write(text.encode() + b"\n")  # in UTF-8 wherever it goes
    else:
        terminal = terminal_of(stream)
        for report in reports:
            for line in text_of(report, terminal):
                print(line, file=stream)
        if any(report.findings for report in reports):
            print(file=stream)
        fixing = f"{FIXING} -" if STDIN in args.paths else FIXING
        say(summary_text(summary, fixing) if reports else nothing, stream)
    return exit_code(args, summary)


def exit_code(args: argparse.Namespace, summary: Summary) -> int:
    return 1 if summary.errors or summary.unwritten or (args.strict and summary.warnings) else 0


def _nothing_text(paths: list[str], checking: Checking) -> str:
    where = " or ".join(f"'{path}'" for path in paths) or "this workspace"
    chosen = [
        f"'{pattern}'" for _, settings in checking.workspaces.read() for pattern in settings.workflow_files
    ]
    if chosen:
        return (
            f"No workflows in {where}: {SETTINGS_NAME} looks only at {' and '.join(chosen[:_MOST_PATTERNS])}"
        )
    return f"No workflows in {where}: a workflow is a YAML mapping with 'id', 'nodes' and 'edges'. See some: darwinflow demo DIR"
