"""Reads runs from a file of events, one JSON object a line, as `record --stdin` takes them and as journals hold them."""

import json
import os
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, BinaryIO

from darwinflow.daemon.fold import Fold, Understand
from darwinflow.model.run import ExecutionLog
from darwinflow.recorder.clean import json_of
from darwinflow.recorder.events import MAX_LINE_BYTES, RULES, Event, Problem, checked, hash_of, parsed
from darwinflow.recorder.paths import absolute
from darwinflow.recorder.redact import Redaction
from darwinflow.recorder.reference import reference_of

_PIECE = 1 << 20


Tell = Callable[[int, str], None]
"""Told of a line, by its number, and what is wrong with it."""


class EventFile:
    """One file on its way in. A run is given out as soon as it is over, so that few are held at a time."""

    def __init__(self, workspace: str, redaction: Redaction, understand: Understand, tell: Tell) -> None:
        """*workspace*: no workflow's file outside of this folder is read."""
        self._workspace = os.path.realpath(workspace)
        self._redaction = redaction
        self._understand = understand
        self._tell = tell
        self._documents: dict[str, Event] = {}
        """By the hash that the file gives it."""
        self._runs: dict[str, Fold] = {}
        self._over: set[str] = set()
        self._wrong: dict[str, int] = {}
        """Runs of which a line is wrong, and the first such line."""
        self.lines = 0
        self.bad_lines = 0
        self.left_out = 0
        """Runs that ended and would lack what a wrong line was to say: once stored, they could not be completed."""

    def runs(self, file: BinaryIO) -> Iterator[ExecutionLog]:
        """Those that end, in that order, but for those with a wrong line; then, without an output, those that do not end."""
        while line := file.readline(MAX_LINE_BYTES + 1):
            self.lines += 1
            if self.lines == 1:
                line = line.removeprefix(BOM_UTF8)
            if not line.endswith(b"\n") and len(line) > MAX_LINE_BYTES:
                _skip_rest(file)
            if not line.strip():
                continue
            taken = self._taken(line)
            if isinstance(taken, str):
                self.bad_lines += 1
                self._tell(self.lines, taken)
                self._note_wrong(line)
            elif taken is not None and (wrong := self._wrong.get(taken.run_id)) is not None:
                self.left_out += 1
                told = f"run '{taken.run_id}' is left out for its line {wrong}: mend that, and import the file again"
                self._tell(self.lines, told)
            elif taken is not None:
                yield taken
        for run_id in list(self._runs):
            yield self._given_out(run_id)

    def _note_wrong(self, line: bytes) -> None:
        raw = parsed(line)
        run_id = None if isinstance(raw, Problem) else raw.get("run")
        if isinstance(run_id, str) and run_id in self._runs:
            self._wrong.setdefault(run_id, self.lines)

    def _taken(self, line: bytes) -> ExecutionLog | str | None:
        """The run that is over with *line*, or what is wrong with that."""
        raw = parsed(line)
        if isinstance(raw, Problem):
            return raw.message
        if raw.get("event") == "step.started":
            raw.setdefault("index", 0)  # steps stand in the order in which they come
        path = raw.get("path")
        if isinstance(path, str) and path and "\0" not in path:
            raw["path"] = absolute(path)
        event = checked(raw)
        if isinstance(event, Problem):
            return event.message
        kind, run_id = str(event["event"]), event.get("run")
        self._clean(event)
        if kind == "document":
            self._documents[str(event["hash"])] = self._document(event)
            return None
        if not isinstance(run_id, str):
            return None  # says who wrote the journal
        if run_id in self._over:
            return f"run '{run_id}' is over"
        if kind == "run.started" and run_id not in self._runs:
            return self._begun(run_id, event)
        fold = self._runs.get(run_id)
        if fold is None:
            return f"no 'run.started' of run '{run_id}' has come before"
        return fold.apply(event) or (self._given_out(run_id) if kind == "run.finished" else None)

    def _begun(self, run_id: str, event: Event) -> str | None:
        if event["document"] is not None and event["document"] not in self._documents:
            return "the 'document' of this hash has not come before"
        if event["path"] is None and event["document"] is None and event["workflow"] is None:
            return "a 'run.started' needs 'path', 'document' or 'workflow'"
        fold = self._runs[run_id] = Fold(lambda _folder, _settings: "", self._understand)
        document = self._documents.get(str(event["document"])) or self._document_at(event)
        if document is not None:
            fold.apply(document)
            event["document"] = document["hash"]
        return fold.apply(event)

    def _document_at(self, event: Event) -> Event | None:
        """The text of the workflow that a run names by its path alone, as it is here and now."""
        path = event["path"]
        if not isinstance(path, str) or event["workflow"] is not None:
            return None
        if not os.path.realpath(path).startswith(os.path.join(self._workspace, "")):
            return None
        found = reference_of(path, self._redaction)
        if found.document is None:
            return None
        return {
            "v": 1,
            "event": "document",
            "hash": found.document.hash,
            "text": found.document.text,
            "path": path,
        }

    def _document(self, event: Event) -> Event:
        text = self._redaction.applied(str(event["text"]))
        return {**event, "text": text, "hash": hash_of(text)}

    def _clean(self, event: Event) -> None:
        """Take out what is to be redacted and cut what is too long, as recorders do before they write."""
        for name, (rule, _) in RULES[str(event["event"])].items():
            value = event[name]
            if value is None:
                continue
            if rule in ("any", "map"):
                event[name] = json.loads(json_of(value, self._redaction))
            elif rule == "error":
                event[name] = self._redaction.applied(str(value))

    def _given_out(self, run_id: str) -> ExecutionLog:
        self._over.add(run_id)
        (change,) = self._runs.pop(run_id).changes()
        assert change.start is not None, "it is given out once"
        return change.start


def wire_of(log: ExecutionLog) -> dict[str, Any]:
    """*log* as `run/import` takes it."""
    output = log.output
    wire: dict[str, Any] = {
        "runId": log.run_id,
        "workflowId": log.workflow_id,
        "workflowVersion": log.workflow_version,
        "workflowHash": log.workflow_hash,
        "startTime": _instant(log.start_time),
        "parentRunId": log.parent_run_id,
        "parentStepId": log.parent_step_id,
        "input": {"request": log.input.request, "context": log.input.context},
        "steps": [
            {
                "stepId": step.step_id,
                "nodeId": step.node_id,
                "nodeType": step.node_type,
                "attempt": step.attempt,
                "iteration": step.iteration,
                "startTime": _instant(step.start_time),
                "endTime": None if step.end_time is None else _instant(step.end_time),
                "status": str(step.status),
                "input": step.input,
                "output": step.output,
                "error": step.error,
                "actions": [
                    {"type": one.type, "timestamp": _instant(one.timestamp), "details": one.details}
                    for one in step.actions
                ],
                "metadata": step.metadata,
            }
            for step in log.steps
        ],
        "metadata": log.metadata,
    }
    if output is not None:
        wire["output"] = {
            "status": str(output.status),
            "endTime": _instant(output.end_time),
            "result": output.result,
            "error": output.error,
            "metadata": output.metadata,
        }
    return wire


def _instant(instant: datetime) -> str:
    """RFC 3339. Its like in `events` would bring all of the figures into a cold start."""
    return instant.isoformat().replace("+00:00", "Z")


def _skip_rest(file: BinaryIO) -> None:
    while (piece := file.readline(_PIECE)) and not piece.endswith(b"\n"):
        pass
