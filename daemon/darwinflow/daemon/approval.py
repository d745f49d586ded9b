"""Whether a text may be published: what `darwinflow check` would say of it decides."""

import os
from functools import cache

from darwinflow.catalog.catalog import Catalog
from darwinflow.catalog.workspace import WorkspaceTypes, for_workspace
from darwinflow.check.engine import check
from darwinflow.check.finding import ERROR
from darwinflow.document.document import Document
from darwinflow.document.problem import WARNINGS
from darwinflow.model.errors import WorkflowFaulty
from darwinflow.model.workflow import Workflow
from darwinflow.projection.detect import NATIVE
from darwinflow.projection.workflow import workflow_of
from darwinflow.settings.workspace import WorkspaceSettings


def approved(text: str, path: str | None, workspace: str, settings: WorkspaceSettings) -> Workflow:
    """The workflow in *text*, checked as its file *path* in the folder *workspace* would be.

    Raises `WorkflowFaulty` where it has findings of severity error, or is none.
    """
    document = Document.parse(text)
    types = for_workspace(workspace, settings.graph_types_path, _bundled())
    catalog = types.catalog
    if path is not None:
        settings = settings.at(os.path.relpath(path, workspace).replace(os.sep, "/"))
    checked = check(document, catalog, settings, is_named=True)
    errors = [finding for finding in checked.findings() if finding.severity == ERROR]
    workflow = workflow_of(document)
    if errors:
        first = errors[0]
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        raise WorkflowFaulty(
            f"line {first.span.line + 1}: {first.message} [{first.code}]{more}",
            hint="darwinflow check shows where",
            errors=len(errors),
            line=first.span.line + 1,
            code=first.code,
        )
    kinds = {part.projection.graph_type.name for part in checked.parts if part is not None}
    if kinds - {NATIVE}:
        raise WorkflowFaulty(
            f"this is a graph of the type '{min(kinds - {NATIVE})}', and only workflows are published",
            hint="darwinflow check",
        )
    if workflow is None:
        raise WorkflowFaulty("the text has no 'id' and 'version' of a workflow", hint="darwinflow check")
    _refuse_unknown_types(workflow, types, workspace)
    return workflow


def _refuse_unknown_types(workflow: Workflow, types: WorkspaceTypes, workspace: str) -> None:
    """Raises `WorkflowFaulty` where a node has a type that only a file of graph types at fault could know."""
    broken = next((file for file in types.files if not file.is_sound), None)
    native = types.catalog.graph_type(NATIVE)
    unknown = next((node.type for node in workflow.nodes if node.type not in native.node_types), None)
    if broken is None or not native.is_partial or unknown is None:
        return
    path = os.path.relpath(broken.path, workspace)
    fault = next(fault for fault in broken.problems if fault.code not in WARNINGS)
    raise WorkflowFaulty(
        f"whether there is a node type '{unknown}' is not known, as {path} has errors: "
        f"line {fault.span.line + 1}: {fault.message}",
        hint="darwinflow check shows where",
    )


@cache
def _bundled() -> Catalog:
    return Catalog.bundled()
