"""URIs of documents and the files they name."""

import os
import re

_ESCAPED = re.compile(rb"%([0-9A-Fa-f]{2})")
_TO_ESCAPE = re.compile(rb"[^A-Za-z0-9/._~!$&'()*+,;=:@-]")


def path_of(uri: str) -> str | None:
    """The absolute path that *uri* names, without `.` and `..`; None for what is no file of this machine.

    Nothing is looked up: the file need not exist, and links stay as they are.
    """
    scheme, colon, rest = uri.partition(":")
    if not colon or scheme.lower() != "file" or not rest.startswith("//"):
        return None
    host, slash, path = rest[2:].partition("/")
    if not slash or host not in ("", "localhost"):
        return None
    raw = _unescaped("/" + path.partition("#")[0].partition("?")[0])
    if b"\0" in raw:
        return None
    # Two slashes in front would name another root.
    return os.path.normpath("/" + os.fsdecode(raw).lstrip("/"))


def uri_of(path: str) -> str:
    return "file://" + _TO_ESCAPE.sub(lambda found: b"%%%02X" % ord(found[0]), os.fsencode(path)).decode()


def key_of(uri: str) -> str:
    """What tells documents apart: the path, however a client has encoded it, else the URI itself."""
    return path_of(uri) or uri


def _unescaped(text: str) -> bytes:
    return _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), text.encode("utf-8", "replace"))
