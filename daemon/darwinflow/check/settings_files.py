"""Checks a workspace's settings file, as `check` does a workflow."""

from darwinflow.catalog.catalog import Catalog
from darwinflow.catalog.workspace import for_workspace
from darwinflow.check.engine import Checked, Checker
from darwinflow.check.rules.settings_invalid import settings_invalid
from darwinflow.document.document import Document
from darwinflow.settings.workspace import WorkspaceSettings, parse


def check_settings(document: Document, folder: str, catalog: Catalog) -> Checked:
    """Everything wrong in the settings that *document* is, of the workspace *folder*. *catalog*: any."""
    settings = parse(document.lines.text(), "")
    found = tuple(settings_invalid(settings, types_named_in(settings, folder, catalog)))
    return Checked(document, (None,) * len(document.roots), None, Checker(catalog), found)


def types_named_in(settings: WorkspaceSettings, folder: str, catalog: Catalog) -> Catalog:
    """The graph types among which those that *settings* name should be; any where they name none."""
    if not settings.graph_types_named:
        return catalog
    return for_workspace(folder, settings.graph_types_path, catalog).catalog
