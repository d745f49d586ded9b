"""Published workflows in a backup, as files with their lock: those of workspaces that were seen, and those of a server.

They come back where none are: workspaces have git, and on a server others publish and delete.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from darwinflow.daemon.texts import workflow_in
from darwinflow.daemon.workflow_folders import noted_folders
from darwinflow.model.errors import NotFound, StoreDamaged, StoreError
from darwinflow.model.stores import FILE, POSTGRES, Stores
from darwinflow.recorder.paths import Home
from darwinflow.storage.opening import open_identity, open_organization, open_workflows

if TYPE_CHECKING:
    from darwinflow.storage.organization import OrganizationStores

FOLDER = "workflows"
"""In the folder of a backup."""
UNREAD = "the published workflows: "
"""So begins why they are missing; with the server there, another backup has them."""
_INDEX = "index.json"
_FILE = re.compile(r"v[0-9]+\.yaml|versions\.lock", re.ASCII)
_PART = re.compile(r"[0-9]+", re.ASCII)
_MOST_BYTES = 16 << 20
"""Of a file: what is larger is no workflow."""


class Part(NamedTuple):
    """The workflows of one project."""

    folder: str
    """In `FOLDER`."""
    project: str
    place: str | None
    """The folder that they lay in; None for a server's."""


class Returned(NamedTuple):
    """What came of workflows that were restored."""

    versions: int
    """That are back."""
    kept: tuple[str, ...]
    """What is not restored, each in words."""


def write_workflow_part(folder: str, home: Home, organization: str, stores: Stores) -> tuple[str, ...]:
    """Write into *folder* what is no database of this machine; what is missing then, in words. Raises `OSError`."""
    parts: list[Part] = []
    lacks: list[str] = []
    there = os.path.join(folder, FOLDER)
    if stores.workflows.type == FILE:
        for place, project in sorted(noted_folders(home.data).items()):
            part = Part(f"{len(parts) + 1}", project, place)
            if _copy(place, os.path.join(there, part.folder)):
                parts.append(part)
    elif stores.workflows.type == POSTGRES:
        try:
            parts += _of_server(there, home, organization, stores)
        except StoreError as error:
            shutil.rmtree(there, ignore_errors=True)
            parts, lacks = [], [f"{UNREAD}{error}"]
    if parts:
        with open(os.path.join(there, _INDEX), "x", encoding="utf-8") as file:
            json.dump([part._asdict() for part in parts], file, indent=1)
    return tuple(lacks)


def restore_workflow_part(folder: str, data: str, stores: "OrganizationStores", kept_on: Stores) -> Returned:
    """Publish what the backup *folder* holds where its project has nothing published now, with who did it and when.

    Files go back only into folders that the home with the data directory *data* knows: a backup may come from anybody.
    *stores* are open for *kept_on*. Raises `StoreError`.
    """
    versions, kept, known = 0, list[str](), noted_folders(data)
    for part in read_parts(folder):
        source_folder = os.path.join(folder, FOLDER, part.folder)
        if kept_on.workflows.type == FILE and known.get(part.place or "") != part.project:
            kept.append(
                f"workflows of '{part.project}' are files in {source_folder}: copy them to their workspace"
            )
            continue
        target = stores.workflows(part.project, part.place or "", workflow_in)
        if target.list_all():
            continue
        source = open_workflows(source_folder, now=_now, understand=workflow_in, read_only=True)
        for version in source.list_all():
            damaged = {damage.version: damage.message for damage in source.damages(version.workflow)}
            if version.version in damaged:
                kept.append(f"{version.workflow} v{version.version}: {damaged[version.version]}")
                continue
            versions += target.adopt(*source.get(version.workflow, version.version))
    return Returned(versions, tuple(kept))


def read_parts(folder: str) -> list[Part]:
    """Of the backup *folder*. Raises `StoreDamaged` where they are none."""
    path = os.path.join(folder, FOLDER, _INDEX)
    try:
        with open(path, encoding="utf-8") as file:
            parts = [Part(**said) for said in json.load(file)]
    except FileNotFoundError:
        return []
    except (ValueError, TypeError, RecursionError) as error:
        raise StoreDamaged(f"{path} is no index of workflows", hint="take another backup") from error
    if not all(_is_sound(part) for part in parts):
        raise StoreDamaged(f"{path} names what is no part of a backup", hint="take another backup")
    return parts


def _is_sound(part: Part) -> bool:
    texts = (part.folder, part.project, "" if part.place is None else part.place)
    return all(isinstance(text, str) for text in texts) and _PART.fullmatch(part.folder) is not None


def _copy(place: str, target: str) -> bool:
    """Files and locks below *place*, as they are; whether there are any. Raises `OSError`."""
    copied = False
    for workflow, name, content in _files(place):
        os.makedirs(os.path.join(target, workflow), 0o700, exist_ok=True)
        with open(os.path.join(target, workflow, name), "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        copied = True
    return copied


def _files(place: str) -> Iterator[tuple[str, str, bytes]]:
    """Folder, name and content. Links are not followed: a workspace is not trusted. What cannot be read is left out."""
    for workflow in _below(place):
        if not workflow.is_dir(follow_symlinks=False):
            continue
        for file in _below(workflow.path):
            if _FILE.fullmatch(file.name) and file.is_file(follow_symlinks=False):
                content = _content(file.path)
                if content is not None:
                    yield workflow.name, file.name, content


def _content(path: str) -> bytes | None:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(fd, "rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError:
        return None
    return content if len(content) <= _MOST_BYTES else None


def _below(folder: str) -> list["os.DirEntry[str]"]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _of_server(there: str, home: Home, organization: str, stores: Stores) -> list[Part]:
    parts: list[Part] = []
    with closing(open_identity(home.system_db, now=_now)) as identity:
        server = open_organization(
            identity,
            organization,
            home.tenant_db(organization),
            announce=lambda _: None,
            now=_now,
            stores=Stores(*[stores.workflows] * 3),
        )
    with closing(server):
        for project in server.published_projects():
            source = server.workflows(project, "", workflow_in)
            part = Part(f"{len(parts) + 1}", project, None)
            target = open_workflows(os.path.join(there, part.folder), now=_now, understand=workflow_in)
            for version in source.list_all():
                try:
                    target.adopt(*source.get(version.workflow, version.version))
                except NotFound:
                    continue  # it was deleted meanwhile
            parts.append(part)
    return parts


def _now() -> datetime:
    return datetime.now(UTC)
