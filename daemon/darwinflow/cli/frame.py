"""What holds for every command: finds its module, runs it, and turns what went wrong into two lines and an exit code."""

import argparse
import sys
from typing import NoReturn, Protocol

from darwinflow.cli import streams
from darwinflow.cli.folder import FolderGone, is_missed_by
from darwinflow.cli.main import (
    COMMANDS,
    EXIT_FAULT,
    EXIT_INTERRUPTED,
    EXIT_NO,
    EXIT_OK,
    EXIT_UNREAD,
    EXIT_USAGE,
    complain,
)
from darwinflow.cli.unwritable import advice_on
from darwinflow.model.errors import DarwinFlowError
from darwinflow.model.exit_codes import exit_code_of
from darwinflow.model.usage import ArgumentParser


class Command(Protocol):
    """What a module of this package offers."""

    def configure(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, args: argparse.Namespace) -> int: ...


def outcome(arguments: list[str]) -> int:
    """Do what *arguments* say; the exit code, once all that was printed is written."""
    name = arguments[0] if arguments else ""
    code: int | None
    try:
        code = _carried_out(name, arguments[1:])
    except DarwinFlowError as exc:
        code = _refused(name, exc)
    except SystemExit as exc:  # after help, or wrong usage
        code = exc.code if isinstance(exc.code, int) else EXIT_OK if exc.code is None else EXIT_FAULT
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except OSError as exc:
        if is_missed_by(exc):
            code = _refused(name, FolderGone())
        elif streams.unwritten() is not None or (streams.has_no_reader(exc) and not streams.owns_output()):
            code = None  # another pipe that nobody reads is a fault
        else:
            code = EXIT_NO if streams.mute() else _fault(name, exc)
    except Exception as exc:  # noqa: BLE001 - the border: a traceback is ours alone
        code = _fault(name, exc)
    unwritten = streams.unwritten()
    if unwritten is not None and not streams.has_no_reader(unwritten):
        code = _told(unwritten)
    streams.mute()
    return EXIT_UNREAD if code is None else code


def _refused(name: str, exc: DarwinFlowError) -> int:
    code = EXIT_USAGE if isinstance(exc, FolderGone) else exit_code_of(exc)
    return complain(str(exc), exc.advice or f"darwinflow {name} --help", code)


def _told(fault: OSError) -> int:
    advice = advice_on(fault, "send it to another file or disk")
    return complain(f"standard output cannot be written: {fault.strerror}", advice)


def _carried_out(name: str, arguments: list[str]) -> int:
    if name in COMMANDS:
        command = _load(name)
        parser = _Parser(prog=f"darwinflow {name}", description=COMMANDS[name].capitalize() + ".")
        command.configure(parser)
        return command.run(parser.parse_args(arguments))
    if name in ("", "-h", "--help", "help"):
        _overview().print_help()
        return EXIT_OK if name else EXIT_USAGE
    if name == "--version":
        from darwinflow.recorder.ids import RECORDER_VERSION

        print(f"darwinflow {RECORDER_VERSION}")
        return EXIT_OK
    return _unknown(name)


class _Parser(ArgumentParser):
    """As its base; what is refused is told as every other error."""

    def _refuse(self, message: str, advice: str) -> NoReturn:
        sys.exit(complain(message, advice, EXIT_USAGE))


def _load(name: str) -> Command:
    import importlib

    command: Command = importlib.import_module(f"darwinflow.cli.{name}")
    return command


def _overview() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    return ArgumentParser(
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

    told = f"a fault of darwinflow's own stopped '{name}': {type(exc).__name__}"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix=f"darwinflow-{name}-", suffix=".txt", delete=False, encoding="utf-8", errors="replace"
        ) as report:
            report.write("".join(traceback.format_exception(exc)))
    except OSError as unwritten:
        advice = advice_on(unwritten, "set TMPDIR to a folder where you can write, and do it again")
        return complain(
            f"{told}; what tells more cannot be written: {unwritten.strerror}", advice, EXIT_FAULT
        )
    return complain(
        told,
        f"send us {report.name}; nothing that was recorded is lost",
        EXIT_FAULT,
    )
