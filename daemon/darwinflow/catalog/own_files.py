"""The files of a workspace's own graph types: which they are, and whether they have changed. Reads no YAML."""

import os
from typing import Final

from darwinflow.document.content import read_content

MAX_FILES: Final = 100
"""Of a workspace; those beyond, by name, are not read."""
_SUFFIXES: Final = (".yaml", ".yml")


def digest_of(folder: str, graph_types_path: str) -> str:
    """A text that is another whenever the workspace's own files are; empty where it has none."""
    contents = contents_of(folder, graph_types_path)
    if not contents:
        return ""
    import hashlib  # here, because most workspaces have none

    digest = hashlib.sha256()
    for path, content in sorted(contents.items()):
        for part in (os.path.basename(path).encode("utf-8", "surrogateescape"), content):
            digest.update(b"%d:" % len(part))
            digest.update(part)
    return digest.hexdigest()


def is_type_file(path: str, folder: str, graph_types_path: str) -> bool:
    """Whether the absolute *path* is that of a graph type of the workspace *folder*."""
    return path.endswith(_SUFFIXES) and os.path.dirname(path) == folder_of(folder, graph_types_path)


def is_beyond(path: str, folder: str, graph_types_path: str) -> bool:
    """Whether the type file *path* is one of those that are not read, as there are so many before it."""
    own = folder_of(folder, graph_types_path)
    try:
        names = sorted(name for name in os.listdir(own) if name.endswith(_SUFFIXES))
    except OSError:
        return False
    return os.path.basename(path) in names[MAX_FILES:]


def contents_of(folder: str, graph_types_path: str) -> dict[str, bytes]:
    """The workspace's own files by absolute path; none that lies elsewhere and is only linked to."""
    own = folder_of(folder, graph_types_path)
    try:
        names = sorted(name for name in os.listdir(own) if name.endswith(_SUFFIXES))
    except OSError:
        return {}
    inside = os.path.realpath(folder).rstrip(os.sep) + os.sep
    found: dict[str, bytes] = {}
    for name in names[:MAX_FILES]:
        path = os.path.join(own, name)
        if not os.path.realpath(path).startswith(inside):
            continue
        try:
            found[path] = read_content(path)
        except OSError:
            continue  # a folder or a pipe of such a name, or a file that went away
    return found


def folder_of(folder: str, graph_types_path: str) -> str:
    """Where the files lie, absolute."""
    return os.path.normpath(os.path.join(folder, graph_types_path))
