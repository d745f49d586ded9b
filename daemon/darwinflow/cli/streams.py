"""The standard streams of a command: always there, able to write any text, and honest about what was not written."""

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

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
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one. Else the next file that is opened would be the standard stream.
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - takes no name
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    # One that is another object was put there by a program that calls us.
    if sys.stdout is sys.__stdout__:
        sys.stdout = _opened(sys.stdout, 1, by_line=os.isatty(1))
    if sys.stderr is sys.__stderr__:
        sys.stderr = _opened(sys.stderr, 2, by_line=True)


def unwritten() -> OSError | None:
    """Why standard output does not take what was printed; None where it does. What is left of it is dropped then."""
    return _fault(sys.stdout, 1)


def mute() -> bool:
    """Whether standard error takes nothing: the exit code alone says how it went then."""
    return _fault(sys.stderr, 2) is not None


def has_no_reader(exc: OSError) -> bool:
    return exc.errno == errno.EPIPE


def _opened(stream: TextIO | None, number: int, *, by_line: bool) -> TextIO:
    sink = _sinks[number] = _Sink(number, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(sink, _BUFFER_BYTES),
        encoding="utf-8" if stream is None else stream.encoding,
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
