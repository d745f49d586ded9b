"""Patterns and folders of a settings file that lead nowhere: what somebody wrote them for does not happen."""

import os
from collections.abc import Iterator, Sequence
from typing import Final

from darwinflow.check.finding import ERROR, HINT, WARNING, Finding, Severity
from darwinflow.document.document import Document
from darwinflow.model.span import Span
from darwinflow.settings.fault import INVALID
from darwinflow.settings.patterns import matcher
from darwinflow.settings.places import Path, key_span, value_span
from darwinflow.settings.reading import MAX_FAULTS
from darwinflow.settings.workspace import WorkspaceSettings, defaults

UNUSED: Final = "unused-suppression"
_USUAL_TYPES: Final = defaults("").graph_types_path


def missing_folder(settings: WorkspaceSettings, folder: str, text: str) -> list[Finding]:
    """That the folder of graph types, which the settings *text* of the workspace *folder* name, is not there."""
    path = settings.graph_types_path
    if path == _USUAL_TYPES or os.path.isdir(os.path.join(folder, path)):
        return []
    document = Document.parse(text)
    span = value_span(document, ("graph-types", "path"))
    if span == key_span(document, ("graph-types",)):  # the folder alone
        span = value_span(document, ("graph-types",))
    return [
        Finding(INVALID, WARNING, span, f"there is no folder '{path}', so no graph types are taken from it")
    ]


def unused_patterns(settings: WorkspaceSettings, inner: Sequence[str], text: str) -> list[Finding]:
    """A finding for each pattern in the settings *text* that fits none of the files *inner* the workspace."""
    document = Document.parse(text)
    at_fault = {problem.span for problem in settings.problems}
    found = [finding for finding in _unused(settings, inner, document) if finding.span not in at_fault]
    if not settings.problems:  # else places in lists are not what they were
        found += _selecting_nothing(settings, inner, document)
    return found[:MAX_FAULTS]


def _unused(settings: WorkspaceSettings, inner: Sequence[str], document: Document) -> Iterator[Finding]:
    """Of `ignore` and `severity`."""
    named = [("ignore", *one) for one in settings.ignored] + [
        ("severity", *one) for one in settings.severity_by_path
    ]
    for key, code, patterns, _ in named:
        for index, pattern in _fitting_none(patterns, inner):
            span = _in_list(document, (key, code), index)
            if key == "severity":
                span = key_span(document, (key, code, pattern))
            what = "so nothing is ignored there" if key == "ignore" else "so no severity changes"
            yield Finding(UNUSED, HINT, span, f"no file of the workspace fits '{pattern}', {what}")


def _selecting_nothing(
    settings: WorkspaceSettings, inner: Sequence[str], document: Document
) -> Iterator[Finding]:
    """Of what says which files are looked at, and as what: an error where none is looked at."""
    of_workflows = list(_fitting_none(settings.workflow_files, inner))
    severity: Severity = ERROR if len(of_workflows) == len(settings.workflow_files) else WARNING
    for index, pattern in of_workflows:
        span = _in_list(document, ("workflows", "files"), index)
        yield Finding(
            INVALID, severity, span, f"no file of the workspace fits '{pattern}', so none is checked by it"
        )
    for name, patterns in settings.graph_type_files:
        for index, pattern in _fitting_none(patterns, inner):
            span = _in_list(document, ("graph-types", "files", name), index)
            message = f"no file of the workspace fits '{pattern}', so none becomes a '{name}' by it"
            yield Finding(INVALID, WARNING, span, message)


def _fitting_none(patterns: Sequence[str], inner: Sequence[str]) -> Iterator[tuple[int, str]]:
    for index, pattern in enumerate(patterns):
        if not any(map(matcher([pattern]), inner)):
            yield index, pattern


def _in_list(document: Document, path: Path, index: int) -> Span:
    """Of one pattern, which may stand there alone."""
    span = value_span(document, (*path, index))
    return value_span(document, path) if span == key_span(document, path) else span
