"""`versions.lock`: JSON lines that say of each published version what its text does not."""

import json
import logging
from typing import Any

from darwinflow.model.errors import SchemaTooNew
from darwinflow.model.workflow import Parent, PublishedVersion
from darwinflow.storage.compact_json import compact
from darwinflow.storage.instants import from_micros, to_micros

log = logging.getLogger(__name__)

LOCK_NAME = "versions.lock"
_FORMAT = 1


def line_of(version: PublishedVersion) -> bytes:
    parent = version.parent
    line = {
        "format": _FORMAT,
        "version": version.version,
        "hash": version.content_hash,
        "parent": None if parent is None else {"id": parent.workflow, "version": parent.version},
        "createdBy": version.created_by,
        "reasoning": version.reasoning,
        "description": version.description,
        "publishedBy": version.published_by,
        "publishedAt": to_micros(version.published_at),
    }
    return compact(line).encode("ascii")


def versions_in(lines: bytes, workflow_id: str, path: str) -> dict[int, PublishedVersion]:
    """By version; where one has several lines, the last was written with its file.

    A line that is torn, or that a merge has left, is skipped and told of. Raises `SchemaTooNew`.
    """
    found: dict[int, PublishedVersion] = {}
    for number, line in enumerate(lines.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            version = _version_from(json.loads(line), workflow_id, path)
        except (ValueError, KeyError, TypeError, OverflowError):
            log.warning("%s line %d is torn; the versions themselves are whole", path, number)
            continue
        found[version.version] = version
    return found


def _version_from(line: dict[str, Any], workflow_id: str, path: str) -> PublishedVersion:
    if line["format"] > _FORMAT:
        raise SchemaTooNew(f"{path} has lines of format {line['format']}; this version knows {_FORMAT}")
    parent = line["parent"]
    return PublishedVersion(
        workflow=workflow_id,
        version=int(line["version"]),
        content_hash=str(line["hash"]),
        parent=None if parent is None else Parent(str(parent["id"]), int(parent["version"])),
        created_by=str(line["createdBy"]),
        reasoning=str(line["reasoning"]),
        description=str(line["description"]),
        published_by=str(line["publishedBy"]),
        published_at=from_micros(int(line["publishedAt"])),
    )
