"""`darwinflow`: the way in. It imports next to nothing, so that Ctrl-C is answered from the first moment on."""

import _signal as signal  # type: ignore[import-not-found] # what `signal` wraps into enums; built in, so at once
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

EXIT_OK = 0
EXIT_NO = 1
"""Findings of severity error, or: what was asked for cannot be done as things stand."""
EXIT_USAGE = 2
EXIT_FAULT = 3
"""A fault of ours."""
EXIT_INTERRUPTED = 130
EXIT_UNREAD = 141
"""The reader of standard output went away before it was known how things end; as shells name death by SIGPIPE."""

_OBJECTS_BETWEEN_COLLECTIONS = 50_000

COMMANDS: dict[str, str] = {
    "check": "find what is wrong in workflow files; no daemon needed",
    "explain": "say what a finding means, with an example and the example mended",
    "fmt": "bring workflow files into style; no value, comment or anchor is ever changed",
    "publish": "copy a workflow into the store as an immutable version",
    "diff": "show what differs between two workflows: nodes, edges, fields and lines",
    "workflow": "list the published workflows, show the text of a version, or delete some",
    "lineage": "show the versions of a workflow, who made each and how it did",
    "runs": "list runs, show one whole, compare two, follow, delete, pin or import them",
    "metrics": "show what runs add up to: by version, or over time with a small chart",
    "patterns": "show what the last runs have in common: bottlenecks, repetitions, sequences, corrections",
    "record": "run a command and record it, or take events from standard input",
    "storage": "look after what runs, figures and workflows are kept on",
    "org": "share an organization's runs and figures with a team, in its PostgreSQL database",
    "daemon": "start, stop or look at the daemon that keeps the history",
    "selftest": "try on this machine and its disk that nothing is lost: kills, flipped bits, torn files",
    "demo": "make a small workspace with real runs and show what the editor would",
}
"""Every command with its help. Only the module of the one that is asked for is imported."""


def main(argv: "Sequence[str] | None" = None) -> int:
    """Returns the exit code; the console script exits with it."""
    is_ours = (
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )  # a shell's background job ignores it
    if is_ours:
        signal.signal(signal.SIGINT, _leave)
    if argv is None:
        # What is imported stays: to look through it for garbage, now and at the end, is a tenth of a short command.
        gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)
    from darwinflow.cli import frame, streams

    streams.prepare()
    try:
        # The command may have something to put away.
        if is_ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return frame.outcome(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, _leave)
        if argv is None:
            gc.freeze()


def complain(message: str, advice: str | None, code: int = EXIT_NO) -> int:
    """Print an error the way every command does, and return *code*."""
    from darwinflow.cli.streams import mute
    from darwinflow.cli.terminal import harmless

    try:
        print(f"error: {harmless(message)}", file=sys.stderr)
        if advice:
            print(f"try: {harmless(advice)}", file=sys.stderr)
    except OSError:
        mute()
    return code


def _leave(_number: int, _frame: "FrameType | None") -> None:
    """Nothing is begun yet, or all is done. An exception could end up anywhere in an import."""
    os._exit(EXIT_INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
