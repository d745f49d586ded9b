"""Brings an index up to its segments: what a crash has kept from it, or all there is where it is made anew."""

import contextlib
import logging
from collections.abc import Iterator
from heapq import heappop, heappush

from darwinflow.model.errors import Conflict, NotFound, Refused, RunNotFound, StoreDamaged
from darwinflow.ports.journals import Taken
from darwinflow.ports.logs import LogRepository
from darwinflow.ports.outbox import Pending
from darwinflow.storage.files.log_records import (
    ERASED,
    GONE,
    JOURNAL,
    LOST,
    PENDING,
    PINNED,
    RUN,
    SETTLED,
    START,
    STEP,
    Record,
)
from darwinflow.storage.files.log_segments import Group
from darwinflow.storage.files.log_session import TAIL_BYTES, LogSession
from darwinflow.storage.log_codec import log_from, step_from
from darwinflow.storage.sqlite.fetch import bindable
from darwinflow.storage.sqlite.log_index import Covered, Damaged
from darwinflow.storage.sqlite.marks import RunMarks

log = logging.getLogger(__name__)

_GROUPS_IN_ONE_COMMIT = 500

Run = tuple[str, str]
"""Project and run id."""


class Replay:
    """Of the segments *names*, from where the index ends."""

    def __init__(self, session: LogSession, names: list[str]) -> None:
        self._session = session
        self._names = names
        self._outbox = session.pending
        self._last_pending = self._settled = 0
        self._uncertain: list[tuple[int, Run]] = []
        """Finished runs whose batch is damaged, with the number of the last row of the outbox before it."""
        self.groups = 0

    def whole(self) -> None:
        """In transactions of its own. Raises `SchemaTooNew`, with what was taken in before it kept."""
        index = self._session.index
        index.begin()
        try:
            for name, group in self._in_order():
                self._take(name, group)
                if self.groups % _GROUPS_IN_ONE_COMMIT == 0:
                    index.commit()
                    index.begin()
            index.commit()
        except BaseException:
            index.roll_back()
            raise
        finally:
            self._session.replayed = None

    def inside(self) -> None:
        """In the transaction that has begun."""
        try:
            for name, group in self._in_order():
                self._take(name, group)
        finally:
            self._session.replayed = None

    def to_be_announced(self) -> list[Run]:
        """Finished runs of which the damage may have swallowed that they are to be counted and announced."""
        return [run for before, run in self._uncertain if before >= self._settled]

    def _in_order(self) -> Iterator[tuple[str, Group]]:
        """By the numbers of batches: where the clock was set back, a later batch lies in an earlier segment."""
        covered = self._session.index.covered()
        heap: list[tuple[int, str, Group, Iterator[Group]]] = []
        waiting: list[tuple[int, str, Group, Iterator[Group]]] = []
        for name in self._names:
            start = covered[name].size if name in covered else 0
            if (self._session.segments.size(name) or 0) > start:
                groups = self._session.segments.groups(name, start)
                first = next(groups, None)
                if first is not None:
                    waiting.append((first.number, name, first, groups))
        waiting.sort(key=lambda entry: entry[:2], reverse=True)
        while heap or waiting:
            while waiting and (not heap or waiting[-1][0] <= heap[0][0]):
                heappush(heap, waiting.pop())
            number, name, group, rest = heappop(heap)
            yield name, group
            following = next(rest, None)
            if following is not None:
                heappush(heap, (following.number or number, name, following, rest))

    def _take(self, name: str, group: Group) -> None:
        self.groups += 1
        if group.is_torn:
            group = self._without_torn_line(name, group)
            if not group.pieces:
                return
        session = self._session
        for piece in group.pieces:
            if piece.record is None:
                self._tell_damage(Damaged(name, piece.offset, piece.length))
                continue
            session.replayed = f"{name}:{piece.offset}:{piece.length}"
            try:
                self._apply(piece.record, is_whole=group.is_whole)
            except (Conflict, NotFound, Refused, StoreDamaged, KeyError, TypeError, ValueError) as error:
                log.warning(
                    "%s/%s: the record at byte %d is passed over: %s",
                    session.segments.path, name, piece.offset, error,
                )  # fmt: skip
                session.index.note_damage(Damaged(name, piece.offset, piece.length))
        if not group.is_whole and group.number:
            log.warning("%s/%s: batch %d is not whole", session.segments.path, name, group.number)
        end = min(group.end, session.segments.size(name) or 0)
        tail = session.segments.read(name, max(end - TAIL_BYTES, 0), min(end, TAIL_BYTES))
        session.index.cover(name, Covered(end, group.number, tail))

    def _without_torn_line(self, name: str, group: Group) -> Group:
        """*group* without its last line, where only its beginning was written. Lines before it say of themselves that they
        are whole: they are kept, also where nobody was told that they are stored, for somebody may have been.
        """
        torn = group.pieces[-1]
        if torn.record is not None:
            return group
        segments = self._session.segments
        segments.set_aside_foreign(name, torn.offset, group.end)
        log.warning(
            "%s/%s: a line that was never written to its end is cut off: %d bytes from byte %d on",
            segments.path, name, group.end - torn.offset, torn.offset,
        )  # fmt: skip
        segments.cut(name, torn.offset)
        return group._replace(pieces=group.pieces[:-1], end=torn.offset)

    def _tell_damage(self, damaged: Damaged) -> None:
        log.warning(
            "%s/%s: %d bytes at byte %d are no record any more and are passed over",
            self._session.segments.path, damaged.segment, damaged.length, damaged.offset,
        )  # fmt: skip
        self._session.index.note_damage(damaged)

    def _apply(self, record: Record, *, is_whole: bool) -> None:
        kind = record["record"]
        if kind == JOURNAL:
            # Where records of the batch are gone, the journal may still have what they said.
            if is_whole:
                self._apply_offset(record)
        elif kind == PENDING:
            pending = Pending(record["number"], record["project"], record["runId"], record["kind"])
            self._outbox.restore(pending)
            self._last_pending = max(self._last_pending, pending.number)
        elif kind == SETTLED:
            self._outbox.settle(record["number"])
            self._settled = max(self._settled, record["number"])
            self._last_pending = max(self._last_pending, self._settled)
        elif kind == GONE:
            marks = RunMarks(self._session.connection, bindable(record["project"]))
            marks.note_at_least(record["runs"])
        else:
            self._apply_to_run(kind, record, is_whole=is_whole)

    def _apply_offset(self, record: Record) -> None:
        if record["taken"] is None:
            self._session.journals.forget(record["journal"])
        else:
            taken = Taken(record["taken"], record.get("needed", 0), record.get("hasRefused", False))
            self._session.journals.advance(record["journal"], taken)

    def _apply_to_run(self, kind: str, record: Record, *, is_whole: bool) -> None:
        project, run_id = record["project"], record["runId"]
        logs = self._session.logs(project)
        if kind == ERASED:
            marks = RunMarks(self._session.connection, bindable(project))
            marks.forget(run_id)
            marks.note_removed(run_id, for_good=bool(record.get("forGood")))
            self._outbox.forget(project, run_id)
        elif kind == PINNED:
            with contextlib.suppress(RunNotFound):
                logs.pin(run_id, pinned=bool(record["pinned"]))
        elif kind == START:
            logs.start(log_from(record["log"]))
        elif kind in (STEP, LOST):
            # Where the record of its start is gone, the run is there again when it finishes.
            with contextlib.suppress(RunNotFound):
                if kind == LOST:
                    logs.mark_lost(run_id)
                else:
                    logs.append_step(run_id, record["index"], step_from(record["step"]))
        elif kind == RUN:
            finished = log_from(record["log"])
            if _is_live(logs, run_id):
                # The record has the whole log, also where the record of a step is gone.
                self._session.index.remove_run(project, run_id)
            logs.store_log(finished)
            if not is_whole:
                self._uncertain.append((self._last_pending, (project, run_id)))


def _is_live(logs: LogRepository, run_id: str) -> bool:
    try:
        return not logs.header(run_id).status.finished
    except RunNotFound:
        return False
