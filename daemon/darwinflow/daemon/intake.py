"""Takes in what programs have written into their journals, in a thread of its own.

All that waits is stored in one transaction together with how far each journal was read, so each event arrives
exactly once whoever dies, and steps of live runs do not cost a commit each.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future

from darwinflow.daemon.fold import ProjectOf, Understand
from darwinflow.daemon.held import held_by
from darwinflow.daemon.journals import Journal, NewerJournal, NoJournal, opened, take_lock
from darwinflow.daemon.ledger import JournalFault, Ledger
from darwinflow.daemon.lines import applied
from darwinflow.daemon.resuming import Resuming
from darwinflow.daemon.spool_folder import SpoolFolder, is_journal
from darwinflow.daemon.waiter import Waiter
from darwinflow.model.errors import StoreError
from darwinflow.ports.tenant import TenantStore
from darwinflow.recorder.poke import QUIET_S
from darwinflow.rpc.session import Held

log = logging.getLogger(__name__)

GATHER_S = 0.015
"""After the first poke: what comes until then shares its commit."""
_RESTS = 2
"""So many times as long as a batch took, at least, until the next: a run that is cut by its end costs several whole ones."""
LONGEST_REST_S = 0.1
LOOK_AGAIN_S = 1.0
"""For programs that went away without a word."""
SCAN_AGAIN_S = 5.0
"""For journals whose pokes were lost."""
BATCH_BYTES = 256 << 10
"""Of lines in one transaction. A short journal waits for as much of the long ones beside it."""
_MOST_WARNINGS = 20
"""Of faulty lines a journal and batch; the rest is counted."""


class Intake:
    """One a tenant. Counters are for `daemon/status`."""

    def __init__(
        self, spool: str, tenant: TenantStore, project_of: ProjectOf, understand: Understand
    ) -> None:
        self._resuming = Resuming(tenant, project_of, understand)
        self._spool = SpoolFolder(spool, self._resuming.begun)
        self._ledger = Ledger(tenant, self._pause)
        self._poked: dict[str, float] = {}
        """Names, and when they were told last."""
        self._must_scan = True
        self._came: list[Waiter] = []
        """To be served by the next round."""
        self._waiting: list[Waiter] = []
        """To be served by this round."""
        self._held: Held | None = None
        """The store does not take what is read: nobody should wait for that."""
        self._stopping = False
        self._rested_at = 0.0
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._serve, name="intake", daemon=True)
        self.events_taken = self.lines_refused = self.runs_lost = 0

    @property
    def journals(self) -> int:
        return self._spool.there

    @property
    def journals_left_alone(self) -> int:
        return self._spool.left_alone

    @property
    def runs_refused(self) -> int:
        return self._ledger.runs_refused

    @property
    def held(self) -> Held | None:
        """Since when and why the store takes nothing; None while it does."""
        return self._held

    def start(self) -> None:
        self._thread.start()

    def poke(self, names: Iterable[str], *, scan: bool = False) -> None:
        """These journals have grown; *scan*: perhaps others, too. From any thread."""
        with self._changed:
            is_news = scan or not self._poked  # else a batch is being gathered, which takes these in, too
            self._poked.update(dict.fromkeys(names, time.monotonic()))
            self._must_scan |= scan
            if is_news:
                self._changed.notify()

    def behind(self) -> "Future[None] | None":
        """Done when all that is in the journals now is stored; None where it is already. From any thread.

        It may take as long as there is much to read: who will not wait any more cancels it.
        """
        grown = self._spool.grown() if self._held is None else {}
        if not grown:
            return None
        waiter = Waiter(grown, Future())
        with self._changed:
            if self._stopping:
                return None
            self._poked.update(dict.fromkeys(grown, time.monotonic()))
            self._came.append(waiter)
            self._changed.notify()
        return waiter.told

    def stop(self) -> None:
        """Store what was begun and end. What is not taken in yet waits in the spool."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()
        self._release()

    def _serve(self) -> None:
        scanned_at = looked_at = 0.0
        unread: set[str] = set()
        while not self._stopping:
            poked, scan = self._awaited(scanned_at == 0.0 or bool(unread))
            poked, unread = poked | unread, set()
            now = time.monotonic()
            try:
                if scan or now - scanned_at >= SCAN_AGAIN_S:
                    scanned_at = now
                    self._spool.sweep()
                    poked.update(self._spool.grown())
                if now - looked_at >= LOOK_AGAIN_S:
                    looked_at = now
                    self._finish(self._spool.names() - poked)
                if poked:
                    unread = self._take_in(poked)
                    took = time.monotonic() - now
                    self._rested_at = now + took + min(_RESTS * took, LONGEST_REST_S)
                self._held = None
                (self._release_served if unread else self._release)()
            except JournalFault as fault:
                log.exception("a journal waits for a newer version")
                self._spool.forget_all()
                self._spool.leave_alone(fault.journal, fault)
                self.poke((), scan=True)
            except StoreError as error:
                if self._held is None:
                    log.error("journals cannot be read on and wait: %s", error.with_advice)  # noqa: TRY400
                self._spool.forget_all()
                self.poke((), scan=True)
                self._pause(LOOK_AGAIN_S)
            except Exception:  # a fault of ours; the journals are read again from what they need
                log.exception("taking in journals failed")
                self._spool.forget_all()
                self._pause(LOOK_AGAIN_S)

    def _awaited(self, at_once: bool) -> tuple[set[str], bool]:  # noqa: FBT001 - what is begun waits for nobody
        with self._changed:
            if not at_once and not self._poked and not self._must_scan and not self._stopping:
                self._changed.wait(LOOK_AGAIN_S if self._spool else SCAN_AGAIN_S)
            if self._poked and not at_once:
                rest_s = max(GATHER_S, self._rested_at - time.monotonic())
                self._changed.wait_for(lambda: self._came or self._stopping, rest_s)
            self._waiting, self._came = [*self._waiting, *self._came], []
            # What follows a poke at once is not told: such journals are looked at again.
            quiet_since = time.monotonic() - QUIET_S
            poked, self._poked = (
                self._poked,
                {name: at for name, at in self._poked.items() if at > quiet_since},
            )
            scan, self._must_scan = self._must_scan, False
        return {name for name in poked if is_journal(name)}, scan

    def _pause(self, seconds: float) -> bool:
        """After a failure, in its handler; whether to go on."""
        self._held = held_by(sys.exception(), self._held)
        self._release()
        with self._changed:
            return not self._changed.wait_for(lambda: self._stopping, seconds)

    def _release_served(self) -> None:
        """Tell those for whom enough of this round is done."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if all(self._spool.is_stored(name, size) for name, size in waiter.sizes.items()):
                waiter.tell()
            else:
                self._waiting.append(waiter)

    def _release(self) -> None:
        """Tell all who wait for this round; after a failure, and at the end, for the next one, too."""
        with self._changed:
            waiting, self._waiting = self._waiting, []
            if self._held is not None or self._stopping:
                waiting, self._came = [*waiting, *self._came], []
        for waiter in waiting:
            waiter.tell()

    def _take_in(self, names: set[str]) -> set[str]:
        """Store what is new in these journals, up to a batch; returns those that have more.

        Each has an equal share of the batch, and those of which least was read before come first.
        """
        left, read = BATCH_BYTES, list[Journal]()
        unread, resting = set[str](), set[str]()
        for at, name in enumerate(sorted(names, key=self._spool.position)):
            journal = self._spool.journal(name)
            if journal is None:
                continue
            if journal.rests():
                resting.add(name)
                continue
            if left <= 0:
                unread.add(name)
                continue
            came = self._fold_in(journal, left // (len(names) - at) or 1)
            if came is None:
                continue
            left -= came
            if journal.size < 0:
                unread.add(name)
            read.append(journal)
        new = [journal for journal in read if journal.position > journal.taken]
        if new:
            self._ledger.store(new)
        for journal in read:
            journal.settled = journal.size
        self._finish({journal.name for journal in read} - unread | resting)
        return unread

    def _fold_in(self, journal: Journal, most: int) -> int | None:
        """Read on; how many bytes. None where there is no such file any more, or it is none of ours."""
        refused = 0
        journal.size = -1
        try:
            if journal.position < journal.taken:
                self._resuming.catch_up(journal)
            before = journal.position
            for line in journal.lines(most):
                problem = applied(journal, line.text)
                if isinstance(problem, NewerJournal):
                    if journal.position > journal.taken:
                        break  # what came before is stored first
                    raise problem
                if not journal.take(line, problem):
                    journal.fold.changes(replayed=True)
                    continue
                self.events_taken += 1
                if problem is not None:
                    refused += 1
                    if refused <= _MOST_WARNINGS:
                        log.warning("%s, before byte %d: %s", journal.path, line.end, problem)
        except FileNotFoundError:
            self._spool.forget(journal.name)
            return None
        except (OSError, NoJournal, NewerJournal) as error:
            self._spool.leave_alone(journal, error)
            return None
        if refused > _MOST_WARNINGS:
            log.warning("%s: %d lines are left out", journal.path, refused)
        self.lines_refused += refused
        return journal.position - before

    def _finish(self, names: set[str]) -> None:
        """Take away journals that are wholly stored and whose programs are gone; their open runs are lost."""
        for name in names:
            journal = self._spool.known(name)
            if journal is None:
                continue
            try:
                with opened(journal.path) as fd:
                    if take_lock(fd):
                        self._end(journal, fd)
            except FileNotFoundError:
                self._spool.forget(name)
            except (OSError, NoJournal) as error:
                self._spool.leave_alone(journal, error)

    def _end(self, journal: Journal, fd: int) -> None:
        size = os.fstat(fd).st_size
        torn = os.pread(fd, max(0, size - journal.position), journal.position)
        if b"\n" in torn:
            self.poke([journal.name])  # a last word came between our reading and the program's end
            return
        self.runs_lost += self._ledger.store_lost(journal)
        if not journal.remove(fd, size):
            self.poke([journal.name])
            return
        if torn:
            self.lines_refused += 1
            log.warning("%s ended in half a line of %d bytes, which is left out", journal.path, len(torn))
        self._spool.forget(journal.name)
        self._ledger.forget(journal.name)
