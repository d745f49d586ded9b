"""SARIF 2.1.0, which code scanning services read."""

import os
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from darwinflow.check.finding import Finding, Fix
from darwinflow.check.pages import page_of
from darwinflow.cli.findings import FileReport, Summary
from darwinflow.cli.folder import FolderGone, current_folder, from_here
from darwinflow.cli.formats import dumped
from darwinflow.model.span import Span
from darwinflow.recorder.ids import RECORDER_VERSION

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "hint": "note"}
_ROOT = "ROOT"
"""Stands for the folder that the check ran in."""


def written(reports: list[FileReport], summary: Summary, *, strict: bool) -> str:  # noqa: ARG001
    codes = {finding.code: None for report in reports for finding in report.findings}
    numbers = {code: number for number, code in enumerate(codes)}
    run = {
        "tool": {
            "driver": {
                "name": "darwinflow",
                "version": RECORDER_VERSION,
                "semanticVersion": RECORDER_VERSION,
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        **_bases(),
        "invocations": [{"executionSuccessful": True}],
        "results": [
            _result(report.path, finding, numbers) for report in reports for finding in report.findings
        ],
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _bases() -> dict[str, Any]:
    """What `_ROOT` stands for; nothing where that folder is gone, since all paths are absolute then."""
    try:
        root = current_folder()
    except FolderGone:
        return {}
    return {"originalUriBaseIds": {_ROOT: {"uri": PurePath(root).as_uri().rstrip("/") + "/"}}}


def _rule(code: str) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": code}
    page = page_of(code)
    if page is not None:
        rule["shortDescription"] = {"text": page.title}
        rule["fullDescription"] = {"text": page.meaning}
        rule["help"] = {"text": page.text, "markdown": page.text}
    return rule


def _result(path: str, finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": numbers[finding.code],
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": _place(path, finding.span)}],
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _place(path, other.span), "message": {"text": other.message}}
            for number, other in enumerate(finding.related)
        ]
    fixes = [_fix(path, fix) for fix in finding.fixes if not fix.into]
    if fixes:
        result["fixes"] = fixes
    return result


def _fix(path: str, fix: Fix) -> dict[str, Any]:
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {
                "artifactLocation": _artifact(path),
                "replacements": [
                    {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                    for edit in fix.edits
                ],
            }
        ],
    }


def _place(path: str, span: Span) -> dict[str, Any]:
    return {"artifactLocation": _artifact(path), "region": _region(span)}


def _artifact(path: str) -> dict[str, str]:
    whole = os.path.abspath(path)
    inner = from_here(whole)
    if inner.startswith("..") or os.path.isabs(inner):
        return {"uri": PurePath(whole).as_uri()}
    return {"uri": quote(inner.replace(os.sep, "/"), errors="surrogateescape"), "uriBaseId": _ROOT}


def _region(span: Span) -> dict[str, int]:
    """Lines and columns from 1, the end exclusive, as SARIF counts, too."""
    return {
        "startLine": span.line + 1,
        "startColumn": span.column + 1,
        "endLine": span.end_line + 1,
        "endColumn": span.end_column + 1,
    }
