"""`darwinflow runs import`: runs that were recorded elsewhere, from files of events, each kept once."""

import json
import os
import stat
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NamedTuple

from darwinflow.cli.event_file import EventFile, wire_of
from darwinflow.cli.folder import current_folder, need_for
from darwinflow.cli.main import EXIT_NO, EXIT_OK, complain
from darwinflow.cli.progress import Progress
from darwinflow.cli.session import open_session, place_of
from darwinflow.cli.terminal import say
from darwinflow.daemon.texts import Texts
from darwinflow.model.errors import RequestMalformed
from darwinflow.model.phrases import counted
from darwinflow.recorder.paths import workspace_of
from darwinflow.recorder.redact import redaction_of
from darwinflow.rpc.client.blocking import Client

BATCH_RUNS = 100
"""In one message, which is one commit: programs that record meanwhile wait for no more than that."""
BATCH_BYTES = 4 << 20
"""Of JSON in one message, unless one run has more."""
MAX_RUN_BYTES = 31 << 20
"""A message has at most 32 MiB."""
SEND_WITHIN_S = 300.0
MOST_TOLD = 20
"""Of faulty lines a file; the rest is counted."""
_MIB = 1 << 20

NEW, COMPLETED, KNOWN, DIFFERS, REFUSED = "new", "completed", "known", "differs", "refused"


class _Waiting(NamedTuple):
    """A run on its way to the daemon."""

    path: str
    run: dict[str, Any]


def take_in(paths: Sequence[str], *, is_dry: bool, as_json: bool) -> int:
    """Import the runs of all files, or say what would come of it. Raises `DarwinFlowError`."""
    for path in paths:
        problem = _problem_with(path)
        if problem is not None:
            advice = "name a file of events, a JSON object a line; nothing is imported"
            return complain(f"'{path}' cannot be read: {problem}", advice)
    with open_session(None) as client:
        place = place_of(client, None)
        imports = Imports(client, sum(os.path.getsize(path) for path in paths), is_dry=is_dry)
        try:
            imports.take_all(paths)
        except KeyboardInterrupt:
            imports.progress.end()
            say(f"interrupted; kept until then: {imports.told(place.name)}", sys.stderr)
            raise
        finally:
            imports.progress.end()
    for message in imports.reasons:
        say(message, sys.stderr)
    if as_json:
        print(json.dumps(imports.answer()))
    else:
        say(imports.told(place.name))
    not_as_told = imports.outcomes[REFUSED] + imports.outcomes[DIFFERS]
    return EXIT_NO if imports.bad_lines or not_as_told else EXIT_OK


