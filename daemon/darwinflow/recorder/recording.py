"""Where the events of one run go: its beginning, its lines, its end.

Raises what goes wrong; `run` and `step` make warnings of that.
"""

import itertools
import os
from collections.abc import Callable, Mapping

from darwinflow.recorder.clean import NULL, STOPPING, JsonText, is_text, json_of, shown, sound_text, unread
from darwinflow.recorder.ending import Ending
from darwinflow.recorder.events import SUCCESS, Event, Problem, decode, line_of
from darwinflow.recorder.ids import MAX_NAME, Clock
from darwinflow.recorder.journal import Journal, JournalGone
from darwinflow.recorder.nesting import Outer
from darwinflow.recorder.origin import commit_of, origin
from darwinflow.recorder.paths import home_of
from darwinflow.recorder.redact import Redaction
from darwinflow.recorder.reference import Reference
from darwinflow.recorder.spool import MAX_SPOOL_BYTES, Spool, spool_of

_MOST_TAGS = 10_000
_joined: set[str] = set()
"""Runs of outer programs that this process has joined."""


class Beginning:
    """What is known of a run when it begins."""

    __slots__ = ("context", "redaction", "reference", "request", "tags")

    def __init__(
        self, reference: Reference, redaction: Redaction, request: JsonText, context: JsonText, tags: JsonText
    ) -> None:
        self.reference = reference
        self.redaction = redaction
        self.request = request
        self.context = context
        self.tags = tags


class Recording:
    """One run's way into the spool of this process."""

    __slots__ = (
        "_has_lost",
        "_indexes",
        "_pid",
        "clock",
        "is_joined",
        "is_over",
        "journal",
        "run",
        "spool",
        "started_at",
        "workflow",
    )  # fmt: skip

    def __init__(self, run: str, spool: Spool, journal: Journal, workflow: str, *, is_joined: bool) -> None:
        self.run = run
        self.spool = spool
        self.journal = journal
        self.workflow = workflow
        """`Reference.name`."""
        self.is_joined = is_joined
        """Whether another program began the run and will end it."""
        self.is_over = False
        self.started_at: int | None = None
        """Microseconds since 1970: by them this run is told from another of the same id. None where it was joined."""
        self.clock = Clock()
        self._has_lost = False
        self._pid = os.getpid()
        self._indexes = itertools.count()

    @property
    def is_here(self) -> bool:
        """False in a forked child of the process that began to record."""
        return os.getpid() == self._pid

    @property
    def is_whole(self) -> bool:
        """Whether all that was to be written of the run is in the journal, and that is still there."""
        return not self._has_lost and not self.journal.has_backlog

    def outer(self, step: str | None = None) -> Outer:
        """This run, as one that lies inside sees it."""
        return Outer(self.run, step, self.journal.name, self.workflow)

    def write(
        self,
        event: str,
        members: dict[str, object],
        values: dict[str, JsonText] | None = None,
        *,
        may_wait: bool = True,
        last: bool = False,
    ) -> int:
        """Append one event of this run and poke the daemon; its time. For the rest see `Journal.write`."""
        if self.is_over:
            raise JournalGone(f"run {self.run} is over")
        at = self.clock.now()
        line = line_of(event, {"run": self.run, "at": at, **members}, values)
        self._put(lambda: self.journal.write(line, may_wait=may_wait, last=last))
        self.spool.poker.poke(self.journal.name, at_once=last or not may_wait)
        return at

    def write_step(self, members: dict[str, object], values: dict[str, JsonText]) -> None:
        """Append a `step.started` with the next index of the run, also where several programs record it."""
        if self.is_over:
            raise JournalGone(f"run {self.run} is over")
        start = {"run": self.run, "at": self.clock.now(), **members}
        self._put(lambda: self._write_step(start, values))
        self.spool.poker.poke(self.journal.name, at_once=False)

    def _write_step(self, start: dict[str, object], values: dict[str, JsonText]) -> None:
        if self.journal.shared:
            self.journal.write_counted(
                f'"event":"step.started","run":"{self.run}"'.encode(),
                lambda index: line_of("step.started", {**start, "index": index}, values),
            )
        else:
            self.journal.write(line_of("step.started", {**start, "index": next(self._indexes)}, values))

    def _put(self, write: Callable[[], None]) -> None:
        """*write* a line, and note where it is lost for good."""
        try:
            write()
        except OSError:
            self._has_lost |= not self.journal.has_backlog
            raise
        except Exception:
            self._has_lost = True
            raise

    def end(self, ending: Ending, result: JsonText | None) -> None:
        """The run's last event. One that was joined is left open; what came of it is handed to who ends it."""
        try:
            if self.is_joined:
                if result is not None or ending.status != SUCCESS:
                    members: dict[str, object] = {"status": ending.status, "error": ending.error}
                    self.write("run.output", members, {"result": result or NULL}, last=True)
                return
            given = self._handed_over() if self.journal.shared else {}
            output = given.get("run.output", {})
            if output:
                status = str(output["status"]) if ending.status == SUCCESS else ending.status
                ending = Ending(status, ending.error if output["error"] is None else str(output["error"]))
            if result is None:
                result = json_of(output.get("result"), Redaction())
            joined = given.get("run.joined", {})
            metadata = {name: joined[name] for name in ("request", "context", "tags") if joined.get(name)}
            self.write(
                "run.finished",
                {"status": ending.status, "error": ending.error},
                {"result": result, "metadata": json_of(metadata, Redaction())},
                last=True,
            )
        finally:
            self.is_over = True
            self.spool.end(self.journal)

    def _handed_over(self) -> dict[str, Event]:
        """The first `run.joined` and the last `run.output` that other programs have left in the journal."""
        found: dict[str, Event] = {}
        kinds = [
            (kind, f'"event":"{kind}","run":"{self.run}"'.encode()) for kind in ("run.joined", "run.output")
        ]
        for line in self.journal.content().splitlines():
            for kind, marker in kinds:
                if (
                    marker in line
                    and not isinstance(event := decode(line), Problem)
                    and event["event"] == kind
                ):
                    found[kind] = found.get(kind, event) if kind == "run.joined" else event
        return found


