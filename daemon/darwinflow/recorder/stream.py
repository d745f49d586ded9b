"""Events that a program in any language hands over as lines: checked one by one, completed, and spooled.

The journals are this process's own, a new one now and then. What the recorder would add itself is added: the document behind a path, the
workspace and its settings, host, user and commit, the place of a step among the run's.
"""

import os
from collections.abc import Callable

from darwinflow.recorder.clean import JsonText, json_of
from darwinflow.recorder.events import (
    RULES,
    Event,
    Problem,
    checked,
    hash_of,
    line_of,
    parsed,
    unknown_members,
)
from darwinflow.recorder.journal import Journal
from darwinflow.recorder.nesting import outer_of
from darwinflow.recorder.origin import commit_of, origin
from darwinflow.recorder.paths import Workspace, current_folder, workspace_of
from darwinflow.recorder.recording import own_spool
from darwinflow.recorder.redact import Redaction
from darwinflow.recorder.reference import reference_of

MAX_DOCUMENT_BYTES = 64 << 20
"""Of texts that runs to come may refer to, about; the last one is kept whatever it has."""


class StreamedRun:
    """What has come of one run."""

    __slots__ = ("began", "id", "is_over", "journal", "open_steps", "pid", "steps", "workspace")

    def __init__(self, id: str, began: int, pid: object, workspace: Workspace) -> None:  # noqa: A002 - the field's name
        self.id = id
        self.began = began
        """Microseconds since 1970."""
        self.pid = pid
        """In its metadata."""
        self.workspace = workspace
        self.steps: set[str] = set()
        self.open_steps: set[str] = set()
        self.is_over = False
        self.journal: Journal | None = None
        """While it is not over: where all its events go."""


class Stream:
    """One stream of lines on its way into a journal."""

    def __init__(self, redaction: Redaction, complain: Callable[[str], None]) -> None:
        """*complain* is told what the program's author should know of a line that is taken all the same."""
        self.finished: list[StreamedRun] = []
        """The runs that came to their end, in that order."""
        self.journals: dict[str, None] = {}
        """Names of those that were written."""
        self._redaction = redaction
        self._complain = complain
        self._spool = own_spool()
        self._runs: dict[str, StreamedRun] = {}
        self._documents = _Documents(redaction)

    @property
    def unfinished(self) -> list[StreamedRun]:
        """Runs without an end: once this program is gone, they are lost."""
        return [run for run in self._runs.values() if not run.is_over]

    def take(self, line: bytes) -> Problem | None:
        """Spool the event in *line*, or say why it is none. Raises `OSError` and `SpoolFull`; then nothing goes on."""
        raw = parsed(line)
        if isinstance(raw, Problem):
            return raw
        if raw.get("event") == "run.started":
            self._complete(raw)
        elif raw.get("event") == "step.started":
            run = self._runs.get(str(raw.get("run")))
            raw.setdefault("index", len(run.steps) if run else 0)
        event = checked(raw)
        if isinstance(event, Problem):
            return event
        if unknown := unknown_members(raw, event):
            self._complain(f"a '{event['event']}' has no {', '.join(map(repr, unknown))}; left out")
        if problem := self._misplaced(event):
            return Problem(problem)
        self._write(event)
        return None

    def close(self) -> None:
        """Nothing more comes: the daemon may take the journals away."""
        for run in self._runs.values():
            self._end(run)
        self._spool.close()

    def _complete(self, raw: dict[str, object]) -> None:
        path = raw.get("path")
        workspace = workspace_of(current_folder())
        if isinstance(path, str) and path and "\0" not in path:
            reference = reference_of(path, self._redaction)
            if reference.path is not None:
                raw["path"] = reference.path
                workspace = reference.workspace
            if raw.get("document") is None and reference.document is not None:
                document = {
                    "v": 1,
                    "event": "document",
                    "hash": reference.document.hash,
                    "text": reference.document.text,
                }
                event = checked(document | {"path": reference.path, "workspace": workspace.folder})
                if not isinstance(event, Problem):
                    self._documents.keep(event)
                    raw["document"] = reference.document.hash
            if reference.problem and raw.get("document") is None:
                self._complain(reference.problem)
        if raw.get("workspace") is None:
            raw["workspace"] = workspace.folder
            raw.setdefault("settings", workspace.settings)
        outer = outer_of(os.environ)
        if outer is not None and raw.get("parentRun") is None:
            raw["parentRun"], raw["parentStep"] = outer.run, outer.step
        given = raw.get("metadata") or {}
        if isinstance(given, dict):
            raw["metadata"] = _origin() | {"commit": commit_of(workspace)} | given

    def _misplaced(self, event: Event) -> str | None:
        """Why *event* cannot come here; else it is noted."""
        kind, name = str(event["event"]), event.get("run")
        if not isinstance(name, str):
            return None
        run = self._runs.get(name)
        if kind == "run.started":
            if run is not None:
                return f"run '{name}' has begun already"
            if event["path"] is None and event["document"] is None and event["workflow"] is None:
                return "a 'run.started' needs 'path', 'document' or 'workflow'"
            if event["document"] is not None and self._documents.found(event["document"]) is None:
                return f"the 'document' of this hash is not among the last {MAX_DOCUMENT_BYTES >> 20} MiB of them"
            self._runs[name] = _begun(name, event)
            return None
        if run is None:
            return f"no 'run.started' of run '{name}' has come before"
        if run.is_over:
            return f"run '{name}' is over"
        if kind == "run.finished":
            run.is_over = True
            self.finished.append(run)
        step = event.get("step")
        return _misplaced_step(run, kind, step) if isinstance(step, str) else None

    def _write(self, event: Event) -> None:
        kind = str(event["event"])
        if kind == "journal":
            return  # this process's own journal says who writes it
        if kind == "document":
            self._documents.keep(event)
            return
        run = self._runs[str(event["run"])]
        if run.journal is None:
            run.journal = self._spool.begin()
            self.journals[run.journal.name] = None
        if event.get("document") is not None:
            event["document"] = self._write_document(run.journal, event["document"])
        self._write_line(run.journal, event)
        if run.is_over:
            self._end(run)

    def _write_document(self, journal: Journal, given: object) -> object:
        """The hash that the document of the hash *given* has in *journal*, where it stands from now on."""
        document = self._documents.found(given)
        assert document is not None
        own = str(document["hash"])
        if own not in journal.documents:
            journal.documents.add(own)
            self._write_line(journal, document)
        return own

    def _write_line(self, journal: Journal, event: Event) -> None:
        kind = str(event["event"])
        members: dict[str, object] = {}
        values: dict[str, JsonText] = {}
        for name, value in event.items():
            rule = RULES[kind].get(name, ("", None))[0]
            if rule in ("any", "map"):
                values[name] = json_of(value, self._redaction)
            elif name == "settings" and value is not None:
                members[name] = self._redaction.without_tokens(str(value))
            elif rule == "error" and value is not None:
                members[name] = self._redaction.applied(str(value))
            elif name not in ("v", "event"):
                members[name] = value
        journal.write(line_of(kind, members, values), may_wait=False, last=kind == "run.finished")
        self._spool.poker.poke(journal.name, at_once=kind.startswith("run."))

    def _end(self, run: StreamedRun) -> None:
        journal, run.journal = run.journal, None
        if journal is not None:
            self._spool.end(journal)


