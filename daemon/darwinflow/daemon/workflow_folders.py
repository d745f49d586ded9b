"""Where published workflows lie that are files of workspaces: nobody knows all workspaces, so those seen are noted."""

import json
import os
from contextlib import suppress
from threading import Lock

_NAME = "workflow-folders.jsonl"
"""In the data directory; a JSON line a folder."""


class WorkflowFolders:
    """Of one home. Thread-safe."""

    def __init__(self, data: str) -> None:
        self._data = data
        self._known: dict[str, str] | None = None
        self._lock = Lock()

    def note(self, project: str, folder: str) -> None:
        """That cannot be noted where the disk is full; then the next one tries again."""
        with self._lock, suppress(OSError):
            if self._known is None:
                self._known = noted_folders(self._data)
            if self._known.get(folder) == project:
                return
            line = json.dumps({"project": project, "folder": folder})
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
            fd = os.open(os.path.join(self._data, _NAME), flags, 0o600)
            try:
                os.write(fd, f"{line}\n".encode("ascii"))
            finally:
                os.close(fd)
            self._known[folder] = project


def noted_folders(data: str) -> dict[str, str]:
    """Projects, by the folder that their published workflows lie in. Lines that were torn are left out."""
    found: dict[str, str] = {}
    with (
        suppress(FileNotFoundError),
        open(os.path.join(data, _NAME), encoding="ascii", errors="replace") as file,
    ):
        for line in file:
            with suppress(ValueError, KeyError, TypeError):
                said = json.loads(line)
                found[str(said["folder"])] = str(said["project"])
    return found
