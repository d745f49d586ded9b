"""The lines of an archive, and what its index says of each; see `archive.py`."""

import hashlib
import json
from typing import Any, NamedTuple

from darwinflow.model.errors import SchemaTooNew, StoreDamaged
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunHeader, header_of
from darwinflow.storage.brief import brief_of
from darwinflow.storage.compact_json import compact
from darwinflow.storage.cursor import cursor_from, position_from
from darwinflow.storage.instants import to_micros
from darwinflow.storage.log_codec import log_from, stored_log
from darwinflow.storage.run_file import FiledRun

FORMAT = 1
HEAD = (compact({"format": FORMAT}) + "\n").encode("ascii")
"""The first line of a file."""


class Entry(NamedTuple):
    """What the index says of one run."""

    project: str
    row: tuple[Any, ...]
    """As `brief.header_from` takes it."""
    errors: tuple[str, ...]
    """Case-folded."""
    sha256: str
    """Of the run's line."""
    offset: int
    """Of its frame."""
    length: int

    @property
    def run_id(self) -> str:
        return str(self.row[0])


def line_of(run: FiledRun) -> bytes:
    lost = {"lost": True} if run.is_lost else {}
    said = {"project": run.project, **lost, "log": stored_log(run.log)}
    return (json.dumps(said, separators=(",", ":"), sort_keys=True) + "\n").encode("ascii")


def run_in(line: bytes, path: str) -> FiledRun | None:
    """None for a line that says the format. Raises `SchemaTooNew`, `StoreDamaged`."""
    try:
        said = json.loads(line)
        if "log" in said:
            return FiledRun(said["project"], log_from(said["log"]), bool(said.get("lost")))
        newer = said["format"] > FORMAT
    except (ValueError, KeyError, TypeError) as error:
        raise StoreDamaged(f"{path} has a line that cannot be read: {error}") from error
    if newer:
        raise SchemaTooNew(f"{path} has format {said['format']}; this version knows {FORMAT}")
    return None


def hash_of(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def entry_of(run: FiledRun, line: bytes, offset: int, length: int) -> Entry:
    log, header = run.log, header_of(run.log, lost=run.is_lost)
    errors = dict.fromkeys(step.error.casefold() for step in log.steps if step.error)
    if log.output is not None and log.output.error:
        errors[log.output.error.casefold()] = None
    row = (
        log.run_id,
        log.workflow_id,
        log.workflow_version,
        log.workflow_hash,
        str(header.status),
        to_micros(log.start_time),
        None if log.output is None else to_micros(log.output.end_time),
        brief_of(log, header),
    )
    return Entry(run.project, row, tuple(errors), hash_of(line), offset, length)


def index_line(entry: Entry) -> bytes:
    return (compact(entry._asdict()) + "\n").encode("ascii")


def beginning_of(project: str, run_id: str) -> bytes:
    """Of the line of a run."""
    return f'{{"project":{compact(project)},"row":[{compact(run_id)},'.encode("ascii")


def entry_in(line: bytes) -> Entry | None:
    """None for a line that was torn."""
    try:
        said = json.loads(line)
        return Entry(**{**said, "row": tuple(said["row"]), "errors": tuple(said["errors"])})
    except (ValueError, KeyError, TypeError):
        return None


def fits(entry: Entry, project: str, wanted: RunFilter) -> bool:
    """Whether it is one of those. Raises `Refused` where the cursor is none."""
    run_id, workflow, version, text_hash, status, started, _, brief = entry.row
    return (
        entry.project == project
        and (wanted.cursor is None or (started, run_id) < position_from(wanted.cursor))
        and wanted.workflow in (None, workflow)
        and wanted.version in (None, version)
        and wanted.workflow_hash in (None, text_hash)
        and wanted.status in (None, status)
        and (wanted.since is None or started >= to_micros(wanted.since))
        and (wanted.until is None or started < to_micros(wanted.until))
        and (wanted.node is None or wanted.node in json.loads(brief)["nodes"])
        and (wanted.text is None or any(wanted.text.casefold() in error for error in entry.errors))
    )


def cursor_behind(header: RunHeader) -> str:
    """For what follows that run in the list."""
    return cursor_from((to_micros(header.start_time), header.run_id))
