"""Takes in what programs have written into their journals, in a thread of its own.

All that waits is stored in one transaction together with how far each journal was read, so each event arrives
exactly once whoever dies, and steps of live runs do not cost a commit each.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable

from darwinflow.daemon.fold import Change, Fold, ProjectOf, Understand
from darwinflow.daemon.journals import Journal, NoJournal, opened, take_lock
from darwinflow.model.errors import Conflict, NotFound, Refused, StoreError
from darwinflow.ports.tenant import TenantStore, Transaction
from darwinflow.recorder.events import Problem, decode
from darwinflow.recorder.journal import NEW_PREFIX, SUFFIX
from darwinflow.storage.recording import record, record_finish, record_lost, record_start, record_steps

log = logging.getLogger(__name__)

GATHER_S = 0.015
"""After the first poke: what comes until then shares its commit."""
LOOK_AGAIN_S = 1.0
"""For programs that went away without a word."""
SCAN_AGAIN_S = 5.0
"""For journals whose pokes were lost."""
BATCH_BYTES = 4 << 20
"""Of lines in one transaction."""
_PATIENCE_S = (0.1, 0.5, 2.0, 5.0)
_DRAFT_IS_OLD_S = 60.0
_MOST_WARNINGS = 20
"""Of faulty lines a journal and batch; the rest is counted."""


class Intake:
    """One a tenant. Counters are for `daemon/status`."""

    def __init__(
        self, spool: str, tenant: TenantStore, project_of: ProjectOf, understand: Understand
    ) -> None:
        self._spool = spool
        self._tenant = tenant
        self._project_of = project_of
        self._understand = understand
        self._journals: dict[str, Journal] = {}
        self._not_ours: set[str] = set()
        self._gone: list[str] = []
        """Files that were removed and whose offsets are still to be forgotten."""
        self._poked: set[str] = set()
        self._must_scan = True
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, name="intake", daemon=True)
        self.events_taken = 0
        self.lines_refused = 0
        self.runs_lost = 0

    @property
    def journals(self) -> int:
        return len(self._journals)

    def start(self) -> None:
        self._thread.start()

    def poke(self, names: Iterable[str], *, scan: bool = False) -> None:
        """These journals have grown; *scan*: perhaps others, too. From any thread."""
        with self._changed:
            self._poked.update(names)
            self._must_scan |= scan
            self._changed.notify()

    def stop(self) -> None:
        """Store what was begun and end. What is not taken in yet waits in the spool."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _serve(self) -> None:
        scanned_at = looked_at = 0.0
        while not self._stopping:
            poked, scan = self._awaited(scanned_at == 0.0)
            now = time.monotonic()
            try:
                if scan or now - scanned_at >= SCAN_AGAIN_S:
                    scanned_at = now
                    poked |= self._grown()
                if now - looked_at >= LOOK_AGAIN_S:
                    looked_at = now
                    self._finish(set(self._journals) - poked)
                while poked and not self._stopping:
                    poked = self._take_in(poked)
            except Exception:
                # A fault of ours; the journals lie where they are and are read again from their offsets.
                log.exception("taking in journals failed")
                self._journals.clear()
                time.sleep(LOOK_AGAIN_S)

    def _awaited(self, at_once: bool) -> tuple[set[str], bool]:  # noqa: FBT001 - the first round waits for nobody
        with self._changed:
            if not at_once and not self._poked and not self._must_scan and not self._stopping:
                self._changed.wait(LOOK_AGAIN_S if self._journals else SCAN_AGAIN_S)
            gather = bool(self._poked) and not self._stopping
        if gather:
            time.sleep(GATHER_S)
        with self._changed:
            poked, self._poked = self._poked, set()
            scan, self._must_scan = self._must_scan, False
        return {name for name in poked if _is_journal(name)}, scan

    def _grown(self) -> set[str]:
        """Names of journals whose size is another than it was."""
        grown: set[str] = set()
        try:
            entries = list(os.scandir(self._spool))
        except FileNotFoundError:
            return grown
        for entry in entries:
            try:
                size = entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                continue
            if entry.name.startswith(NEW_PREFIX):
                _sweep(entry)
            elif _is_journal(entry.name) and entry.name not in self._not_ours:
                known = self._journals.get(entry.name)
                if known is None or known.size != size:
                    grown.add(entry.name)
        return grown

    def _take_in(self, names: set[str]) -> set[str]:
        """Store what is new in these journals, up to a batch; returns those that have more."""
        left = BATCH_BYTES
        unread: set[str] = set()
        read: list[Journal] = []
        for name in sorted(names):
            journal = self._journal(name)
            if journal is None:
                continue
            if left <= 0:
                unread.add(name)
                continue
            before = journal.position
            if not self._fold_in(journal, left):
                continue
            left -= journal.position - before
            if journal.size < 0:
                unread.add(name)
            read.append(journal)
        new = [journal for journal in read if journal.position > journal.taken]
        if new:
            self._store(new)
        self._finish({journal.name for journal in read} - unread)
        return unread

    def _journal(self, name: str) -> Journal | None:
        journal = self._journals.get(name)
        if journal is None and name not in self._not_ours:
            taken = self._tenant.read(lambda tx: tx.journals.offset(name))
            fold = Fold(self._project_of, self._understand)
            journal = self._journals[name] = Journal(os.path.join(self._spool, name), taken, fold)
        return journal

    def _fold_in(self, journal: Journal, most: int) -> bool:
        """Read on; False where there is no such file any more, or it is none of ours."""
        refused = 0
        journal.size = -1
        try:
            for line in journal.lines(most):
                problem = _applied(journal.fold, line.text)
                journal.position = line.end
                if line.end <= journal.taken:
                    journal.fold.changes()  # stored by the daemon of before
                    continue
                self.events_taken += 1
                if problem is not None:
                    refused += 1
                    if refused <= _MOST_WARNINGS:
                        log.warning("%s, before byte %d: %s", journal.path, line.end, problem)
        except FileNotFoundError:
            del self._journals[journal.name]
            return False
        except (OSError, NoJournal) as error:
            self._leave_alone(journal, error)
            return False
        if refused > _MOST_WARNINGS:
            log.warning("%s: %d lines are left out", journal.path, refused)
        self.lines_refused += refused
        return True

    def _leave_alone(self, journal: Journal, error: Exception) -> None:
        log.warning("a journal is left alone: %s", error)
        del self._journals[journal.name]
        self._not_ours.add(journal.name)

    def _store(self, read: list[Journal]) -> None:
        """Commit what is new in *read*; tries again until it succeeds, or the daemon stops."""
        gone, self._gone = self._gone, []
        offsets = [(journal.name, journal.position) for journal in read]
        changes = [(journal, change) for journal in read for change in journal.fold.changes()]

        def work(tx: Transaction) -> list[Refusal]:
            if all(tx.journals.offset(name) >= offset for name, offset in offsets):
                return []  # an earlier try took effect, though its commit was reported as failed
            for name, offset in offsets:
                tx.journals.advance(name, offset)
            for name in gone:
                tx.journals.forget(name)
            return _stored(tx, changes)

        self._note(self._committed(work))
        for journal in read:
            journal.taken = journal.position

    def _finish(self, names: set[str]) -> None:
        """Take away journals that are wholly stored and whose programs are gone; their open runs are lost."""
        for name in names:
            journal = self._journals.get(name)
            if journal is None:
                continue
            try:
                with opened(journal.path) as fd:
                    if take_lock(fd):
                        self._end(journal, fd)
            except FileNotFoundError:
                del self._journals[name]
            except (OSError, NoJournal) as error:
                self._leave_alone(journal, error)

    def _end(self, journal: Journal, fd: int) -> None:
        size = os.fstat(fd).st_size
        torn = os.pread(fd, size - journal.position, journal.position)
        if b"\n" in torn:
            self.poke([journal.name])  # a last word came between our reading and the program's end
            return
        journal.fold.lose()
        lost = [(journal, change) for change in journal.fold.changes()]
        if lost:
            self._note(self._committed(lambda tx: _stored(tx, lost)))
            self.runs_lost += len(lost)
        if not journal.remove(fd, size):
            self.poke([journal.name])
            return
        if torn:
            self.lines_refused += 1
            log.warning("%s ended in half a line of %d bytes, which is left out", journal.path, len(torn))
        del self._journals[journal.name]
        self._gone.append(journal.name)

    def _note(self, refusals: list["Refusal"]) -> None:
        for journal, run_id, message in refusals:
            log.warning("%s: run %s is not kept as it was recorded: %s", journal.path, run_id, message)
            journal.fold.refuse(run_id)

    def _committed(self, work: "Work") -> list["Refusal"]:
        tries = 0
        while True:
            try:
                return self._tenant.write(work).result()
            except StoreError as error:
                if self._stopping:
                    raise
                if tries == 0:
                    log.error("journals cannot be taken in and wait in the spool: %s", error)  # noqa: TRY400
                with self._changed:
                    self._changed.wait(_PATIENCE_S[min(tries, len(_PATIENCE_S) - 1)])
                tries += 1


