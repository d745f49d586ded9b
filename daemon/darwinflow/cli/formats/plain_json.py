"""JSON of our own: every finding with its places and fixes, and how much there is."""

from darwinflow.check.finding import Finding
from darwinflow.cli.findings import FileReport, Summary
from darwinflow.cli.formats import dumped
from darwinflow.model.span import Span


def written(reports: list[FileReport], summary: Summary, *, strict: bool) -> str:  # noqa: ARG001
    return dumped(_document(reports, summary))


def _document(reports: list[FileReport], summary: Summary) -> dict[str, object]:
    """Places count from 1, columns in code points, the end exclusive."""
    return {
        "version": 1,
        "findings": [_finding(report.path, finding) for report in reports for finding in report.findings],
        "summary": {
            "errors": summary.errors,
            "warnings": summary.warnings,
            "hints": summary.hints,
            "files": summary.files,
            "filesWithFindings": summary.files_with_findings,
            "fixable": summary.fixable,
            "fixed": summary.fixed,
            "seconds": round(summary.seconds, 3),
            "unevaluated": list(summary.unevaluated),
        },
    }


def _finding(path: str, finding: Finding) -> dict[str, object]:
    return {
        "path": path,
        **_place(finding.span),
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "related": [
            {"path": path, **_place(other.span), "message": other.message} for other in finding.related
        ],
        "fixes": [
            {
                "title": fix.title,
                "edits": [{**_place(edit.span), "text": edit.text} for edit in fix.edits],
                **({"into": fix.into} if fix.into else {}),
            }
            for fix in finding.fixes
        ],
    }


def _place(span: Span) -> dict[str, int]:
    return {
        "line": span.line + 1,
        "column": span.column + 1,
        "endLine": span.end_line + 1,
        "endColumn": span.end_column + 1,
    }
