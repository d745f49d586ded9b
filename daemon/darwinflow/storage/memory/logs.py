"""`LogRepository` in memory. Logs are kept encoded, so that nobody's later change to a value reaches them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from darwinflow.model.errors import Refused, RunConflict, RunErased, RunFinished, RunNotFound
from darwinflow.model.filter import Page, RunFilter
from darwinflow.model.run import ExecutionLog, RunHeader, RunOutput, RunStatus, StepLog, header_of
from darwinflow.storage.cursor import Position, cursor_from, position_from
from darwinflow.storage.instants import to_micros
from darwinflow.storage.live_steps import placed
from darwinflow.storage.log_codec import dump_log, load_log, same_content, same_output
from darwinflow.storage.memory.table import Table
from darwinflow.storage.names import check_run_id

_MOST_FOUND = 10


class Marks(NamedTuple):
    """What is kept of runs beside their logs, by project and id; see `LogRepository`."""

    pinned: Table[tuple[str, str], bool]
    erased: Table[tuple[str, str], bool]
    removed: Table[str, int]


class Run(NamedTuple):
    body: bytes
    header: RunHeader
    nodes: frozenset[str]
    errors: tuple[str, ...]
    """Case-folded."""


class MemoryLogRepository:
    __slots__ = ("_marks", "_project", "_runs")

    def __init__(self, runs: Table[tuple[str, str], Run], marks: Marks, project: str) -> None:
        self._runs = runs
        self._marks = marks
        self._project = project

    def store_log(self, log: ExecutionLog) -> bool:
        if log.output is None or not log.output.status.finished:
            raise Refused(f"run {log.run_id} has not finished", run=log.run_id)
        return self._insert(log)

    def start(self, log: ExecutionLog) -> bool:
        if log.output is not None:
            raise Refused(f"run {log.run_id} has finished", run=log.run_id)
        return self._insert(log)

    def append_step(self, run_id: str, index: int, step: StepLog) -> None:
        self.append_steps(run_id, [(index, step)])

    def append_steps(self, run_id: str, steps: Sequence[tuple[int, StepLog]]) -> None:
        run = self._run(run_id)
        if run.header.status.finished:
            raise RunFinished(f"run {run_id} has finished", run=run_id)
        log = load_log(run.body)
        known = dict(enumerate(log.steps)) | placed(run_id, len(log.steps), steps)
        self._put(replace(log, steps=tuple(known.values())), lost=run.header.status is RunStatus.LOST)

    def finish(self, run_id: str, output: RunOutput) -> ExecutionLog:
        if not output.status.finished:
            raise Refused(f"{output.status} is no end of a run", run=run_id)
        log = self.get_log(run_id)
        if log.output is not None:
            if same_output(log.output, output):
                return log
            raise RunFinished(f"run {run_id} has finished otherwise", run=run_id)
        log = replace(log, output=output)
        self._put(log, lost=False)
        return log

    def mark_lost(self, run_id: str) -> bool:
        run = self._run(run_id)
        if run.header.status is not RunStatus.RUNNING:
            return False
        self._put(load_log(run.body), lost=True)
        return True

    def get_log(self, run_id: str) -> ExecutionLog:
        return load_log(self._run(run_id).body)

    def header(self, run_id: str) -> RunHeader:
        return self._run(run_id).header

    def find(self, part: str) -> tuple[str, ...]:
        found = [
            run.header.run_id
            for run in self._newest_first()
            if run.header.run_id.startswith(part) or run.header.run_id.endswith(part)
        ]
        found.sort(key=lambda run_id: run_id != part)
        return tuple(found[:_MOST_FOUND])

    def query_logs(self, wanted: RunFilter) -> Page[RunHeader]:
        before = None if wanted.cursor is None else position_from(wanted.cursor)
        found = [
            run.header
            for run in self._newest_first()
            if _matches(run, wanted) and (before is None or _position(run.header) < before)
        ]
        shown = tuple(found[: wanted.limit])
        more = bool(shown) and len(found) > len(shown)
        return Page(shown, cursor_from(_position(shown[-1])) if more else None)

    def get_recent(self, workflow_id: str, version: int | None, limit: int) -> tuple[RunHeader, ...]:
        return self.query_logs(RunFilter(workflow=workflow_id, version=version, limit=limit)).items

    def workflows(self) -> tuple[str, ...]:
        return tuple(sorted({run.header.workflow_id for run in self._newest_first()}))

    def delete(self, run_id: str, *, for_good: bool) -> None:
        self._run(run_id)
        self._runs.remove((self._project, run_id))
        self._marks.pinned.remove((self._project, run_id))
        self._marks.removed.put(self._project, self.removed() + 1)
        if for_good:
            self._marks.erased.put((self._project, run_id), True)  # noqa: FBT003 - a set of keys

    def is_erased(self, run_id: str) -> bool:
        return self._marks.erased.get((self._project, run_id)) is not None

    def erased(self) -> tuple[str, ...]:
        return self._marked(self._marks.erased)

    def removed(self) -> int:
        return self._marks.removed.get(self._project) or 0

    def note_gone(self, erased: Iterable[str], removed: int) -> None:
        for run_id in erased:
            key = (self._project, run_id)
            if not self.is_erased(run_id):
                self._runs.remove(key)
                self._marks.pinned.remove(key)
                self._marks.removed.put(self._project, self.removed() + 1)
                self._marks.erased.put(key, True)  # noqa: FBT003 - a set of keys
        self._marks.removed.put(self._project, max(self.removed(), removed))

    def pin(self, run_id: str, *, pinned: bool) -> bool:
        self._run(run_id)
        key = (self._project, run_id)
        if pinned == (self._marks.pinned.get(key) is not None):
            return False
        if pinned:
            self._marks.pinned.put(key, True)  # noqa: FBT003 - a set of keys
        else:
            self._marks.pinned.remove(key)
        return True

    def pinned(self) -> tuple[str, ...]:
        return self._marked(self._marks.pinned)

    def _marked(self, marks: Table[tuple[str, str], bool]) -> tuple[str, ...]:
        return tuple(sorted(run_id for (project, run_id), _ in marks.items() if project == self._project))

    def _insert(self, log: ExecutionLog) -> bool:
        check_run_id(log.run_id)
        if self.is_erased(log.run_id):
            raise RunErased(f"run {log.run_id} was deleted for good", run=log.run_id)
        if self._runs.get((self._project, log.run_id)) is None:
            self._put(log, lost=False)
            return True
        known = self.get_log(log.run_id)
        if log.output is None:
            same = same_content(replace(known, steps=(), output=None), replace(log, steps=()))
        else:
            same = same_content(known, log)
        if not same:
            raise RunConflict(f"run {log.run_id} is stored with other content", run=log.run_id)
        return False

    def _run(self, run_id: str) -> Run:
        run = self._runs.get((self._project, run_id))
        if run is None:
            raise RunNotFound(f"there is no run {run_id}", run=run_id)
        return run

    def _put(self, log: ExecutionLog, *, lost: bool) -> None:
        errors = [step.error for step in log.steps]
        if log.output is not None:
            errors.append(log.output.error)
        run = Run(
            body=dump_log(log),
            header=header_of(log, lost=lost),
            nodes=frozenset(step.node_id for step in log.steps),
            errors=tuple(error.casefold() for error in errors if error is not None),
        )
        self._runs.put((self._project, log.run_id), run)

    def _newest_first(self) -> list[Run]:
        mine = [run for (project, _), run in self._runs.items() if project == self._project]
        return sorted(mine, key=lambda run: _position(run.header), reverse=True)


def _position(header: RunHeader) -> Position:
    return to_micros(header.start_time), header.run_id


def _matches(run: Run, wanted: RunFilter) -> bool:
    header = run.header
    return (
        wanted.workflow in (None, header.workflow_id)
        and wanted.version in (None, header.workflow_version)
        and wanted.workflow_hash in (None, header.workflow_hash)
        and wanted.status in (None, header.status)
        and (wanted.node is None or wanted.node in run.nodes)
        and (wanted.since is None or header.start_time >= wanted.since)
        and (wanted.until is None or header.start_time < wanted.until)
        and (wanted.text is None or any(wanted.text.casefold() in error for error in run.errors))
    )
