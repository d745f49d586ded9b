"""Verdicts that need not be found again: one file a workspace, a line a verdict, written behind the others.

A key covers everything that a verdict depends on, so an entry is never wrong, only of no more use. Whatever cannot
be read or written counts as absent: a cache may cost time, never a verdict.
"""

import os
from binascii import crc32
from collections.abc import Mapping
from contextlib import suppress

from darwinflow.cli.verdicts import Verdict, decoded, encoded
from darwinflow.recorder.checksum import sha256_hex

_HEADER = b"darwinflow check cache 1\n"
MAX_BYTES = 8 << 20
"""Of one workspace; a file that has grown beyond it is written anew with what was used last."""
MAX_FILES = 64
"""Workspaces that are remembered; the ones that were changed longest ago go first."""
_KEY = 32
_SUM = 8
_CODE = ("catalog", "check", "document", "graph", "model", "projection", "settings")
"""The packages whose code decides what a verdict is."""
_VERSION_FILE = os.path.join("recorder", "events.py")
"""Where the tool's version is written; importing it would cost a check as much as reading its file."""


def cache_folder(environ: Mapping[str, str]) -> str | None:
    """Where the caches of the home lie that *environ* names; absolute, perhaps not there yet.

    None where that cannot be said, because the home's path counts from a folder that was removed.
    """
    own = environ.get("DARWINFLOW_HOME")
    if own:
        try:
            return os.path.join(os.path.realpath(own), "cache", "check")
        except FileNotFoundError:
            return None
    base = environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "darwinflow", "check")


class VerdictCache:
    """The verdicts of one workspace."""

    def __init__(self, folder: str | None, workspace: str) -> None:
        """*folder* is that of `cache_folder`; None: verdicts are kept as long as this object."""
        self._folder = folder
        self._path = os.path.join(folder, sha256_hex(os.fsencode(workspace))[:16]) if folder else ""
        self._lines: dict[bytes, bytes] = {}
        self._size = 0
        self._fresh: list[bytes] = []
        self._used: dict[bytes, None] = {}
        if folder:
            self._read()

    def get(self, key: bytes) -> Verdict | None:
        line = self._lines.get(key)
        if line is None:
            return None
        body = line[_KEY + _SUM + 2 :]
        if line[_KEY + 1 : _KEY + 1 + _SUM] != _sum(body):
            return None
        try:
            verdict = decoded(body)
        except (ValueError, TypeError, LookupError):
            return None
        self._used[key] = None
        return verdict

    def put(self, key: bytes, verdict: Verdict) -> None:
        body = encoded(verdict)
        line = b" ".join((key, _sum(body), body))
        self._lines[key] = line
        self._fresh.append(line)
        self._used[key] = None

    def save(self) -> None:
        """Write what is new, if it can be written."""
        if not self._folder or not self._fresh:
            return
        fresh = b"".join([line + b"\n" for line in self._fresh])
        self._fresh = []
        try:
            if 0 < self._size <= MAX_BYTES - len(fresh):
                self._append(fresh)
            else:
                self._write_anew()
        except OSError:
            self._folder = None

    def _read(self) -> None:
        try:
            with open(self._path, "rb") as file:
                content = file.read(2 * MAX_BYTES)
        except OSError:
            return
        if content.startswith(_HEADER):
            self._size = len(content)
            self._lines = {line[:_KEY]: line for line in content[len(_HEADER) :].split(b"\n")}

    def _append(self, fresh: bytes) -> None:
        """In one write, so that lines of processes that do so at the same time stay whole."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND)
        try:
            # A line that another process did not get to its end would swallow the first of ours.
            os.write(descriptor, b"\n" + fresh)
        finally:
            os.close(descriptor)
        self._size += len(fresh) + 1

    def _write_anew(self) -> None:
        """The entries that were used, and of the others as many of the last as fit into half the room."""
        assert self._folder is not None
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        if not self._size:
            _drop_oldest(self._folder, MAX_FILES - 1)
        kept: list[bytes] = []
        room = MAX_BYTES // 2
        for key in [*reversed(self._used), *reversed(self._lines)]:
            line = self._lines.pop(key, b"")
            if line and len(line) < room:
                kept.append(line)
                room -= len(line) + 1
        kept.reverse()
        self._lines = {line[:_KEY]: line for line in kept}
        content = _HEADER + b"".join([line + b"\n" for line in kept])
        draft = f"{self._path}.{os.getpid()}.tmp"
        try:
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
            os.replace(draft, self._path)
        except OSError:
            with suppress(OSError):
                os.unlink(draft)
            raise
        self._size = len(content)


def _sum(body: bytes) -> bytes:
    return b"%08x" % crc32(body)


def _drop_oldest(folder: str, keep: int) -> None:
    with os.scandir(folder) as entries:
        by_age = sorted((entry.stat().st_mtime, entry.path) for entry in entries)
    for _, path in by_age[: max(len(by_age) - keep, 0)]:
        os.unlink(path)


def key_of(content: bytes, *circumstances: str) -> bytes:
    """*circumstances*: all that the verdict on *content* depends on beside it, always in the same order."""
    said = "\0".join([f"{len(one)} {one}" for one in circumstances])
    return sha256_hex(said.encode("utf-8", "surrogateescape") + b"\0" + content)[:_KEY].encode()


def tool_stamp(package: str, schemas: str) -> str:
    """What tells this tool from an earlier or later one, also where only its code was edited.

    *package* and *schemas* are the folders of `darwinflow` and of the graph types that come with it.
    """
    folders = [schemas, *[os.path.join(package, name) for name in _CODE]]
    stamps = [_stamp_of(os.path.join(package, _VERSION_FILE))]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in ("__pycache__", "pages"):
                        folders.append(entry.path)
                elif not entry.name.startswith("."):
                    stamps.append(_stamp_of(entry.path))
    return sha256_hex("\n".join(sorted(stamps)).encode("utf-8", "surrogateescape"))


def _stamp_of(path: str) -> str:
    status = os.stat(path)
    return f"{os.path.basename(path)} {status.st_size} {status.st_mtime_ns}"
