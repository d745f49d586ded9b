"""`check --watch`: checks again what changes and prints what is new, until Ctrl-C."""

import argparse
import os
import time
from collections.abc import Iterator

from darwinflow.check.finding import Finding
from darwinflow.cli.check import PathRefused, reports_of
from darwinflow.cli.checking import Checking
from darwinflow.cli.findings import FileReport, Summary, safe, summary_text, text_of
from darwinflow.cli.folder import current_folder
from darwinflow.cli.main import EXIT_INTERRUPTED
from darwinflow.cli.terminal import Terminal, say, terminal_of
from darwinflow.document.content import leads_out

_SUFFIXES = (".yaml", ".yml")
_STEP_MS = 50
"""An editor writes a file in several steps; when nothing has come for this long it is read."""
_SETTLING_MS = 2_000
"""What changed while the watch was being set up is found this much later."""

Told = dict[str, tuple[Finding, ...]]


def watch(args: argparse.Namespace, checking: Checking) -> int:
    """Check everything that *args* name, then again whenever a YAML file there changes; ends with 130.

    Raises `PathRefused` where they name nothing to begin with; a path that vanishes later is waited for.
    """
    terminal = terminal_of()
    reports, summary = reports_of(args, checking)
    told = _print(reports, {}, summary, terminal)
    try:
        for _ in _changes(_folders(args.paths, checking)):
            checking.renewed()
            try:
                reports, summary = reports_of(args, checking)
            except PathRefused as exc:
                say(f"error: {exc}", now=True)
                continue
            told = _print(reports, told, summary, terminal)
    except KeyboardInterrupt:
        print(f"\nstopped; {summary_text(summary)}")
    return EXIT_INTERRUPTED


def _print(reports: list[FileReport], told: Told, summary: Summary, terminal: Terminal) -> Told:
    """Print the findings of files where they are not as *told*, and how much there is in all."""
    for report in reports:
        known = told.get(report.path, ())
        if report.findings == known:
            continue
        for line in text_of(report, terminal):
            print(line)
        if not report.findings:
            print(f"{safe(report.path)}: no findings left")
    left = {report.path for report in reports}
    for path, findings in told.items():
        if findings and path not in left:
            print(f"{safe(path)}: no longer there")
    print(terminal.paint(time.strftime("%H:%M:%S"), "quiet"), summary_text(summary), flush=True)
    return {report.path: report.findings for report in reports}


def _folders(paths: list[str], checking: Checking) -> list[str]:
    """What is to be watched: the workspaces as a whole, as settings, graph types and other workflows decide, too.

    And folders, since an editor replaces a file by another one of its name.
    """
    found: dict[str, None] = {}
    for path in paths or [current_folder()]:
        folder = path
        while not os.path.isdir(folder):
            folder = os.path.dirname(folder) or os.curdir
        workspace = checking.workspaces.of(os.path.join(folder, "x")).folder
        found[workspace] = None
        if leads_out(folder, workspace) and os.path.realpath(folder) != os.path.realpath(workspace):
            found[folder] = None
    return list(found)


def _may_matter(path: str, *, is_written: bool) -> bool:
    """Whether it is a YAML file, or a folder that came or went with what is in it; one that is gone has no dot in its name."""
    if path.endswith(_SUFFIXES):
        return True
    return not is_written and (os.path.isdir(path) or "." not in os.path.basename(path))


def _changes(folders: list[str]) -> Iterator[None]:
    """Comes back whenever YAML files have changed, and once when the watch stands."""
    from watchfiles import Change, DefaultFilter
    from watchfiles import watch as watched
    from watchfiles._rust_notify import WatchfilesRustInternalError

    class Workflows(DefaultFilter):
        """What may hold a workflow, a graph type or settings."""

        def __call__(self, change: Change, path: str) -> bool:
            return _may_matter(path, is_written=change is Change.modified) and super().__call__(change, path)

    polls: bool | None = None
    while True:
        is_settled = False
        try:
            for changes in watched(
                *folders,
                watch_filter=Workflows(),
                step=_STEP_MS,
                rust_timeout=_SETTLING_MS,
                yield_on_timeout=True,
                force_polling=polls,
            ):
                if changes or not is_settled:
                    yield
                is_settled = True
        except WatchfilesRustInternalError as exc:
            # It takes no name that is no UTF-8, and would be told of one whenever that file is read; where it
            # looks for itself, only when the file has changed.
            if "decode" not in str(exc):
                raise
            polls = True
        else:
            return
