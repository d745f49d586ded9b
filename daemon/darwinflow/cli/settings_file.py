"""Checks the settings files of the workspaces whose workflows are looked at."""

import os
from collections.abc import Sequence

from darwinflow.check.finding import ERROR, Finding
from darwinflow.cli.findings import FileReport
from darwinflow.cli.folder import from_here
from darwinflow.cli.unused_patterns import missing_folder, unused_patterns
from darwinflow.cli.workflow_files import WorkflowFile, Workspaces
from darwinflow.document.content import leads_out, read_content
from darwinflow.document.document import Document
from darwinflow.document.lines import Lines
from darwinflow.model.span import Span
from darwinflow.recorder.paths import MAX_SETTINGS_BYTES, SETTINGS_NAME
from darwinflow.settings.fault import INVALID
from darwinflow.settings.workspace import WorkspaceSettings, parse


def settings_reports(workspaces: Workspaces, whole: Sequence[WorkflowFile] | None = None) -> list[FileReport]:
    """Settings files in which something is wrong.

    *whole*: all files of a workspace, where all were looked at; what names none of them is told then.
    """
    reports: list[FileReport] = []
    for folder, settings in workspaces.read():
        path = from_here(os.path.join(folder, SETTINGS_NAME))
        text = workspaces.of(os.path.join(folder, "x")).settings
        findings = list(_findings(settings, folder))
        if text is not None:
            leading_nowhere = missing_folder(settings, folder, text)
            if whole is not None and settings.has_patterns:
                inner = [file.inner_path for file in whole if file.folder == folder]
                leading_nowhere += unused_patterns(settings, inner, text)
            findings += _weighed(leading_nowhere, settings)
        if findings:
            reports.append(FileReport(path, Lines.of(text or ""), tuple(findings)))
        elif os.path.isfile(path) and text is None:
            finding = Finding(INVALID, ERROR, Span(0, 0, 0, 0), f"this file does not count: {_why_not(path)}")
            reports.append(FileReport(path, Lines.of(""), (finding,)))
    return reports


def _weighed(found: list[Finding], settings: WorkspaceSettings) -> list[Finding]:
    if not found:
        return []
    from darwinflow.check.weighing import weighed

    return weighed(found, settings)


def _why_not(path: str) -> str:
    """What is wrong with a settings file that cannot be taken."""
    try:
        content = read_content(path)
    except OSError as exc:
        return f"it cannot be read: {exc.strerror}"
    if leads_out(path, os.path.dirname(os.path.abspath(path))):
        return "it is a link out of the workspace"
    if len(content) > MAX_SETTINGS_BYTES:
        return f"it is longer than {MAX_SETTINGS_BYTES >> 20} MiB"
    return "it is no UTF-8"


def mended_settings(workspaces: Workspaces) -> dict[str, tuple[str, int]]:
    """The texts of settings files that fixes change, by path, each with the number of findings that are gone."""
    from darwinflow.check.fixes import fixable, fixed

    found: dict[str, tuple[str, int]] = {}
    for report in settings_reports(workspaces):
        chosen = fixable(report.findings)
        if not chosen:
            continue
        folder = os.path.dirname(os.path.abspath(report.path))
        old = report.lines.text()
        text = fixed(Document.parse(old), chosen).lines.text()
        before, left = (len(_findings(parse(one, ""), folder)) for one in (old, text))
        if left < before:
            found[report.path] = (text, before - left)
    return found


def _findings(settings: WorkspaceSettings, folder: str) -> tuple[Finding, ...]:
    if not settings.problems and not settings.codes and not settings.graph_types_named:
        return ()
    from darwinflow.check.rules.settings_invalid import settings_invalid  # with all other rules

    if not settings.graph_types_named:
        return tuple(settings_invalid(settings))
    from darwinflow.catalog.catalog import Catalog
    from darwinflow.check.settings_files import types_named_in

    return tuple(settings_invalid(settings, types_named_in(settings, folder, Catalog.bundled())))
