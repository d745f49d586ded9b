"""What is known of figures that were counted again: `<project>/recounted.json`, written whole with a checksum.

Runs that are gone for good cannot be counted again. So after a recount fewer runs may count in versions, or in hours,
than are listed as counted; by how many is kept, or each opening would take it for new damage. What was damaged is kept,
too, until it was told and mended.
"""

import os
from collections.abc import Collection
from typing import NamedTuple

from darwinflow.model.errors import SchemaTooNew
from darwinflow.model.phrases import counted
from darwinflow.storage.files.metric_file import COUNTED, FORMAT, sealed, unsealed

RECOUNTED = "recounted.json"


class Recount(NamedTuple):
    """One time that figures of a project were counted again."""

    damaged: tuple[tuple[str, str | None], ...]
    """Files, and where each is kept; None: it agreed with no other. Relative to the folder of figures."""
    runs: int
    """So many of those listed could be counted again."""
    lost: int
    """So many are listed, are neither in the logs nor in the archive any more, and were counted in these files at most."""

    def told(self, folder: str, project: str) -> str:
        files = ", ".join(
            f"{os.path.join(folder, name)} and the figures beside it did not agree"
            if kept is None
            else f"{os.path.join(folder, name)} was damaged and is kept as {os.path.join(folder, kept)}"
            for name, kept in self.damaged
        )
        lacking = (
            f"; up to {counted(self.lost, 'run')} that retention let go of are missing there"
            if self.lost
            else ""
        )
        return (
            f"{files}: figures of project '{project}' are counted again from {counted(self.runs, 'run')} "
            f"of the logs and the archive{lacking}"
        )


class Recounts(NamedTuple):
    """Of one project."""

    versions: int = 0
    """How many more runs count in versions than are listed; fewer are below 0."""
    hours: int = 0
    untold: tuple[Recount, ...] = ()

    @property
    def is_empty(self) -> bool:
        return self == Recounts()


def content_of_recounts(project: str, recounts: Recounts) -> str:
    return sealed(
        {
            "format": FORMAT,
            "project": project,
            "moreInVersions": recounts.versions,
            "moreInHours": recounts.hours,
            "untold": [one._asdict() for one in recounts.untold],
        }
    )


def recounts_in(content: bytes) -> tuple[str, Recounts]:
    """And the project. Raises `FileTorn`, `SchemaTooNew`, and what wrong types do."""
    said = unsealed(content)
    if said["format"] > FORMAT:
        raise SchemaTooNew(f"it has format {said['format']}; this version knows {FORMAT}")
    untold = tuple(
        Recount(tuple((name, kept) for name, kept in one["damaged"]), one["runs"], one["lost"])
        for one in said["untold"]
    )
    return said["project"], Recounts(said["moreInVersions"], said["moreInHours"], untold)


def lost_of(paths: Collection[str], *, listed: int, versions: int, hours: int, gone: int) -> int:
    """How many runs at most a recount of the files *paths* lacks, *gone* of those listed being nowhere any more.

    Each run counts in one version and in one hour; in how many nodes and texts, nobody knows.
    """
    names = {os.path.basename(path) for path in paths}
    lacks = 0
    if any(name.startswith("v") for name in names):
        lacks = max(lacks, listed - versions)
    if COUNTED in names:
        lacks = max(lacks, versions - listed)
    if any(name.startswith("hours-") for name in names):
        lacks = max(lacks, listed - hours)
    if any(name.startswith(("nodes-", "text-")) for name in names):
        lacks = max(lacks, gone)
    return lacks
