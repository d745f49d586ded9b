"""Which files a command looks at: those that are named, and those that folders and workspaces hold."""

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from darwinflow.catalog.own_files import is_type_file
from darwinflow.check.drafts import SUFFIXES, is_searched, is_stored
from darwinflow.cli.folder import current_folder, need_for
from darwinflow.document.content import leads_out
from darwinflow.model.errors import NotFound
from darwinflow.recorder.paths import SETTINGS_NAME, Workspace, workspace_of
from darwinflow.settings.workspace import WorkspaceSettings, parse

_WILD = re.compile(r"[*?\[]")


class WorkflowFile(NamedTuple):
    path: str
    """As a person would write it: relative where that is shorter to read."""
    is_named: bool
    """Somebody named the file itself, so that it is looked at whatever it holds."""
    folder: str
    """Of its workspace, absolute."""
    is_stored: bool = False
    """It is a file of the store, which nobody edits."""

    @property
    def inner_path(self) -> str:
        """Relative to its workspace, with slashes."""
        return _inner(self.path, self.folder)


class Workspaces:
    """Workspaces and their settings, each read once."""

    def __init__(self) -> None:
        self._by_folder: dict[str, Workspace] = {}
        self._settings: dict[str, WorkspaceSettings] = {}

    def of(self, path: str) -> Workspace:
        folder = os.path.dirname(os.path.abspath(path))
        if folder not in self._by_folder:
            self._by_folder[folder] = workspace_of(folder)
        return self._by_folder[folder]

    def settings(self, workspace: Workspace) -> WorkspaceSettings:
        if workspace.folder not in self._settings:
            self._settings[workspace.folder] = parse(workspace.settings, os.path.basename(workspace.folder))
        return self._settings[workspace.folder]

    def read(self) -> Iterator[tuple[str, WorkspaceSettings]]:
        """Folder and settings of every workspace that was looked at."""
        yield from self._settings.items()


class PathNotFound(NotFound):
    """A file or folder that was named does not exist."""

    code = 1103


def workflow_files(
    paths: Sequence[str], workspaces: Workspaces, *, with_stored: bool = False
) -> list[WorkflowFile]:
    """Files in the order in which they were named, those of a folder or pattern by name; each once.

    Without *paths*: the drafts of the current folder's workspace. *with_stored*: in folders the files of the store,
    too. Raises `PathNotFound`, `FolderGone`.
    """
    found: dict[str, WorkflowFile] = {}
    for path in paths or [workspaces.of(os.path.join(current_folder(), "x")).folder]:
        need_for(path)
        if os.path.isdir(path):
            for file in _below(_shortest(path) if not paths else path, workspaces):
                if file.is_stored and not with_stored:
                    continue
                found.setdefault(os.path.realpath(file.path), file)
        elif os.path.lexists(path):
            workspace = workspaces.of(path)
            of_store = is_stored(_inner(path, workspace.folder), workspaces.settings(workspace))
            file = WorkflowFile(path, is_named=True, folder=workspace.folder, is_stored=of_store)
            found[os.path.realpath(path)] = file
        elif _WILD.search(path):
            for file in _matching(path, workspaces):
                found.setdefault(os.path.realpath(file.path), file)
        else:
            raise PathNotFound(
                f"there is no file or folder '{path}'", hint="darwinflow check, for all of the workspace"
            )
    return list(found.values())


def _matching(pattern: str, workspaces: Workspaces) -> Iterator[WorkflowFile]:
    """The files that a pattern fits; it chooses among workflows and makes none of what is no workflow."""
    from glob import iglob

    names = sorted(
        name for name in iglob(pattern, recursive=True) if name.endswith(SUFFIXES) and not os.path.isdir(name)
    )
    if not names:
        raise PathNotFound(
            f"no YAML file fits '{pattern}'", hint="darwinflow check, for all of the workspace"
        )
    for name in names:
        path = os.path.normpath(name)
        workspace = workspaces.of(path)
        if _is_outside(path, workspace.folder):
            continue
        if _is_draft(path, workspace.folder, workspaces.settings(workspace)):
            yield WorkflowFile(path, is_named=False, folder=workspace.folder)


def _below(folder: str, workspaces: Workspaces) -> Iterator[WorkflowFile]:
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(filter(is_searched, folders))
        for name in sorted(names):
            if not name.endswith(SUFFIXES) or name == SETTINGS_NAME:
                continue
            path = os.path.normpath(os.path.join(where, name))
            workspace = workspaces.of(path)
            if _is_outside(path, workspace.folder):
                continue
            settings = workspaces.settings(workspace)
            of_store = is_stored(_inner(path, workspace.folder), settings)
            if of_store or _is_draft(path, workspace.folder, settings):
                yield WorkflowFile(path, is_named=False, folder=workspace.folder, is_stored=of_store)


def _inner(path: str, folder: str) -> str:
    return os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")


def _is_outside(path: str, folder: str) -> bool:
    """Whether a file that nobody named is a link out of its workspace: what lies there is nobody's business."""
    return os.path.islink(path) and os.path.isfile(path) and leads_out(path, folder)


def _is_draft(path: str, folder: str, settings: WorkspaceSettings) -> bool:
    inner = _inner(path, folder)
    if is_stored(inner, settings):
        return False
    if is_type_file(os.path.abspath(path), folder, settings.graph_types_path):
        return True
    return settings.looked_at()(inner)


def _shortest(folder: str) -> str:
    relative = os.path.relpath(folder)
    return folder if relative.startswith("..") else relative
