"""Copies published versions from one store into another, and compares what arrived, version by version."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import NamedTuple

from darwinflow.model.errors import StoreDamaged
from darwinflow.model.workflow import PublishedVersion
from darwinflow.ports.workflows import WorkflowRepository

_UNREADABLE = frozenset({"edited", "missing", "unreadable"})


class VersionsCopied(NamedTuple):
    versions: int
    digest: str
    """In hex; the same wherever the same versions are kept."""


def copy_versions(
    sources: Mapping[str, WorkflowRepository], targets: Mapping[str, WorkflowRepository]
) -> VersionsCopied:
    """All of each project, with texts byte for byte. May be done again from the beginning.

    Raises `VersionPublished` where a target has another version of a number, `StoreDamaged` where a text is not what
    was published, or has not arrived.
    """
    count, added = 0, 0
    for project, source in sources.items():
        target = targets[project]
        for version, text in _all_of(source):
            target.adopt(version, text)
            one, other = (
                _hash(project, version, text),
                _hash(project, *target.get(version.workflow, version.version)),
            )
            if one != other:
                raise StoreDamaged(
                    f"version {version.version} of '{version.workflow}' has arrived with other content; nothing is switched",
                    hint=f"compare both: darwinflow workflow show {version.workflow}@{version.version}",
                )
            count += 1
            added += int.from_bytes(one)
    return VersionsCopied(count, f"{added % (1 << 256):064x}")


def _all_of(source: WorkflowRepository) -> Iterator[tuple[PublishedVersion, bytes]]:
    """Raises `StoreDamaged` before the first version of a workflow, one of whose texts is damaged."""
    seen = set[str]()
    for version in source.list_all():
        if version.workflow not in seen:
            seen.add(version.workflow)
            for damage in source.damages(version.workflow):
                if damage.kind in _UNREADABLE:
                    raise StoreDamaged(damage.message, hint=damage.advice)
        yield source.get(version.workflow, version.version)


def _hash(project: str, version: PublishedVersion, text: bytes) -> bytes:
    """Without the spelling of its id, which is the first version's of the store."""
    facts = {
        **asdict(version),
        "workflow": version.workflow.casefold(),
        "published_at": version.published_at.isoformat(),
    }
    said = json.dumps([project, facts, hashlib.sha256(text).hexdigest()], sort_keys=True)
    return hashlib.sha256(said.encode("ascii")).digest()
