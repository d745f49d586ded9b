"""Ids and versions of the drafts of a workspace, kept beside its verdicts so that they need not be read again.

A file is known by its size, inode and times. What was written within the last moments is not kept: the clock of a
file system has ticks, and a file that is written twice within one would look the same. Whatever cannot be read or
written counts as absent, as does what another version of this tool or somebody else has left there.
"""

import os
from binascii import crc32
from collections.abc import Mapping

from darwinflow.check.drafts import Seen, Stamp
from darwinflow.recorder.checksum import sha256_hex

_HEADER = b"darwinflow draft heads 1"
_SETTLED_NS = 3_000_000_000
"""Age from which a file's times are told apart from those of the next change; the coarsest clocks tick in two seconds."""
_MAX_BYTES = 8 << 20


class DraftHeads:
    """Of one workspace."""

    def __init__(self, folder: str, workspace: str, tool: str) -> None:
        """*folder* is that of the verdicts; *tool* tells this tool from an earlier or later one."""
        self._folder = folder
        self._path = os.path.join(folder, f"{sha256_hex(os.fsencode(workspace))[:16]}.heads")
        self._tool = tool.encode()

    def read(self) -> dict[str, Seen]:
        """By path, relative to the workspace; each is to be compared with the file as it is."""
        try:
            with open(self._path, "rb") as file:
                first, _, body = file.read(_MAX_BYTES).partition(b"\n")
        except OSError:
            return {}
        if first != self._header(body):
            return {}
        import json

        return {path: _seen(stamp, heads) for path, stamp, heads in json.loads(body)}

    def write(self, seen: Mapping[str, Seen], now_ns: int) -> None:
        """Replace what is kept by all of *seen* that is settled. *now_ns*: before the first of them was looked at."""
        import json

        kept = [
            (path, one.stamp, one.heads)
            for path, one in seen.items()
            if one.heads is not None and max(one.stamp[:2]) <= now_ns - _SETTLED_NS
        ]
        body = json.dumps(kept, separators=(",", ":")).encode()
        draft = f"{self._path}.{os.getpid()}.tmp"
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(self._header(body) + b"\n" + body)
            os.replace(draft, self._path)
        except OSError:
            return

    def _header(self, body: bytes) -> bytes:
        return b"%s %s %08x" % (_HEADER, self._tool, crc32(body))


def _seen(stamp: list[int], heads: list[tuple[str, int]]) -> Seen:
    modified, changed, size, inode = stamp
    seen = Seen(Stamp(modified, changed, size, inode))
    seen.heads = [(workflow, version) for workflow, version in heads]
    return seen
