"""How a daemon that starts goes on with a journal that one before it has begun.

The steps of a run that is not over are taken from the store. From where the first such run began, the journal is looked
through for what is said of whole runs, and no more; where the store has not what the journal says, all is read again
from there. Runs that began before are over, so what is said of them is passed over; a document that was brought before
is looked up when a run names it.
"""

from functools import partial

from darwinflow.daemon.fold import Fold, ProjectOf, Understand
from darwinflow.daemon.journals import (
    LEAST_READ_BYTES,
    READ_BYTES,
    Journal,
    NewerJournal,
    opened,
    whole_lines,
)
from darwinflow.daemon.ledger import is_other
from darwinflow.daemon.lines import applied
from darwinflow.model.errors import RunNotFound
from darwinflow.model.run import ExecutionLog
from darwinflow.ports.tenant import TenantStore
from darwinflow.recorder.events import Event, decode

_OF_A_RUN = b'{"v":1,"event":"run.'
"""How a recorder's lines begin that name a document and do not bring it."""
_OF_A_STEP = b'{"v":1,"event":"step.'


class Resuming:
    """Used by the intake's thread alone."""

    def __init__(self, tenant: TenantStore, project_of: ProjectOf, understand: Understand) -> None:
        self._tenant = tenant
        self._project_of = project_of
        self._understand = understand

    def begun(self, path: str) -> Journal:
        """The journal at *path*, at what must be known of it."""
        name = path.rpartition("/")[2]
        taken = self._tenant.read(lambda tx: tx.journals.taken(name))
        return Journal(path, taken, self._fold(path, taken.needed))

    def catch_up(self, journal: Journal) -> None:
        """Move *journal* on to what is taken of it, where the store has what was read before.

        Raises `OSError`, `NoJournal`, `JournalFault`, `StoreError`.
        """
        needed = journal.position
        # One of which all is needed may be of a daemon that did not note what was refused.
        if needed and not (self._looked_through(journal) and self._restored(journal)):
            journal.fold = self._fold(journal.path, needed)
            journal.position = needed

    def _fold(self, path: str, needed: int) -> Fold:
        return Fold(self._project_of, self._understand, partial(_earlier_document, path, needed))

    def _looked_through(self, journal: Journal) -> bool:
        """Take in what is said of runs up to what is taken; False where there is no such place."""
        with opened(journal.path) as fd:
            while journal.position < journal.taken:
                chunk, _ = whole_lines(fd, journal.position, READ_BYTES)
                if not chunk:
                    return False
                for line in chunk[:-1].split(b"\n"):
                    if not line.startswith(_OF_A_STEP) and isinstance(applied(journal, line), NewerJournal):
                        return False
                    journal.position += len(line) + 1
                    if journal.position >= journal.taken:
                        break
        journal.fold.changes(replayed=True)
        return journal.position == journal.taken

    def _restored(self, journal: Journal) -> bool:
        for project, began in journal.fold.open_runs():
            known = self._known(project, began.run_id)
            if known is None or known.output is not None or is_other(known, began):
                return False
            journal.fold.restore(began.run_id, known.steps)
        return True

    def _known(self, project: str, run_id: str) -> ExecutionLog | None:
        try:
            return self._tenant.read(lambda tx: tx.logs(project).get_log(run_id))
        except RunNotFound:
            return None


def _earlier_document(path: str, end: int, content_hash: str) -> Event | None:
    """What brought the document of *content_hash* in the first *end* bytes. Raises `OSError`, `NoJournal`."""
    wanted = content_hash.encode("ascii", "replace")
    at = 0
    with opened(path) as fd:
        while at < end:
            lines = whole_lines(fd, at, min(LEAST_READ_BYTES, end - at))[0]
            if not lines:
                return None
            found = lines.find(wanted)
            while found >= 0:
                begin, stop = lines.rfind(b"\n", 0, found) + 1, lines.find(b"\n", found)
                event = None if lines.startswith(_OF_A_RUN, begin) else decode(lines[begin:stop])
                if isinstance(event, dict) and (event["event"], event.get("hash")) == (
                    "document",
                    content_hash,
                ):
                    return event
                found = lines.find(wanted, stop)
            at += len(lines)
    return None
