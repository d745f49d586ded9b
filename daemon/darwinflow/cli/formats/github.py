"""Workflow commands of GitHub Actions, which shows them beside the lines of a pull request."""

import re
from collections.abc import Iterator

from darwinflow.check.finding import Finding
from darwinflow.cli.findings import FileReport, Summary, summary_text

_CONTROL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What would steer the terminal that shows a log: GitHub has an escape for line ends alone."""
_COMMANDS = {"error": "error", "warning": "warning", "hint": "notice"}


def written(reports: list[FileReport], summary: Summary, *, strict: bool) -> str:  # noqa: ARG001
    lines = [line for report in reports for line in _annotations(report)]
    return "\n".join([*lines, summary_text(summary)])


def _annotations(report: FileReport) -> Iterator[str]:
    for finding in report.findings:
        where = ",".join(f"{name}={_property(value)}" for name, value in _properties(report.path, finding))
        yield f"::{_COMMANDS[finding.severity]} {where}::{_message(finding.message)}"


def _properties(path: str, finding: Finding) -> Iterator[tuple[str, str]]:
    span = finding.span
    yield "file", path
    yield "line", str(span.line + 1)
    if span.end_line == span.line:
        yield "col", str(span.column + 1)
        yield "endColumn", str(span.end_column + 1)
    else:
        yield "endLine", str(span.end_line + 1)  # columns are taken within one line only
    yield "title", finding.code


def _message(text: str) -> str:
    return _CONTROL.sub("\ufffd", text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
