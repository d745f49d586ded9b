"""`versions.lock`: JSON lines that say of each published version what its text does not."""

import json
import logging
import re
from typing import Any, NamedTuple

from darwinflow.model.errors import SchemaTooNew
from darwinflow.model.workflow import Parent, PublishedVersion
from darwinflow.storage.compact_json import compact
from darwinflow.storage.instants import from_micros, to_micros
from darwinflow.storage.publishing import MOST_VERSION

log = logging.getLogger(__name__)

_FORMAT = 1
_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
MOST_NAME = 1_000
"""Characters of an id or a name that are kept of a line."""


class Line(NamedTuple):
    """What one line says."""

    version: PublishedVersion
    file_hash: str
    """SHA-256 in hex of the file's bytes, by which an untouched file is known without reading it as a workflow."""


def line_of(version: PublishedVersion, file_hash: str = "") -> bytes:
    parent = version.parent
    line = {
        "format": _FORMAT,
        "version": version.version,
        "hash": version.content_hash,
        "fileHash": file_hash,
        "parent": None if parent is None else {"id": parent.workflow, "version": parent.version},
        "createdBy": version.created_by,
        "reasoning": version.reasoning,
        "description": version.description,
        "publishedBy": version.published_by,
        "publishedAt": to_micros(version.published_at),
    }
    return compact(line).encode("ascii")


def lines_in(content: bytes, workflow_id: str, path: str) -> dict[int, Line]:
    """By version; where one has several lines, the last was written with its file.

    A line that is torn, or that a merge has left, is skipped and told of. Raises `SchemaTooNew`.
    """
    found: dict[int, Line] = {}
    for number, text in enumerate(content.split(b"\n"), start=1):
        if not text.strip():
            continue
        line = _line_from(text, workflow_id, path)
        if line is None:
            log.warning("%s line %d is torn; the versions themselves are whole", path, number)
            continue
        found[line.version.version] = line
    return found


def without(content: bytes, workflow_id: str, path: str, version: int) -> bytes:
    """*content* but for the lines of *version*; others stay as they are, also those that cannot be read."""
    kept = []
    for text in content.splitlines(keepends=True):
        line = _line_from(text, workflow_id, path)
        if line is None or line.version.version != version:
            kept.append(text)
    return b"".join(kept)


def last_line(content: bytes, workflow_id: str, path: str) -> tuple[int, Line | None]:
    """Where the last line begins, in bytes, and what it says; None where that cannot be told."""
    start = content.rstrip(b"\n").rfind(b"\n") + 1
    return start, _line_from(content[start:], workflow_id, path)


def _line_from(text: bytes, workflow_id: str, path: str) -> Line | None:
    try:
        return _read(json.loads(text), workflow_id, path)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return None


def _read(line: dict[str, Any], workflow_id: str, path: str) -> Line:
    if line["format"] > _FORMAT:
        raise SchemaTooNew(f"{path} has lines of format {line['format']}; this version knows {_FORMAT}")
    parent = line["parent"]
    version = PublishedVersion(
        workflow=workflow_id,
        version=_number(line["version"]),
        content_hash=_hash(line["hash"]),
        parent=None if parent is None else Parent(_text(parent["id"], MOST_NAME), _number(parent["version"])),
        created_by=_text(line["createdBy"], MOST_NAME),
        reasoning=_text(line["reasoning"]),
        description=_text(line["description"]),
        published_by=_text(line["publishedBy"]),
        published_at=from_micros(int(line["publishedAt"])),
    )
    return Line(version, str(line.get("fileHash", "")))


def _number(value: object) -> int:
    if not isinstance(value, int) or not 1 <= value <= MOST_VERSION:
        raise ValueError("no number of a version")
    return value


def _hash(value: object) -> str:
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise ValueError("no content hash")
    return value


def _text(value: object, most: int | None = None) -> str:
    """A lock comes with its repository: halves of surrogate pairs in it cannot be sent or shown."""
    if not isinstance(value, str) or (most is not None and not value):
        raise ValueError("no text")
    return value.encode("utf-8", "replace").decode()[:most]
