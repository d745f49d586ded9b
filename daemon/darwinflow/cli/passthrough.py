"""Runs another program in our place: its streams are ours, its signals pass through, its exit code comes back."""

import errno
import os
import shlex
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

_PASSED = tuple(
    getattr(signal, name)
    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2")
    if hasattr(signal, name)
)
NOT_FOUND = 127
NOT_EXECUTABLE = 126
"""As shells return them."""


class Outcome:
    """How the program ended."""

    __slots__ = ("advice", "code", "error", "stopped_from_outside")

    def __init__(
        self, code: int, error: str | None, *, stopped_from_outside: bool = False, advice: str | None = None
    ) -> None:
        self.advice = advice
        """What to try where the program could not be started; None where it was."""
        self.code = code
        """For a shell: the exit code, or 128 and the number of the signal that ended it."""
        self.error = error
        """None where it ended well."""
        self.stopped_from_outside = stopped_from_outside
        """By one of the signals with which people and systems stop programs."""


def carried_out(command: Sequence[str], environ: Mapping[str, str]) -> Outcome:
    """Run *command* to its end. Call it from the main thread."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # where it was ignored, the child's status would be gone
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (*_PASSED, signal.SIGCHLD))
    try:
        try:
            child = os.posix_spawnp(
                command[0],
                list(command),
                dict(environ),
                setsigmask=before,
                # Python ignores these two, and a child would inherit that.
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
            )
        except OSError as exc:
            return _not_started(command[0], exc)
        return _outcome(_status_of(child))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _status_of(child: int) -> int:
    """Wait for *child*, and pass on what is sent to us meanwhile."""
    while True:
        number, by_a_program = _next_signal()
        if number == signal.SIGCHLD:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return status
        elif by_a_program:
            with suppress(
                PermissionError
            ):  # it runs as another user by now, as `sudo` does; it is waited for
                os.kill(child, number)


def _next_signal() -> tuple[int, bool]:
    """Its number, and whether a program has sent it. What a terminal sends (Ctrl-C), the child gets for itself."""
    if hasattr(signal, "sigwaitinfo"):
        info = signal.sigwaitinfo((*_PASSED, signal.SIGCHLD))
        return info.si_signo, info.si_code <= 0
    number = signal.sigwait((*_PASSED, signal.SIGCHLD))
    return number, not (os.isatty(0) and number in (signal.SIGINT, signal.SIGQUIT))


def _not_started(name: str, exc: OSError) -> Outcome:
    """Why the system does not run the program *name*, in the words of who knows what to do about it."""
    quoted = shlex.quote(name)
    if exc.errno == errno.ENOENT:
        if os.path.exists(name) and os.sep in name:
            advice = f"name an interpreter that is there: python {quoted}"
            return Outcome(NOT_FOUND, f"the interpreter that '{name}' names is not there", advice=advice)
        return Outcome(NOT_FOUND, f"no command is called '{name}'", advice=f"the full path of '{name}'")
    if os.path.isdir(name):
        return Outcome(NOT_EXECUTABLE, f"'{name}' is a folder", advice="name a program")
    if exc.errno == errno.EACCES:
        advice = f"chmod +x {quoted}, or name its interpreter before it: sh {quoted}"
        return Outcome(NOT_EXECUTABLE, f"'{name}' is not executable", advice=advice)
    if exc.errno == errno.ENOEXEC:
        advice = f"name its interpreter before it: sh {quoted}"
        return Outcome(NOT_EXECUTABLE, f"'{name}' is no program that this system can run", advice=advice)
    advice = f"run it alone: {quoted}"
    return Outcome(NOT_EXECUTABLE, f"'{name}' cannot be started: {exc.strerror}", advice=advice)


def _outcome(status: int) -> Outcome:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        interrupted = code in (128 + signal.SIGINT, 128 + signal.SIGTERM)
        return Outcome(code, f"exit code {code}" if code else None, stopped_from_outside=interrupted)
    number = -code
    stopped = number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    return Outcome(128 + number, f"ended by {signal.Signals(number).name}", stopped_from_outside=stopped)
