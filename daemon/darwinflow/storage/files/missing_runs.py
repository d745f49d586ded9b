"""Runs that the index of logs in files knows, and that no segment has any more: `missing.json`, beside the segments.

The index is made anew where a segment is not what it was. So what it knew is kept here first, until the runs are there
again, or somebody was told that they are lost.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from darwinflow.model.phrases import counted, some_of
from darwinflow.storage.durable import sync_folder, write_durably
from darwinflow.storage.files.folder import troubles
from darwinflow.storage.files.log_segments import Segments
from darwinflow.storage.files.metric_file import FileTorn, sealed, unsealed
from darwinflow.storage.sqlite.fetch import bindable, fetch
from darwinflow.storage.sqlite.log_index import LogIndex

_FORMAT = 1
_NOTE = "missing.json"


class Changed(NamedTuple):
    """A segment that is not what the index says."""

    covered: int
    """Bytes that were in the index."""
    size: int | None
    """What it has now; None: it is gone."""


class _Lack(NamedTuple):
    segment: str
    changed: Changed
    runs: tuple[tuple[str, str], ...]
    """Project and id."""

    def told(self, path: str) -> str:
        covered, size = self.changed
        segment = os.path.join(path, self.segment)
        runs = counted(len(self.runs), "run")
        ids = some_of([run_id for _, run_id in self.runs])
        if size is None:
            return f"{segment} is gone, and with it {runs}: {ids}"
        if size < covered:
            return f"{segment} was cut: it has {size} of {covered} bytes, and lacks {runs}: {ids}"
        return f"{segment} is not what was written, and lacks {runs}: {ids}"


def changed_segments(segments: Segments, index: LogIndex) -> dict[str, Changed]:
    """Of which the index says what is not in them: then it must be made anew."""
    changed = {}
    for name, covered in index.covered().items():
        size = segments.size(name)
        is_same = size is not None and size >= covered.size
        if not is_same or covered.tail != segments.read(
            name, covered.size - len(covered.tail), len(covered.tail)
        ):
            changed[name] = Changed(covered.size, size)
    return changed


class MissingRuns:
    """Of the segments in the folder *path*. Raises what `folder.troubles` names."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = os.path.join(path, _NOTE)

    def note(self, index: LogIndex, changed: Mapping[str, Changed]) -> None:
        """All finished runs of the segments *changed* that *index* knows may be missing; `settle` says which are."""
        found: dict[str, list[tuple[str, str]]] = {}
        rows = fetch(
            index.db,
            """
            SELECT run.project, run.id, run_body.body FROM run JOIN run_body ON run_body.run = run.number
            WHERE run.status NOT IN ('RUNNING', 'LOST') ORDER BY run.started
            """,
        )
        for project, run_id, body in rows:
            segment = bytes(body).split(b":", 1)[0].decode("ascii", "replace")
            if segment in changed:
                found.setdefault(segment, []).append((project, run_id))
        self._write(
            [*self._lacks(), *(_Lack(name, changed[name], tuple(runs)) for name, runs in found.items())]
        )

    def settle(self, index: LogIndex) -> None:
        """Those that *index* knows are there again."""
        lacks = self._lacks()
        left = self._left(lacks, index)
        if left != lacks:
            self._write(left)

    def told(self, index: LogIndex) -> tuple[str, ...]:
        """What is missing, a sentence for each segment."""
        return tuple(lack.told(self._path) for lack in self._left(self._lacks(), index))

    def forget(self) -> None:
        with troubles(self._file):
            with suppress(FileNotFoundError):
                os.unlink(self._file)
            sync_folder(self._path)

    def _left(self, lacks: list[_Lack], index: LogIndex) -> list[_Lack]:
        left = [
            lack._replace(runs=tuple(run for run in lack.runs if not _has_finished(index, *run)))
            for lack in lacks
        ]
        return [lack for lack in left if lack.runs]

    def _lacks(self) -> list[_Lack]:
        """None of a note that is damaged: it is no copy of anything that could be had back."""
        try:
            with open(self._file, "rb") as file:
                said = unsealed(file.read())
            return [
                _Lack(
                    one["segment"],
                    Changed(one["covered"], one["size"]),
                    tuple((project, run_id) for project, run_id in one["runs"]),
                )
                for one in said["segments"]
            ]
        except (FileNotFoundError, FileTorn, ValueError, KeyError, TypeError):
            return []

    def _write(self, lacks: list[_Lack]) -> None:
        if not lacks:
            self.forget()
            return
        said = [{"segment": lack.segment, **lack.changed._asdict(), "runs": lack.runs} for lack in lacks]
        with troubles(self._file):
            write_durably(self._file, sealed({"format": _FORMAT, "segments": said}).encode())


def _has_finished(index: LogIndex, project: str, run_id: str) -> bool:
    found = fetch(
        index.db,
        "SELECT 1 FROM run WHERE project = :project AND id = :id AND status NOT IN ('RUNNING', 'LOST')",
        {"project": bindable(project), "id": bindable(run_id)},
    )
    return bool(found)
