"""Checks a file of the workspace's own graph types, as `check` does a workflow."""

from darwinflow.catalog.catalog import Catalog
from darwinflow.catalog.own_files import MAX_FILES, is_beyond
from darwinflow.catalog.type_file import GRAPH_TYPE_INVALID, place_of
from darwinflow.catalog.workspace import for_workspace
from darwinflow.check.engine import Checked, Checker
from darwinflow.check.rules.graph_type_invalid import graph_type_invalid
from darwinflow.check.weighing import weighed
from darwinflow.document.document import Document
from darwinflow.settings.fault import Fault
from darwinflow.settings.workspace import WorkspaceSettings


def check_type_file(
    document: Document, path: str, folder: str, settings: WorkspaceSettings, catalog: Catalog
) -> Checked:
    """Everything wrong in the graph type that *document* is, in the workspace *folder*.

    *path*: where it lies or is to lie, absolute; the other files of the workspace are read from the disk.
    *catalog*: any, for the bundled types in it.
    """
    types = for_workspace(folder, settings.graph_types_path, catalog, {path: document.lines.text()})
    file = types.file(path)
    problems = file.problems if file is not None else ()
    if is_beyond(path, folder, settings.graph_types_path):
        message = f"a workspace has {MAX_FILES} graph types at most, in the order of their names; this one is not read"
        problems = (Fault(GRAPH_TYPE_INVALID, message, place_of(document, "")), *problems)
    found = weighed(list(graph_type_invalid(document, problems)), settings)
    parts = (None,) * len(document.roots)
    return Checked(document, parts, settings, Checker(types.catalog), tuple(found))
