"""How heavy findings weigh where a workspace says so itself."""

from operator import itemgetter

from darwinflow.check.finding import ERROR, WARNING, Finding, Severity
from darwinflow.settings.workspace import WorkspaceSettings

_SPAN = itemgetter(2)
"""Of a finding: where it begins, then where it ends."""


def weighed(found: list[Finding], settings: WorkspaceSettings | None) -> list[Finding]:
    """Findings in the order of the text, with the severity that the workspace gives to their codes."""
    found.sort(key=_SPAN)
    severity = dict(settings.severity) if settings is not None else {}
    if not severity:
        return found
    weights: dict[str, Severity] = {"error": ERROR, "warning": WARNING, "hint": "hint"}
    kept: list[Finding] = []
    for finding in found:
        own = severity.get(finding.code)
        if own is None:
            kept.append(finding)
        elif own in weights:
            kept.append(finding._replace(severity=weights[own]))
    return kept
