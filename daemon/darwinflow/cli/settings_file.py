"""Checks the settings files of the workspaces whose workflows are looked at."""

import os

from darwinflow.check.finding import ERROR, Finding
from darwinflow.cli.findings import FileReport
from darwinflow.cli.folder import from_here
from darwinflow.cli.workflow_files import Workspaces
from darwinflow.document.content import read_content
from darwinflow.document.lines import Lines
from darwinflow.model.span import Span
from darwinflow.recorder.paths import MAX_SETTINGS_BYTES, SETTINGS_NAME
from darwinflow.settings.fault import INVALID
from darwinflow.settings.workspace import WorkspaceSettings, parse


def settings_reports(workspaces: Workspaces) -> list[FileReport]:
    """Settings files in which something is wrong."""
    reports: list[FileReport] = []
    for folder, settings in workspaces.read():
        path = from_here(os.path.join(folder, SETTINGS_NAME))
        findings = _findings(settings)
        if findings:
            text = workspaces.of(os.path.join(folder, "x")).settings or ""
            reports.append(FileReport(path, Lines.of(text), findings))
        elif os.path.isfile(path) and workspaces.of(os.path.join(folder, "x")).settings is None:
            finding = Finding(INVALID, ERROR, Span(0, 0, 0, 0), f"this file does not count: {_why_not(path)}")
            reports.append(FileReport(path, Lines.of(""), (finding,)))
    return reports


def _why_not(path: str) -> str:
    """What is wrong with a settings file that cannot be taken."""
    try:
        content = read_content(path)
    except OSError as exc:
        return f"it cannot be read: {exc.strerror}"
    if len(content) > MAX_SETTINGS_BYTES:
        return f"it is longer than {MAX_SETTINGS_BYTES >> 20} MiB"
    return "it is no UTF-8"


def mended_settings(workspaces: Workspaces) -> dict[str, tuple[str, int]]:
    """The texts of settings files that fixes change, by path, each with the number of findings that are gone."""
    from darwinflow.check.fixes import fixable, fixed
    from darwinflow.document.document import Document

    found: dict[str, tuple[str, int]] = {}
    for report in settings_reports(workspaces):
        chosen = fixable(report.findings)
        if not chosen:
            continue
        text = fixed(Document.parse(report.lines.text()), chosen).lines.text()
        left = len(_findings(parse(text, "")))
        if left < len(report.findings):
            found[report.path] = (text, len(report.findings) - left)
    return found


def _findings(settings: WorkspaceSettings) -> tuple[Finding, ...]:
    if not settings.problems and not settings.codes:
        return ()
    from darwinflow.check.rules.settings_invalid import settings_invalid  # with all other rules

    return tuple(settings_invalid(settings))