class Imports:
    """What has come of the runs so far."""

    def __init__(self, client: Client, size: int, *, is_dry: bool) -> None:
        """*size*: of all files, in bytes."""
        self.outcomes: Counter[str] = Counter()
        self.reasons: list[str] = []
        """Why runs are refused, and which stay as they are."""
        self.lost = 0
        """Runs without an end."""
        self.bad_lines = 0
        self.left_out = 0
        """Runs that have such a line."""
        self.progress = Progress(-(-size // _MIB), "MiB")
        self._client = client
        self._is_dry = is_dry
        self._runs: list[dict[str, str]] = []
        self._waiting: list[_Waiting] = []
        self._waiting_bytes = 0
        self._read = 0
        self._texts = Texts()
        self._redaction = redaction_of((), os.environ.get("DARWINFLOW_REDACT"))
        if self._redaction.problem:
            say(f"warning: {self._redaction.problem}", sys.stderr)

    def take_all(self, paths: Sequence[str]) -> None:
        for path in paths:
            with open(path, "rb") as file:
                self._take(path, file)
        self._send()

    def answer(self) -> dict[str, Any]:
        return {
            "dryRun": self._is_dry,
            "runs": self._runs,
            "badLines": self.bad_lines,
            "leftOut": self.left_out,
            **{name: self.outcomes[name] for name in (NEW, COMPLETED, KNOWN, DIFFERS, REFUSED)},
        }

    def told(self, place: str) -> str:
        """What has come of it, in one sentence."""
        new = self.outcomes[NEW]
        known, differing = self.outcomes[KNOWN], self.outcomes[DIFFERS]
        verb = "would be imported" if self._is_dry else "imported"
        parts = [f"{counted(new, 'run')} {verb} into {place}"]
        parts += [f"{self.outcomes[COMPLETED]} completed"] if self.outcomes[COMPLETED] else []
        parts += [f"{known} there already"] if known else []
        parts += [f"{differing} stored otherwise before"] if differing else []
        parts += [f"{self.outcomes[REFUSED]} refused"] if self.outcomes[REFUSED] else []
        parts += [f"{self.lost} without an end, kept as lost"] if self.lost else []
        parts += [f"{counted(self.bad_lines, 'line')} left out"] if self.bad_lines else []
        parts += [f"and with them {counted(self.left_out, 'run')}"] if self.left_out else []
        return ", ".join(parts)

    def _take(self, path: str, file: BinaryIO) -> None:
        told = 0

        def tell(line: int, problem: str) -> None:
            nonlocal told
            told += 1
            if told <= MOST_TOLD:
                say(f"{path}:{line}: {problem}", sys.stderr)

        workspace = workspace_of(current_folder()).folder
        events = EventFile(workspace, self._redaction, self._texts.facts, tell)
        begun_at = self._read
        for log in events.runs(file):
            self._read = begun_at + file.tell()
            self.lost += log.output is None
            one = _Waiting(path, wire_of(log))
            size = len(json.dumps(one.run))
            if size > MAX_RUN_BYTES:
                reason = f"it has {size >> 20} MiB, more than the {MAX_RUN_BYTES >> 20} that are taken"
                self._note(one, REFUSED, reason)
                continue
            if self._waiting_bytes + size > BATCH_BYTES:
                self._send()
            self._waiting.append(one)
            self._waiting_bytes += size
            if len(self._waiting) >= BATCH_RUNS:
                self._send()
        self._read = begun_at + file.tell()
        self.bad_lines += events.bad_lines
        self.left_out += events.left_out
        if told > MOST_TOLD:
            say(f"{path}: {told - MOST_TOLD} more lines are left out", sys.stderr)

    def _send(self) -> None:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        for one, outcome, reason in self._sent(waiting):
            self._note(one, outcome, reason)
        self.progress.to(self._read // _MIB)

    def _sent(self, waiting: Sequence[_Waiting]) -> Iterator[tuple[_Waiting, str, str | None]]:
        """What the daemon says of each. One that does not fit its limits takes no other one with it."""
        if not waiting:
            return
        runs = [one.run for one in waiting]
        try:
            answer = self._client.call("run/import", {"runs": runs, "dryRun": self._is_dry}, SEND_WITHIN_S)
        except RequestMalformed as exc:
            if len(waiting) == 1:
                yield waiting[0], REFUSED, str(exc)
                return
            half = len(waiting) // 2
            yield from self._sent(waiting[:half])
            yield from self._sent(waiting[half:])
            return
        for one, found in zip(waiting, answer["runs"], strict=True):
            yield one, found["outcome"], found["reason"]

    def _note(self, one: _Waiting, outcome: str, reason: str | None) -> None:
        self.outcomes[outcome] += 1
        run_id = one.run["runId"]
        self._runs.append({"runId": run_id, "path": one.path, "outcome": outcome})
        if outcome == DIFFERS:
            reason = "it has ended before with other content, and stays as it is"
        if reason is not None:
            self._runs[-1]["reason"] = reason
            self.reasons.append(f"{one.path}: run {run_id}: {reason}")


def _problem_with(path: str) -> str | None:
    need_for(path)
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return "it is no regular file"
        with open(path, "rb"):
            return None
    except OSError as exc:
        return exc.strerror
    except ValueError:
        return "no file is called so"
