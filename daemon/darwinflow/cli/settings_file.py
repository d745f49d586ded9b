"""Checks the settings files of the workspaces whose workflows are looked at."""

import os
from collections.abc import Sequence
from typing import Final

from darwinflow.check.finding import ERROR, HINT, Finding
from darwinflow.cli.findings import FileReport
from darwinflow.cli.folder import from_here
from darwinflow.cli.workflow_files import WorkflowFile, Workspaces
from darwinflow.document.content import leads_out, read_content
from darwinflow.document.document import Document
from darwinflow.document.lines import Lines
from darwinflow.model.span import Span
from darwinflow.recorder.paths import MAX_SETTINGS_BYTES, SETTINGS_NAME
from darwinflow.settings.fault import INVALID
from darwinflow.settings.patterns import matcher
from darwinflow.settings.places import key_span, value_span
from darwinflow.settings.reading import MAX_FAULTS
from darwinflow.settings.workspace import WorkspaceSettings, parse

UNUSED: Final = "unused-suppression"


def settings_reports(workspaces: Workspaces, whole: Sequence[WorkflowFile] = ()) -> list[FileReport]:
    """Settings files in which something is wrong.

    *whole*: all files of a workspace, where all were looked at; what names none of them is told then.
    """
    reports: list[FileReport] = []
    for folder, settings in workspaces.read():
        path = from_here(os.path.join(folder, SETTINGS_NAME))
        inner = [file.inner_path for file in whole if file.folder == folder]
        findings = (
            *_findings(settings, folder),
            *(_unused(settings, inner, workspaces, folder) if inner else ()),
        )
        if findings:
            text = workspaces.of(os.path.join(folder, "x")).settings or ""
            reports.append(FileReport(path, Lines.of(text), findings))
        elif os.path.isfile(path) and workspaces.of(os.path.join(folder, "x")).settings is None:
            finding = Finding(INVALID, ERROR, Span(0, 0, 0, 0), f"this file does not count: {_why_not(path)}")
            reports.append(FileReport(path, Lines.of(""), (finding,)))
    return reports


def _unused(
    settings: WorkspaceSettings, inner: Sequence[str], workspaces: Workspaces, folder: str
) -> list[Finding]:
    """A hint for each pattern of `ignore`, `severity` and `graph-types` that fits none of the files *inner* the workspace."""
    named = [("ignore", *one) for one in settings.ignored] + [
        ("severity", *one) for one in settings.severity_by_path
    ]
    found: list[Finding] = []
    document: Document | None = None
    for key, code, patterns, _ in named:
        if len(found) >= MAX_FAULTS:
            break
        for index, pattern in enumerate(patterns):
            if len(found) >= MAX_FAULTS or any(map(matcher([pattern]), inner)):
                continue
            document = document or Document.parse(workspaces.of(os.path.join(folder, "x")).settings or "")
            span = key_span(document, (key, code, pattern))
            if key == "ignore":
                span = value_span(document, (key, code, index))
                if span == key_span(document, (key, code)):  # one pattern, and no list of them
                    span = value_span(document, (key, code))
            what = "so nothing is ignored there" if key == "ignore" else "so no severity changes"
            found.append(Finding(UNUSED, HINT, span, f"no file of the workspace fits '{pattern}', {what}"))
    if not found:
        return []
    from darwinflow.check.engine import weighed  # with all rules

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
        text = fixed(Document.parse(report.lines.text()), chosen).lines.text()
        left = len(_findings(parse(text, ""), os.path.dirname(os.path.abspath(report.path))))
        if left < len(report.findings):
            found[report.path] = (text, len(report.findings) - left)
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