def own_spool() -> Spool:
    """That of the home which the environment names."""
    limit = os.environ.get("DARWINFLOW_SPOOL_LIMIT", "")
    return spool_of(
        home_of(os.environ), int(limit) if limit.isascii() and limit.isdigit() else MAX_SPOOL_BYTES
    )


def begun(run: str, beginning: Beginning, outer: Outer | None) -> Recording:
    """A new run, below *outer* if there is one. Raises `OSError` and `SpoolFull`; then nothing is recorded."""
    spool = own_spool()
    journal = spool.begin()
    recording = Recording(run, spool, journal, beginning.reference.name, is_joined=False)
    try:
        _write_document(journal, beginning)
        _write_start(recording, beginning, outer)
    except BaseException:
        spool.end(journal)
        raise
    return recording


def joined(outer: Outer, beginning: Beginning | None) -> Recording | None:
    """The run that this program was started in, to be recorded on; None where it is not this program's to join.

    With a *beginning* it must be a run of the same workflow, and the first in this process that asks: a program
    which executes the workflow many times has many runs, below the outer one.
    """
    if outer.journal is None:
        return None
    if beginning is not None and (beginning.reference.name != outer.workflow or outer.run in _joined):
        return None
    spool = own_spool()
    try:
        journal = spool.join(outer.journal)
    except (OSError, JournalGone):
        return None
    recording = Recording(outer.run, spool, journal, outer.workflow or "", is_joined=True)
    if beginning is not None:
        _joined.add(outer.run)
        values = {"request": beginning.request, "context": beginning.context, "tags": beginning.tags}
        recording.write("run.joined", {"metadata": origin()}, values)
    return recording


def _write_document(journal: Journal, beginning: Beginning) -> None:
    reference = beginning.reference
    document = reference.document
    if document is None or document.hash in journal.documents:
        return
    members: dict[str, object] = {
        "hash": document.hash,
        "path": _path(reference.path),
        "workspace": _path(reference.workspace.folder),
        "settings": _settings(beginning),
        "text": document.text,
    }
    journal.write(line_of("document", members), may_wait=False)
    journal.documents.add(document.hash)


def _write_start(recording: Recording, beginning: Beginning, outer: Outer | None) -> None:
    reference = beginning.reference
    members: dict[str, object] = {
        "document": reference.document.hash if reference.document else None,
        "path": _path(reference.path),
        "workflow": reference.workflow and sound_text(reference.workflow)[:MAX_NAME],
        "version": reference.version,
        "workspace": _path(reference.workspace.folder),
        "settings": _settings(beginning),
        "parentRun": outer.run if outer else None,
        "parentStep": outer.step if outer else None,
        "metadata": {**origin(), "commit": commit_of(reference.workspace)},
    }
    values = {"request": beginning.request, "context": beginning.context, "tags": beginning.tags}
    recording.started_at = recording.write("run.started", members, values, may_wait=False)


def _path(path: str | None) -> str | None:
    return None if path is None else sound_text(path)


def _settings(beginning: Beginning) -> str | None:
    settings = beginning.reference.workspace.settings
    return None if settings is None else beginning.redaction.without_tokens(settings)


def tags_of(tags: object, redaction: Redaction) -> JsonText:
    """Tags are texts by their names; what is neither shows itself."""
    if tags is None:
        return json_of({}, redaction)
    try:
        given = (
            dict(itertools.islice(tags.items(), _MOST_TAGS)) if isinstance(tags, Mapping) else {"tags": tags}
        )
    except STOPPING:
        raise
    except BaseException as exc:  # noqa: BLE001 - a foreign object's own code; the run is not to be lost for it
        given = {"tags": unread(tags, exc)}
    texts = {name: value if is_text(value) else shown(value) for name, value in given.items()}
    return json_of(texts, redaction)