Refusal = tuple[Journal, str, str]
"""A run that the store does not take, and why."""
Work = Callable[[Transaction], list[Refusal]]


def _applied(fold: Fold, line: bytes) -> str | None:
    """What is wrong with *line*, if something is."""
    if not line.strip():
        return None
    event = decode(line)
    return event.message if isinstance(event, Problem) else fold.apply(event)


def _stored(tx: Transaction, changes: list[tuple[Journal, Change]]) -> list[Refusal]:
    refusals: list[Refusal] = []
    for journal, change in changes:
        try:
            _store_one(tx, change)
        except (Conflict, NotFound, Refused) as error:
            # Raised before anything of it was written; the other runs must not wait for this one.
            refusals.append((journal, change.run_id, str(error)))
    return refusals


def _store_one(tx: Transaction, change: Change) -> None:
    project, run_id = change.project, change.run_id
    if change.start is not None and change.start.output is not None:
        record(tx, project, change.start)
        return
    if change.start is not None:
        record_start(tx, project, change.start)
    if change.steps:
        record_steps(tx, project, run_id, change.steps)
    if change.output is not None:
        record_finish(tx, project, run_id, change.output)
    elif change.is_lost:
        record_lost(tx, project, run_id)


def _is_journal(name: str) -> bool:
    return name.endswith(SUFFIX) and not name.startswith(".") and os.path.basename(name) == name


def _sweep(entry: "os.DirEntry[str]") -> None:
    """Take away what a program left that was killed before its journal had a name."""
    try:
        if time.time() - entry.stat(follow_symlinks=False).st_mtime < _DRAFT_IS_OLD_S:
            return
        with opened(entry.path) as fd:
            if take_lock(fd):
                os.unlink(entry.path)
    except (OSError, NoJournal) as error:
        log.warning("%s stays: %s", entry.path, error)
