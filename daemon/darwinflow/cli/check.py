"""Find what is wrong in workflow files; no daemon needed."""

import argparse
import os
import sys
import time
from typing import NamedTuple

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.fixes import fixable, fixed
from darwinflow.cli.findings import FileReport, json_of, summary_of, summary_text, text_of
from darwinflow.cli.terminal import terminal_of
from darwinflow.cli.workflow_files import WorkflowFile, Workspaces, workflow_files
from darwinflow.document.document import Document
from darwinflow.document.problem import YAML_SYNTAX
from darwinflow.model.errors import DarwinFlowError
from darwinflow.model.span import Span
from darwinflow.recorder.paths import SETTINGS_NAME
from darwinflow.settings.workspace import WorkspaceSettings

_MAX_ROUNDS = 5
"""One fix may make another possible; this many times at most."""
_PATIENCE_S = 0.5
"""From then on it is said how far we are."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH", help="files and folders; all of the workspace where none is given"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="text for people (default), or JSON"
    )
    parser.add_argument("--strict", action="store_true", help="fail on warnings, too")
    parser.add_argument("--fix", action="store_true", help="change the files where what was meant is certain")


def run(args: argparse.Namespace) -> int:
    """Exit codes: 0 no error, 1 errors (or warnings with --strict), 2 wrong usage."""
    started = time.perf_counter()
    workspaces = Workspaces()
    try:
        files = workflow_files(args.paths, workspaces)
    except DarwinFlowError as exc:
        print(f"error: {exc}", file=sys.stderr)
        print(f"try: {exc.advice}", file=sys.stderr)
        return 2
    catalog = Catalog.bundled()
    reports, count = _reports(files, workspaces, catalog, fix=args.fix, started=started)
    reports = _settings_reports(workspaces) + reports
    summary = summary_of(reports, count, time.perf_counter() - started)
    if args.format == "json":
        import json

        print(json.dumps(json_of(reports, summary), ensure_ascii=False, indent=2))
    else:
        _print(reports, summary_text(summary) if reports else _nothing_text(args.paths))
    return 1 if summary.errors or (args.strict and summary.warnings) else 0


def _print(reports: list[FileReport], last: str) -> None:
    terminal = terminal_of(sys.stdout)
    for report in reports:
        for line in text_of(report, terminal):
            print(line)
    if any(report.findings for report in reports):
        print()
    print(last)


def _nothing_text(paths: list[str]) -> str:
    where = " or ".join(f"'{path}'" for path in paths) or "this workspace"
    return f"No workflows in {where}: a workflow is a YAML mapping with 'id', 'nodes' and 'edges'. See some: darwinflow demo DIR"


def _reports(
    files: list[WorkflowFile], workspaces: Workspaces, catalog: Catalog, *, fix: bool, started: float
) -> tuple[list[FileReport], int]:
    """What every file has, and how many findings were mended."""
    reports: list[FileReport] = []
    mended = 0
    shows = sys.stderr.isatty()
    for number, file in enumerate(files):
        if shows and time.perf_counter() - started > _PATIENCE_S:
            print(f"\r{number} of {len(files)} files\x1b[K", end="", file=sys.stderr, flush=True)
        if os.path.basename(file.path) == SETTINGS_NAME:
            continue
        outcome = _check_file(file, workspaces.settings(workspaces.of(file.path)), catalog, fix=fix)
        if outcome is not None:
            reports.append(outcome.report)
            mended += outcome.mended
    if shows:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    return reports, mended


class _Outcome(NamedTuple):
    report: FileReport
    mended: int


def _check_file(
    file: WorkflowFile, settings: WorkspaceSettings, catalog: Catalog, *, fix: bool
) -> _Outcome | None:
    """None for a file that holds no workflow and was not named."""
    try:
        with open(file.path, "rb") as opened:
            content = opened.read()
    except OSError as exc:
        message = f"'{file.path}' cannot be read: {exc.strerror}"
        return _Outcome(_unread(file.path, Document.parse(""), Span(0, 0, 0, 0), message), 0)
    try:
        document = Document.parse(content.decode())
    except UnicodeDecodeError as exc:
        before = Document.parse(content[: exc.start].decode())
        line = len(before.lines) - 1
        column = len(before.lines[line])
        message = f"byte {exc.start} is no UTF-8; save the file as UTF-8"
        return _Outcome(_unread(file.path, before, Span(line, column, line, column), message), 0)
    checked = check(document, catalog, settings, is_named=file.is_named)
    if not file.is_named and checked.projection is None and document.roots:
        return None
    mended = 0
    if fix:
        checked, mended = _mended(checked, catalog, settings, is_named=file.is_named)
        if mended:
            _write(file.path, checked.document.lines.text())
    return _Outcome(FileReport(file.path, checked.document.lines, checked.findings()), mended)


def _unread(path: str, document: Document, span: Span, message: str) -> FileReport:
    return FileReport(path, document.lines, (Finding(YAML_SYNTAX, ERROR, span, message),))


def _mended(
    checked: Checked, catalog: Catalog, settings: WorkspaceSettings, *, is_named: bool
) -> tuple[Checked, int]:
    count = 0
    for _ in range(_MAX_ROUNDS):
        chosen = fixable(checked.findings())
        if not chosen:
            break
        count += len(chosen)
        checked = check(fixed(checked.document, chosen), catalog, settings, is_named=is_named)
    return checked, count


def _write(path: str, text: str) -> None:
    """Replace the file as a whole, so that whoever reads it meanwhile sees the old text or the new."""
    target = os.path.realpath(path)
    draft = f"{target}.{os.getpid()}.tmp"
    mode = os.stat(target).st_mode & 0o7777
    with open(draft, "w", encoding="utf-8", newline="") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
    os.replace(draft, target)


def _settings_reports(workspaces: Workspaces) -> list[FileReport]:
    """Settings files that have faults."""
    reports: list[FileReport] = []
    for folder, settings in workspaces.read():
        if not settings.problems:
            continue
        path = os.path.relpath(os.path.join(folder, SETTINGS_NAME))
        with open(path, encoding="utf-8") as file:
            lines = Document.parse(file.read()).lines
        findings = [
            Finding(problem.code, ERROR, problem.span, problem.message, problem.related)
            for problem in settings.problems
        ]
        reports.append(FileReport(path, lines, tuple(findings)))
    return reports
