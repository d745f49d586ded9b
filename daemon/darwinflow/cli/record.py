"""Run a command and record it, or take events from standard input."""

import argparse
import os
import sys
import warnings

from darwinflow.cli.folder import FolderGone, need_for
from darwinflow.cli.main import EXIT_USAGE, complain
from darwinflow.cli.passthrough import Outcome, carried_out
from darwinflow.cli.terminal import say
from darwinflow.recorder.clean import json_of
from darwinflow.recorder.nesting import outer_of
from darwinflow.recorder.paths import environ_for_elsewhere
from darwinflow.recorder.recording import joined
from darwinflow.recorder.redact import redaction_of
from darwinflow.recorder.report import RecordingWarning, quietly, warn
from darwinflow.recorder.run import Run, record_run
from darwinflow.recorder.step import Step

WAIT_S = 0.2
"""How long the end of a run is waited for."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.usage = (
        "darwinflow record [--workflow F] [--step NODE] -- COMMAND...\n       darwinflow record --stdin"
    )
    parser.add_argument(
        "--workflow", metavar="F", help="the workflow's file, or id@version of a published one"
    )
    parser.add_argument("--step", metavar="NODE", help="the node that the command carries out")
    parser.add_argument(
        "--stdin", action="store_true", help="read events, a JSON object a line, from standard input"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND", help="what to run, after --")


def run(args: argparse.Namespace) -> int:
    warnings.simplefilter("always", RecordingWarning)
    warnings.showwarning = _show
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if args.stdin:
        if command or args.workflow or args.step:
            return _usage("--stdin takes no command, workflow or step: the events say what they belong to")
        from darwinflow.cli.record_stdin import take_all

        return take_all(sys.stdin.buffer)
    if not command or not command[0]:
        return _usage("there is no command to run")
    return _recorded(command, args.workflow, args.step)


def _recorded(command: list[str], workflow: str | None, node: str | None) -> int:
    """Whatever becomes of the record, the command is run and its exit code returned."""
    try:
        need_for(os.environ.get("DARWINFLOW_HOME") or os.sep)
    except FolderGone as exc:
        warn(f"{exc}, nor is the home there, so nothing is recorded; {exc.advice}")
        return _ended(carried_out(command, os.environ))
    if workflow is not None:
        return _as_run(command, workflow, node)
    if outer_of(os.environ) is not None:
        return _as_step(command, node or os.path.basename(command[0]))
    warn("no --workflow is given and this is no part of a recorded run, so nothing is recorded")
    return _ended(carried_out(command, os.environ))


def _as_run(command: list[str], workflow: str, node: str | None) -> int:
    environ = environ_for_elsewhere(os.environ)
    recorded = record_run(workflow, request={"command": command})
    with recorded:
        if node is None:
            outcome = carried_out(command, environ | recorded.environ)
        else:
            with recorded.step(node, input={"command": command}) as step:
                outcome = carried_out(command, environ | step.environ)
                _tell(step, outcome)
        _tell(recorded, outcome)
    _say_state(recorded)
    return _ended(outcome)


def _as_step(command: list[str], node: str) -> int:
    """A step of the run that this program was started in."""
    outer = outer_of(os.environ)
    assert outer is not None
    redaction = redaction_of((), os.environ.get("DARWINFLOW_REDACT"))
    recording = None

    def join() -> None:
        nonlocal recording
        recording = joined(outer, None)
        if recording is None:
            warn(f"run {outer.run} is over or lies elsewhere, so this command is not recorded")

    quietly(join)
    members: dict[str, object] = {"nodeType": None, "attempt": 1, "iteration": 0}
    value = json_of({"command": command}, redaction)
    with Step(lambda: recording, node, members, value, redaction, owns_run=False) as step:
        outcome = carried_out(command, environ_for_elsewhere(os.environ) | step.environ)
        _tell(step, outcome)
    return _ended(outcome)


def _tell(recorded: Run | Step, outcome: Outcome) -> None:
    if outcome.error is None:
        return
    if outcome.stopped_from_outside:
        recorded.cancel(outcome.error)
    else:
        recorded.fail(outcome.error)


def _say_state(recorded: Run) -> None:
    """One line on standard error, after at most `WAIT_S`."""
    if recorded.state == "unrecorded":
        return  # a warning has said why
    from darwinflow.recorder.ask import answers
    from darwinflow.recorder.paths import home_of

    listens = answers(home_of(os.environ))
    if listens and recorded.wait_stored(WAIT_S):
        _say(f"run {recorded.id[-8:]} is stored")
    elif listens:
        _say(f"run {recorded.id[-8:]} is spooled; the daemon takes it in")
    else:
        _say(f"run {recorded.id[-8:]} is spooled until a daemon takes it in: darwinflow daemon start")


def _ended(outcome: Outcome) -> int:
    if outcome.advice is not None:
        complain(str(outcome.error), outcome.advice)
    return outcome.code


def _usage(message: str) -> int:
    return complain(message, "darwinflow record --workflow flows/assistant.yaml -- python run.py", EXIT_USAGE)


def _say(text: str) -> None:
    try:
        say(f"darwinflow: {text}", sys.stderr, now=True)
    except OSError:
        return  # nobody reads standard error; the command's exit code matters more


def _show(message: Warning | str, *_: object, **__: object) -> None:
    _say(f"warning: {message}")
