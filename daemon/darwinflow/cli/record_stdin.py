"""`darwinflow record --stdin`: events of a program in any language, one a line, checked and spooled."""

import os
import sys
import time
from typing import BinaryIO, NamedTuple

from darwinflow.cli.main import complain
from darwinflow.cli.unwritable import advice_on
from darwinflow.model.obstacles import obstacle_to_folder
from darwinflow.model.phrases import counted, some_of
from darwinflow.recorder.ask import DeletedRun, OtherRun, Wanted, answers, waited_for
from darwinflow.recorder.events import MAX_LINE_BYTES, Problem
from darwinflow.recorder.journal import JournalFull
from darwinflow.recorder.paths import REFUSED_FOLDER, home_of
from darwinflow.recorder.redact import redaction_of
from darwinflow.recorder.report import warn
from darwinflow.recorder.spool import SpoolFull
from darwinflow.recorder.stream import Stream

BAD_LINES = 1
NOT_RECORDED = 1
ASK_S = 1.0
"""How long the daemon is asked what became of the runs."""
_LOOK_AGAIN_S = 0.01
_PIECE = 1 << 20
_ELSEWHERE = "or set DARWINFLOW_HOME to another folder"
_WRITABLE = f"give yourself the right to write there, {_ELSEWHERE}"


def take_all(source: BinaryIO) -> int:
    """Spool every event in *source*. Bad lines are named on standard error and skipped; the exit code tells."""
    redaction = redaction_of((), os.environ.get("DARWINFLOW_REDACT"))
    if redaction.problem:
        warn(redaction.problem)
    number = taken = bad = 0
    stream = Stream(redaction, lambda message: warn(f"line {number}: {message}"))
    try:
        while line := source.readline(MAX_LINE_BYTES + 1):
            number += 1
            if not line.endswith(b"\n") and len(line) > MAX_LINE_BYTES:
                _skip_rest(source)
            if not line.strip():
                continue
            problem = stream.take(line)
            if isinstance(problem, Problem):
                bad += 1
                _tell(f"line {number}: {problem.message}")
            else:
                taken += 1
    except (JournalFull, SpoolFull) as exc:
        return _stopped(number, exc, "darwinflow daemon start")
    except OSError as exc:
        return _unwritten(number, exc)
    finally:
        stream.close()
    refused = _refused(stream)
    told = refused.told()
    for run in stream.unfinished:
        if run.id not in refused.deleted:
            warn(f"run {run.id} has no end; it will be shown as lost")
    ended = len(stream.finished)
    _tell(f"{taken} of {taken + bad} lines are spooled, {ended} run{'s' * (ended != 1)} came to an end")
    for message in told:
        _tell(message)
    return BAD_LINES if bad else NOT_RECORDED if told else 0


class _Refused(NamedTuple):
    """What the daemon does not take, as far as it tells within `ASK_S`."""

    others: list[str]
    """A sentence each."""
    deleted: list[str]
    """Ids of runs that were deleted for good."""
    is_all: bool
    """All that came were asked for."""

    def told(self) -> list[str]:
        if not self.deleted:
            return self.others
        count = f"{'' if self.is_all else 'at least '}{counted(len(self.deleted), 'run')}"
        were = (
            "was deleted for good before, and stays"
            if len(self.deleted) == 1
            else "were deleted for good before, and stay"
        )
        return [*self.others, f"{count} {were} so: {some_of(self.deleted)}"]


def _refused(stream: Stream) -> _Refused:
    """Nothing where no daemon is there."""
    home = home_of(os.environ)
    deadline = time.monotonic() + ASK_S
    others, deleted = list[str](), list[str]()
    runs = [(run, True) for run in stream.finished] + [(run, False) for run in stream.unfinished]
    if not runs or not answers(home):
        return _Refused(others, deleted, is_all=True)
    asked = 0
    for run, with_end in runs:
        left = deadline - time.monotonic()
        try:
            if left <= 0 or not waited_for(
                home, run.workspace, Wanted(run.id, run.began, with_end=with_end, pid=run.pid), left
            ):
                break
        except DeletedRun:
            deleted.append(run.id)
        except OtherRun as error:
            others.append(str(error))
        asked += 1
    if stream.finished and not others and len(deleted) < len(runs):
        others = _set_aside(stream, home.spool, deadline)
    return _Refused(others, deleted, is_all=asked == len(runs))


def _set_aside(stream: Stream, spool: str, deadline: float) -> list[str]:
    """The daemon removes a journal, or keeps it for what it did not take: a run that was told otherwise before."""
    runs = stream.finished
    which = f"another run {runs[0].id}" if len(runs) == 1 else "another run of one of these ids"
    found: list[str] = []
    for name in stream.journals:
        while os.path.exists(os.path.join(spool, name)):
            if time.monotonic() >= deadline:
                return found
            time.sleep(_LOOK_AGAIN_S)
        kept = os.path.join(spool, REFUSED_FOLDER, name)
        if os.path.exists(kept):
            found.append(
                f"the history has {which} with other content, which stays; this one is kept in {kept}"
            )
    return found


def _unwritten(number: int, exc: OSError) -> int:
    obstacle = obstacle_to_folder(home_of(os.environ).spool)
    if obstacle is not None:
        return _stopped(number, obstacle, f"{obstacle.advice}, {_ELSEWHERE}")
    reason = f"{exc.filename or 'the spool'} cannot be written: {exc.strerror or exc}"
    return _stopped(number, reason, advice_on(exc, _WRITABLE))


def _stopped(number: int, reason: object, advice: str) -> int:
    return complain(f"line {number} and what follows is not recorded: {reason}", advice, NOT_RECORDED)


def _skip_rest(source: BinaryIO) -> None:
    while (piece := source.readline(_PIECE)) and not piece.endswith(b"\n"):
        pass


def _tell(text: str) -> None:
    print(f"darwinflow: {text}", file=sys.stderr)
