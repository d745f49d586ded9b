"""The standard streams of a command: always there, able to write any text, and honest about what was not written."""

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

from darwinflow.model.standard_streams import open_missing

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_BUFFER_BYTES = 8192


class _Sink(io.FileIO):
    """A standard stream's descriptor, which keeps in mind what went wrong: what writes through it may swallow that."""

    fault: OSError | None = None

    def write(self, data: "ReadableBuffer", /) -> int:
        try:
            return super().write(data)
        except OSError as exc:
            self.fault = exc
            raise


_sinks: dict[int, _Sink] = {}


def prepare() -> None:
    """Open what the caller has closed on nothing, and let no character that the terminal lacks stop a command."""
    is_own_output = sys.stdout is sys.__stdout__  # else it was put there by a program that calls us
    is_own_error = sys.stderr is sys.__stderr__
    open_missing()
    if is_own_output:
        sys.stdout = _opened(sys.stdout, 1, by_line=os.isatty(1))
    if is_own_error:
        sys.stderr = _opened(sys.stderr, 2, by_line=True)


def unwritten() -> OSError | None:
    """Why standard output does not take what was printed; None where it does. What is left of it is dropped then."""
    return _fault(sys.stdout, 1)


def owns_output() -> bool:
    """Whether all that goes to standard output passes here, so that `unwritten` knows."""
    return 1 in _sinks


def mute() -> bool:
    """Whether standard error takes nothing: the exit code alone says how it went then."""
    return _fault(sys.stderr, 2) is not None


def has_no_reader(exc: OSError) -> bool:
    return exc.errno == errno.EPIPE


def _opened(stream: TextIO, number: int, *, by_line: bool) -> TextIO:
    sink = _sinks[number] = _Sink(number, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(sink, _BUFFER_BYTES),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=by_line,
    )


def _fault(stream: TextIO, number: int) -> OSError | None:
    sink = _sinks.get(number)
    fault = sink.fault if sink else None
    try:
        stream.flush()
    except OSError as exc:
        # Python would complain again when it closes the stream.
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, number)
        os.close(nothing)
        return fault or exc
    return fault
