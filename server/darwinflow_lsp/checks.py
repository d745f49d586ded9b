"""What a document is checked against: the settings and the graph types of the workspace that its file is in."""

import os

from darwinflow.catalog.catalog import Catalog
from darwinflow.catalog.own_files import is_type_file
from darwinflow.catalog.type_file import TypeFile
from darwinflow.catalog.workspace import WorkspaceTypes, for_workspace
from darwinflow.check.drafts import is_stored
from darwinflow.check.engine import Checked, Checker, check
from darwinflow.check.finding import Finding
from darwinflow.check.opening import Opening
from darwinflow.check.settings_files import check_settings
from darwinflow.check.type_files import check_type_file
from darwinflow.document.document import Document
from darwinflow.recorder.paths import SETTINGS_NAME, Workspace, workspace_of
from darwinflow.settings.workspace import WorkspaceSettings
from darwinflow.settings.workspace import parse as parse_settings

FIRST_LINES = 200
"""Of a long document: what an editor shows when it is opened, as a rule."""


class Checks:
    """Checks documents. What it reads of a workspace is read once, until it is told to forget."""

    def __init__(self) -> None:
        self._bundled = Catalog.bundled()
        self._workspaces: dict[str, Workspace] = {}
        """By the folder that a file lies in."""
        self._settings: dict[str, WorkspaceSettings] = {}
        """By the workspace's folder."""
        self._types: dict[str, WorkspaceTypes] = {}
        """By the workspace's folder."""

    def check(self, document: Document, path: str | None, previous: Checked | None) -> Checked:
        """Everything wrong in *document*, which is to lie at *path*; None: in no file."""
        if path is None:
            return check(document, self._bundled, None, previous)
        if os.path.basename(path) == SETTINGS_NAME:
            return check_settings(document, os.path.dirname(path), self._bundled)
        folder = self.workspace(path).folder
        settings = self._settings_at(path)
        if is_type_file(path, folder, settings.graph_types_path):
            return check_type_file(document, path, folder, settings, self._bundled)
        checked = check(document, self._catalog_in(folder, settings.graph_types_path), settings, previous)
        if is_stored(os.path.relpath(path, folder).replace(os.sep, "/"), settings):
            return checked.replaced(())  # whether it was edited is known once there is a history
        return checked

    def opening(self, document: Document, path: str | None) -> Opening | None:
        """The same check, to be worked out bit by bit; None for a file that is no draft of a workflow."""
        if path is None:
            return Opening(document, self._bundled)
        folder = self.workspace(path).folder
        settings = self._settings_at(path)
        inner = os.path.relpath(path, folder).replace(os.sep, "/")
        if self.decides_for_others(path) or is_stored(inner, settings):
            return None
        return Opening(document, self._catalog_in(folder, settings.graph_types_path), settings)

    def beginning(self, opening: Opening) -> Checked:
        """What stands for the whole check until it is there: no graph, and what is wrong in the first lines."""
        return self._without_graph(opening.document, opening.findings_within(0, FIRST_LINES))

    def nothing(self, document: Document) -> Checked:
        """What stands for a check that is not there."""
        return self._without_graph(document, ())

    def _without_graph(self, document: Document, found: tuple[Finding, ...]) -> Checked:
        return Checked(document, (None,) * len(document.roots), None, Checker(self._bundled), found)

    def decides_for_others(self, path: str) -> bool:
        """Whether the file *path* is one of settings or of a graph type."""
        workspace = self.workspace(path)
        is_type = is_type_file(path, workspace.folder, self.settings_of(workspace).graph_types_path)
        return is_type or os.path.basename(path) == SETTINGS_NAME

    def broken_types(self, path: str) -> list[TypeFile]:
        """Graph types with errors in the workspace of the file *path*; none while no document was checked against them."""
        known = self._types.get(self.workspace(path).folder)
        return [] if known is None else [file for file in known.files if not file.is_sound]

    def type_file(self, file: TypeFile) -> Checked:
        """Everything wrong in one of them."""
        workspace = self.workspace(file.path)
        settings = self._settings_at(file.path)
        return check_type_file(file.document, file.path, workspace.folder, settings, self._bundled)

    def workspace(self, path: str) -> Workspace:
        """The workspace of the file *path*; looked for once a folder."""
        folder = os.path.dirname(path)
        known = self._workspaces.get(folder)
        if known is None:
            self._workspaces[folder] = known = workspace_of(folder)
        return known

    def settings_of(self, workspace: Workspace) -> WorkspaceSettings:
        known = self._settings.get(workspace.folder)
        if known is None:
            name = os.path.basename(workspace.folder)
            self._settings[workspace.folder] = known = parse_settings(workspace.settings, name)
        return known

    def forget(self) -> None:
        """Read everything anew from here on: settings or graph types have changed on the disk."""
        self._workspaces.clear()
        self._settings.clear()
        self._types.clear()

    def _settings_at(self, path: str) -> WorkspaceSettings:
        """As they hold for the file *path*."""
        workspace = self.workspace(path)
        return self.settings_of(workspace).at(os.path.relpath(path, workspace.folder).replace(os.sep, "/"))

    def _catalog_in(self, folder: str, graph_types_path: str) -> Catalog:
        """The graph types of a workspace, as its files on the disk have them."""
        known = self._types.get(folder)
        if known is None:
            self._types[folder] = known = for_workspace(folder, graph_types_path, self._bundled)
        return known.catalog
