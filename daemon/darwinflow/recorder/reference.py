"""What a run is a run of: a workflow's file with its text, or the id and version of a published one."""

import os
import stat
import time

from darwinflow.recorder.events import MAX_DOCUMENT_BYTES, hash_of
from darwinflow.recorder.ids import MAX_NAME
from darwinflow.recorder.paths import Workspace, absolute, current_folder, nearest_settings, workspace_of
from darwinflow.recorder.redact import Redaction

_MOST_DIGITS = 15
"""Of a version."""
_MAX_PATH = 4096
"""Letters; no file has a longer one, and no daemon takes it."""
_MAX_KEPT = 16
_SETTLED_S = 2.0
"""A file that was changed more recently may change again without a change of its time."""


class Document:
    """The text of a workflow's file as it is recorded."""

    __slots__ = ("hash", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.hash = hash_of(text)


class Reference:
    """Either `path`, with `document` where it can be read, or `workflow` and `version`."""

    __slots__ = ("document", "path", "problem", "version", "workflow", "workspace")

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.path: str | None = None
        self.document: Document | None = None
        self.workflow: str | None = None
        self.version: int | None = None
        self.problem: str | None = None
        """What the program's user should know; the run is recorded all the same."""

    @property
    def name(self) -> str:
        """One text by which two programs know that they mean the same workflow."""
        return self.path if self.path is not None else f"{self.workflow}@{self.version}"


def reference_of(ref: str | os.PathLike[str], redaction: Redaction) -> Reference:
    """What *ref* names: a file, or `id@version` where no file is called that."""
    text = os.fspath(ref)
    workflow, _, version = text.rpartition("@")
    if (
        0 < len(workflow) <= len(text) <= MAX_NAME
        and not ("/" in workflow or "\\" in workflow)
        and 0 < len(version) <= _MOST_DIGITS
        and version.isascii()
        and version.isdecimal()
        and int(version) > 0
        and not os.path.exists(text)
    ):
        reference = Reference(workspace_of(current_folder()))
        reference.workflow, reference.version = workflow, int(version)
        return reference
    path = _usable(absolute(text))
    reference = Reference(nearest_settings(path))
    reference.path = path
    try:
        reference.document, reference.problem = _read(path, redaction)
    except (OSError, ValueError) as exc:
        reference.problem = (
            f"the workflow '{text}' cannot be read ({exc}); its run is kept under the file's name"
        )
    return reference


def _usable(path: str) -> str:
    """*path* as it can be written down; one that is changed by this names no file on any disk."""
    path = path.replace("\0", "\ufffd")
    return path if len(path) <= _MAX_PATH else os.sep + path[1 - _MAX_PATH :]


_kept: dict[tuple[str, tuple[str, ...]], tuple[tuple[int, int, int], Document]] = {}


def _read(path: str, redaction: Redaction) -> tuple[Document | None, str | None]:
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError("it is no regular file")
    if redaction.problem:
        return None, None  # everything is hidden, and that was said
    if status.st_size > MAX_DOCUMENT_BYTES:
        return (
            None,
            f"'{path}' is longer than {MAX_DOCUMENT_BYTES >> 20} MiB; its run is kept under the file's name",
        )
    key = (path, tuple(pattern.pattern for pattern in redaction.patterns))
    stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
    kept = _kept.get(key)
    if kept is not None and kept[0] == stamp:
        return kept[1], None
    with open(path, "rb") as file:
        text = file.read(MAX_DOCUMENT_BYTES + 1).decode("utf-8", "replace")
    shown = redaction.applied(text)
    document = Document(shown)
    if shown != text:
        return (
            document,
            f"'{path}' holds a secret; its text is recorded without it, and its runs are not shown at it",
        )
    if time.time_ns() - status.st_mtime_ns > _SETTLED_S * 1e9:
        if len(_kept) >= _MAX_KEPT:
            _kept.clear()
        _kept[key] = (stamp, document)
    return document, None
