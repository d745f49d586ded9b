"""JUnit's XML: a suite a file, a case a finding. What does not fail the check is no failure there."""

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from darwinflow.check.finding import Finding
from darwinflow.cli.findings import FileReport, Summary
from darwinflow.cli.formats import STEERING, readable

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


def written(reports: list[FileReport], summary: Summary, *, strict: bool) -> str:
    suites = [_suite(report, strict=strict) for report in reports]
    tests = sum(len(cases) for _, cases, _ in suites)
    failures = sum(count for _, _, count in suites)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="darwinflow" tests="{tests}" failures="{failures}" errors="0" time="{summary.seconds:.3f}">',
    ]
    for path, cases, failed in suites:
        name = _attribute(path)
        lines.append(f'  <testsuite name={name} tests="{len(cases)}" failures="{failed}" errors="0">')
        lines += cases
        lines.append("  </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines)


def _suite(report: FileReport, *, strict: bool) -> tuple[str, list[str], int]:
    """The file, its cases and how many of them have failed. A file without findings has one case."""
    if not report.findings:
        return report.path, [f'    <testcase classname={_attribute(report.path)} name="check"/>'], 0
    cases = ["\n".join(_case(report.path, finding, strict=strict)) for finding in report.findings]
    return report.path, cases, sum(_fails(finding, strict=strict) for finding in report.findings)


def _case(path: str, finding: Finding, *, strict: bool) -> Iterator[str]:
    place = f"{finding.span.line + 1}:{finding.span.column + 1}"
    said = f"{path}:{place}: {finding.severity}: {finding.message} [{finding.code}]"
    yield (
        f"    <testcase classname={_attribute(path)} name={_attribute(f'{finding.code} {place}')}"
        f' file={_attribute(path)} line="{finding.span.line + 1}">'
    )
    if _fails(finding, strict=strict):
        yield f'      <failure type="{finding.severity}" message={_attribute(finding.message)}>{_text(said)}</failure>'
    else:
        yield f"      <system-out>{_text(said)}</system-out>"
    yield "    </testcase>"


def _fails(finding: Finding, *, strict: bool) -> bool:
    return finding.severity == "error" or (strict and finding.severity == "warning")


def _text(text: str) -> str:
    return _referred(escape(_FORBIDDEN.sub("\ufffd", readable(text))))


def _attribute(text: str) -> str:
    return _referred(quoteattr(_FORBIDDEN.sub("\ufffd", readable(text))))


def _referred(text: str) -> str:
    """*text* with references for what would steer a terminal; they say the same."""
    return STEERING.sub(lambda found: f"&#{ord(found[0])};", text)
