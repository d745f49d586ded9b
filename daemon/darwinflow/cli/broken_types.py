"""Graph types of a workspace in which something is wrong: nobody knows then what the workflows beside them may say."""

import os
from collections.abc import Sequence

from darwinflow.catalog.own_files import contents_of
from darwinflow.check.finding import ERROR
from darwinflow.cli.checking import Checking
from darwinflow.cli.folder import from_here
from darwinflow.cli.workflow_files import WorkflowFile


def broken_types(files: Sequence[WorkflowFile], checking: Checking) -> list[WorkflowFile]:
    """Those of the workspaces of *files* that are none of these themselves and have errors."""
    named = {os.path.realpath(file.path) for file in files}
    others: list[WorkflowFile] = []
    for folder in dict.fromkeys(file.folder for file in files):
        settings = checking.workspaces.settings(checking.workspaces.of(os.path.join(folder, "x")))
        others += [
            WorkflowFile(from_here(path), is_named=False, folder=folder)
            for path in contents_of(folder, settings.graph_types_path)
            if os.path.realpath(path) not in named
        ]
    if not others:
        return []
    return [
        outcome.file
        for outcome in checking.outcomes(others)
        if any(finding.severity == ERROR for finding in outcome.verdict.findings)
    ]
