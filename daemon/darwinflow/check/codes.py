"""The codes that findings have: what a suppression and the settings may name."""

WORKSPACE_CODES = frozenset(
    {
        "subworkflow-missing",
        "subworkflow-recursive",
        "subworkflow-inputs",
        "duplicate-version",
        "version-published",
        "parent-unknown",
        "parent-newer",
        "lineage-cycle",
        "stored-file-edited",
    }
)
"""Of findings that need more than the file itself."""
HISTORY_CODES = ("version-published", "parent-unknown", "lineage-cycle")
"""Of those that need the published versions."""
_LATE_CODES = frozenset({"upstream-avoidable"})
"""Of findings that may follow when there is time."""
_ELSEWHERE = frozenset({"settings-invalid", "graph-type-invalid", "file-unreadable"})
"""Of findings in files that are no workflows, or of which nobody can tell."""
CODES = (
    frozenset(
        {
            "yaml-syntax",
            "duplicate-key",
            "undefined-alias",
            "document-limit",
            "unknown-tag",
            "unknown-field",
            "missing-field",
            "wrong-type",
            "invalid-value",
            "unknown-node-type",
            "unknown-graph-type",
            "config-unknown-field",
            "config-missing-field",
            "config-wrong-type",
            "config-invalid-value",
            "duplicate-node-id",
            "reserved-id",
            "edge-unknown-node",
            "edge-end-not-allowed",
            "edge-constraint",
            "endless-cycle",
            "self-loop",
            "parallel-edge",
            "cycle",
            "duplicate-edge",
            "duplicate-edge-key",
            "condition-syntax",
            "condition-unknown-name",
            "condition-not-upstream",
            "condition-never-true",
            "option-not-handled",
            "context-syntax",
            "context-unknown-node",
            "context-not-upstream",
            "unknown-input",
            "template-unknown-node",
            "unreachable-node",
            "no-path-to-end",
            "empty-workflow",
            "metadata-key",
            "secret",
            "unused-suppression",
            "unexplained-suppression",
        }
    )
    | WORKSPACE_CODES
    | _LATE_CODES
    | _ELSEWHERE
)
JUDGED = CODES - WORKSPACE_CODES - _LATE_CODES
"""Codes whose findings are all there after `check`, so that one who suppresses none of them is told."""
