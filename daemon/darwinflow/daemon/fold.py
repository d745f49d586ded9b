"""From the events of one journal to what must be stored of its runs.

Pure state: reading the same events again gives the same state. It is enough to begin where the first run that is not
over did: `needed`; a daemon that starts takes the steps that are stored from the store: `restore`. What has changed
since it was last asked for is given out once.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from darwinflow.daemon.changes import Change, FoldedRun, change_of
from darwinflow.daemon.texts import UNKNOWN_TEXT, TextFacts
from darwinflow.model.run import ActionLog, ExecutionLog, RunInput, RunOutput, RunStatus, StepLog
from darwinflow.recorder.events import Event
from darwinflow.storage.instants import from_micros

ProjectOf = Callable[[str | None, str | None], str]
"""The project of a workspace's folder and its settings' text."""
EarlierDocument = Callable[[str], Event | None]
"""The event that brought the document of this hash before the first event that is applied, if any did."""
Understand = Callable[[str, str, str | None], TextFacts]
"""What a text is: of its hash, itself, and the path of its file."""


class _Document(NamedTuple):
    text: str
    path: str | None


class Fold:
    """The runs of one journal so far."""

    def __init__(
        self, project_of: ProjectOf, understand: Understand, earlier: EarlierDocument = lambda _hash: None
    ) -> None:
        self._project_of = project_of
        self._understand = understand
        self._earlier = earlier
        self._documents: dict[str, _Document | None] = {}
        """None: no event has brought it."""
        self._runs: dict[str, FoldedRun] = {}
        self._over: set[str] = set()
        """Runs that are stored with their end, or that the store has refused."""
        self._changed: dict[str, None] = {}
        self._erased: set[str] = set()
        """Runs that were deleted for good."""
        self._begins: dict[str, int] = {}
        """Where runs began whose end has not come, or not been given out; in the order of the journal."""

    @property
    def needed(self) -> int | None:
        """Where reading must begin again so that what is not over is known; None where all is."""
        return next(iter(self._begins.values()), None)

    def apply(self, event: Event, at: int = 0) -> str | None:
        """Take *event* in, which begins at byte *at*; what is wrong with it, if something is."""
        kind, run_id = str(event["event"]), event.get("run")
        wrong = None if run_id in self._erased else _STEPS[kind](self, event)
        if kind == "run.started" and wrong is None:
            self._begins.setdefault(str(run_id), at)
        elif kind == "run.finished" and run_id not in self._runs:
            self._begins.pop(str(run_id), None)  # it was refused
        return wrong

    def changes(self, *, replayed: bool = False) -> list[Change]:
        """What must be stored since the last time, in the order of the journal.

        *replayed*: a daemon of before has done so, and nobody looks at the answer.
        """
        found = []
        for run_id in self._changed:
            run = self._runs[run_id]
            run.settle()
            found.append(change_of(run_id, run))
            run.given_out()
            run.is_known = not replayed
            if run.output is not None:
                del self._runs[run_id]
                self._begins.pop(run_id, None)
                self._over.add(run_id)
        self._changed.clear()
        return found

    def refuse(self, run_id: str, *, is_erased: bool) -> None:
        """The store does not take this run: what else is said of it is left out, and is no fault where it *is_erased*."""
        if is_erased:
            self._erased.add(run_id)
        self._runs.pop(run_id, None)
        self._changed.pop(run_id, None)
        self._over.add(run_id)

    def open_runs(self) -> list[tuple[str, ExecutionLog]]:
        """Project and beginning of those that are not over."""
        return [(run.project, run.log) for run in self._runs.values()]

    def restore(self, run_id: str, steps: tuple[StepLog, ...]) -> None:
        """The store has these *steps* of a run that is not over."""
        run = self._runs[run_id]
        run.count = len(steps)
        run.places = {step.step_id: place for place, step in enumerate(steps)}
        run.steps = {place: step for place, step in enumerate(steps) if step.end_time is None}
        run.is_known = True

    def lose(self) -> None:
        """The program is gone: runs without an end are lost."""
        for run_id, run in self._runs.items():
            if not run.is_lost:
                run.is_lost = True
                self._changed[run_id] = None

    def _document(self, event: Event) -> str | None:
        path = event["path"]
        self._documents[str(event["hash"])] = _Document(
            str(event["text"]), None if path is None else str(path)
        )
        return None

    def _start(self, event: Event) -> str | None:
        run_id = str(event["run"])
        if run_id in self._runs or run_id in self._over:
            return f"run {run_id} has begun before"
        facts = self._facts_of(event)
        self._runs[run_id] = FoldedRun(
            self._project_of(_text(event["workspace"]), _text(event["settings"])),
            ExecutionLog(
                run_id=run_id,
                workflow_id=facts.workflow,
                workflow_version=facts.version,
                start_time=_time(event),
                workflow_hash=facts.content_hash,
                parent_run_id=_text(event["parentRun"]),
                parent_step_id=_text(event["parentStep"]),
                input=RunInput(event["request"], event["context"]),
                metadata=_metadata(event),
            ),
        )
        self._changed[run_id] = None
        return None

    def _facts_of(self, event: Event) -> TextFacts:
        path = _text(event["path"])
        document = self._known_document(str(event["document"])) if event["document"] else None
        if document is not None:
            return self._understand(str(event["document"]), document.text, path or document.path)
        if event["workflow"] is not None:
            version = event["version"]
            return TextFacts(str(event["workflow"]), version if isinstance(version, int) else 0, "")
        return UNKNOWN_TEXT if path is None else self._understand("", "", path)

    def _known_document(self, content_hash: str) -> _Document | None:
        if content_hash not in self._documents:
            self._documents[content_hash] = None  # asked for once
            earlier = self._earlier(content_hash)
            if earlier is not None:
                self._document(earlier)
        return self._documents[content_hash]

    def _start_step(self, event: Event) -> str | None:
        run = self._open_run(event)
        if isinstance(run, str):
            return run
        step_id = str(event["step"])
        if step_id in run.places:
            return f"step {step_id} of run {event['run']} has begun before"
        attempt, iteration = event["attempt"], event["iteration"]
        place = run.places[step_id] = run.count
        run.count += 1
        run.steps[place] = StepLog(
            step_id=step_id,
            node_id=str(event["node"]),
            start_time=_time(event),
            node_type=_text(event["nodeType"]),
            attempt=attempt if isinstance(attempt, int) else 1,
            iteration=iteration if isinstance(iteration, int) else 0,
            input=event["input"],
        )
        self._touch(event, run, place)
        return None

    def _act(self, event: Event) -> str | None:
        found = self._open_step(event)
        if isinstance(found, str):
            return found
        run, place = found
        action = ActionLog(str(event["type"]), _time(event), _members(event["details"]))
        run.actions.setdefault(place, []).append(action)
        self._touch(event, run, place)
        return None

    def _finish_step(self, event: Event) -> str | None:
        found = self._open_step(event)
        if isinstance(found, str):
            return found
        run, place = found
        step = run.steps[place]
        # By position, and with what it did: copying it twice by names takes eight times as long.
        run.steps[place] = StepLog(
            step.step_id,
            step.node_id,
            step.start_time,
            step.node_type,
            step.attempt,
            step.iteration,
            _time(event),
            RunStatus(str(event["status"])),
            step.input,
            event["output"],
            _text(event["error"]),
            (*step.actions, *run.actions.pop(place, ())),
            step.metadata,
        )
        self._touch(event, run, place)
        return None

    def _finish(self, event: Event) -> str | None:
        run = self._open_run(event)
        if isinstance(run, str):
            return run
        run.output = RunOutput(
            RunStatus(str(event["status"])),
            _time(event),
            event["result"],
            _text(event["error"]),
            _members(event["metadata"]),
        )
        self._changed[str(event["run"])] = None
        return None

    def _pass_over(self, _: Event) -> str | None:
        """Says who writes, or repeats what the run's end will say."""
        return None

    def _open_run(self, event: Event) -> FoldedRun | str:
        run_id = str(event["run"])
        run = self._runs.get(run_id)
        if run is None:
            return f"run {run_id} is over" if run_id in self._over else f"run {run_id} has not begun"
        return run if run.output is None else f"run {run_id} is over"

    def _open_step(self, event: Event) -> tuple[FoldedRun, int] | str:
        run = self._open_run(event)
        if isinstance(run, str):
            return run
        place = run.places.get(str(event["step"]))
        if place is None:
            return f"step {event['step']} of run {event['run']} has not begun"
        step = run.steps.get(place)
        if step is None or step.end_time is not None:
            return f"step {event['step']} of run {event['run']} is over"
        return run, place

    def _touch(self, event: Event, run: FoldedRun, place: int) -> None:
        run.changed.add(place)
        self._changed[str(event["run"])] = None


_STEPS: dict[str, Callable[[Fold, Event], str | None]] = {
    "journal": Fold._pass_over,  # noqa: SLF001 - the class's own table
    "document": Fold._document,  # noqa: SLF001
    "run.started": Fold._start,  # noqa: SLF001
    "run.joined": Fold._pass_over,  # noqa: SLF001
    "run.output": Fold._pass_over,  # noqa: SLF001
    "run.finished": Fold._finish,  # noqa: SLF001
    "step.started": Fold._start_step,  # noqa: SLF001
    "step.action": Fold._act,  # noqa: SLF001
    "step.finished": Fold._finish_step,  # noqa: SLF001
}


def _metadata(event: Event) -> dict[str, Any]:
    metadata = {name: value for name, value in _members(event["metadata"]).items() if value is not None}
    tags = _members(event["tags"])
    return {**metadata, "tags": tags} if tags else metadata


def _members(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _time(event: Event) -> datetime:
    assert isinstance(event["at"], int)
    return from_micros(event["at"])