class _Documents:
    """Texts that runs refer to by their hash; a journal has each that its runs name, and streams outlive journals."""

    __slots__ = ("_bytes", "_events", "_redaction")

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._events: dict[str, Event] = {}
        """By the hash that the program gave; the longest ago first."""
        self._bytes = 0

    def keep(self, event: Event) -> None:
        """As it is to be written: without what is redacted."""
        given = str(event["hash"])
        self._drop(given)
        event["text"] = text = self._redaction.applied(str(event["text"]))
        event["hash"] = hash_of(text)
        self._events[given] = event
        self._bytes += len(text)
        while self._bytes > MAX_DOCUMENT_BYTES and len(self._events) > 1:
            self._drop(next(iter(self._events)))

    def found(self, given: object) -> Event | None:
        return self._events.get(str(given))

    def _drop(self, given: str) -> None:
        event = self._events.pop(given, None)
        if event is not None:
            self._bytes -= len(str(event["text"]))


def _origin() -> dict[str, object]:
    """Not of which process: the one that hands over is not the one that ran, and handed over again it is the same run."""
    return {name: value for name, value in origin().items() if name != "pid"} | {"recorder": "stdin"}


def _begun(name: str, event: Event) -> StreamedRun:
    at, folder, settings = event["at"], event["workspace"], event["settings"]
    assert isinstance(at, int)
    assert isinstance(folder, str)
    metadata = event["metadata"]
    pid = metadata.get("pid") if isinstance(metadata, dict) else None
    return StreamedRun(name, at, pid, Workspace(folder, settings if isinstance(settings, str) else None))


def _misplaced_step(run: StreamedRun, kind: str, step: str) -> str | None:
    if kind == "step.started":
        if step in run.steps:
            return f"step '{step}' has begun already"
        run.steps.add(step)
        run.open_steps.add(step)
        return None
    if step not in run.open_steps:
        return (
            f"step '{step}' is over"
            if step in run.steps
            else f"no 'step.started' of step '{step}' has come before"
        )
    if kind == "step.finished":
        run.open_steps.discard(step)
    return None
