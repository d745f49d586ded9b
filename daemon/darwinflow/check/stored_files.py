"""What is known of the files of the store beside what they say: their bytes, and where a draft of one would lie."""

import json
import os

from darwinflow.document.content import read_content
from darwinflow.model.workflow import LOCK_NAME
from darwinflow.settings.workspace import WorkspaceSettings

_WILD = frozenset("*?")


def file_hash_of(folder: str, settings: WorkspaceSettings, workflow: str, version: int) -> str:
    """SHA-256 in hex of the file of a version as it was published in the workspace *folder*; empty where nobody knows.

    Of several lines of a version the last one counts.
    """
    path = os.path.join(folder, settings.workflows_path, workflow, LOCK_NAME)
    try:
        content = read_content(path)
    except OSError:
        return ""
    found = ""
    for line in content.split(b"\n"):
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue  # torn, or left by a merge
        if (
            isinstance(said, dict)
            and said.get("version") == version
            and isinstance(said.get("fileHash"), str)
        ):
            found = said["fileHash"]
    return found


def is_verbatim(text: str, file_hash: str) -> bool:
    """Whether *text* is what was published, to the byte but for line ends, which git may write as it likes."""
    import hashlib  # here: few files of the store are looked at

    texts = (text, text.replace("\r\n", "\n"), text.replace("\r\n", "\n").replace("\n", "\r\n"))
    return any(hashlib.sha256(one.encode("utf-8", "replace")).hexdigest() == file_hash for one in texts)


def draft_path(settings: WorkspaceSettings, workflow: str, version: int) -> str:
    """Where a draft may lie so that it is looked at, relative to the workspace and with slashes."""
    name = f"{workflow}-v{version}.yaml"
    fits = settings.looked_at()
    for pattern in settings.workflow_files:
        folders = pattern.removeprefix("./").split("/")[:-1]
        plain = [folder for at, folder in enumerate(folders) if _WILD.isdisjoint("".join(folders[: at + 1]))]
        path = "/".join([*plain, name])
        if fits(path):
            return path
    return name
