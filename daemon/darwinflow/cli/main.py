"""`darwinflow`: finds the command's module, runs it, and turns what went wrong into two lines and an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Protocol

from darwinflow.model.errors import DarwinFlowError

COMMANDS: dict[str, str] = {
    "check": "find what is wrong in workflow files; no daemon needed",
    "explain": "say what a finding means, with an example and the example mended",
    "fmt": "bring workflow files into style; no value, comment or anchor is ever changed",
    "publish": "copy a workflow into the store as an immutable version",
    "lineage": "show the versions of a workflow, who made each and how it did",
    "runs": "list runs, show one whole, or follow them as they come",
    "record": "run a command and record it, or take events from standard input",
    "daemon": "start, stop or look at the daemon that keeps the history",
    "demo": "make a small workspace with real runs and show what the editor would",
}
"""Every command with its help. Only the module of the one that is asked for is imported."""

EXIT_OK = 0
EXIT_NO = 1
"""Findings of severity error, or: what was asked for cannot be done as things stand."""
EXIT_USAGE = 2
EXIT_FAULT = 3
"""A fault of ours."""
EXIT_INTERRUPTED = 130


class Command(Protocol):
    """What a module of this package offers."""

    def configure(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code; the console script exits with it."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    name = arguments[0] if arguments else ""
    if name in COMMANDS:
        return _guarded(name, arguments[1:])
    parser = _overview()
    if name in ("", "-h", "--help", "help"):
        parser.print_help()
        return EXIT_OK if name else EXIT_USAGE
    if name == "--version":
        from darwinflow.recorder.events import RECORDER_VERSION

        print(f"darwinflow {RECORDER_VERSION}")
        return EXIT_OK
    return _unknown(name)


def _guarded(name: str, arguments: list[str]) -> int:
    try:
        command = _load(name)
        parser = argparse.ArgumentParser(
            prog=f"darwinflow {name}", description=COMMANDS[name].capitalize() + "."
        )
        command.configure(parser)
        code = command.run(parser.parse_args(arguments))
        sys.stdout.flush()
    except DarwinFlowError as exc:
        return complain(str(exc), exc.advice)
    except BrokenPipeError:
        # The reader went away, as `head` does. Python would complain again when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_OK
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as exc:  # noqa: BLE001 - the border: a traceback is ours alone
        return _fault(name, exc)
    return code


def complain(message: str, advice: str | None, code: int = EXIT_NO) -> int:
    """Print an error the way every command does, and return *code*."""
    print(f"error: {message}", file=sys.stderr)
    if advice:
        print(f"try: {advice}", file=sys.stderr)
    return code


def _load(name: str) -> Command:
    import importlib

    command: Command = importlib.import_module(f"darwinflow.cli.{name}")
    return command


def _overview() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    return argparse.ArgumentParser(
        prog="darwinflow",
        usage="darwinflow COMMAND [ARGUMENTS]",
        description="Versions, runs and timings of workflows written as YAML.",
        epilog=f"commands:\n{listing}\n\ndarwinflow COMMAND --help says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def _unknown(name: str) -> int:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    return complain(
        f"there is no command '{name}'" + (f"; did you mean '{near[0]}'?" if near else ""),
        f"darwinflow {near[0]}" if near else "darwinflow --help",
        EXIT_USAGE,
    )


def _fault(name: str, exc: Exception) -> int:
    """Keep the traceback in a file of the user's own and say where."""
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix=f"darwinflow-{name}-", suffix=".txt", delete=False, encoding="utf-8", errors="replace"
    ) as report:
        report.write("".join(traceback.format_exception(exc)))
    return complain(
        f"a fault of darwinflow's own stopped '{name}': {type(exc).__name__}",
        f"send us {report.name}; nothing that was recorded is lost",
        EXIT_FAULT,
    )


if __name__ == "__main__":
    sys.exit(main())
