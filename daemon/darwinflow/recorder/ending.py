"""How a step or run ends, told from the exception that left its block."""

from darwinflow.recorder.clean import STOPPING, sound_text
from darwinflow.recorder.events import CANCELLED, FAILED, SUCCESS, short_error
from darwinflow.recorder.redact import Redaction


class Ending:
    """A status, and the error where there is one."""

    __slots__ = ("error", "status")

    def __init__(self, status: str, error: str | None = None) -> None:
        self.status = status
        self.error = error


def ending_of(exc: BaseException | None, redaction: Redaction) -> Ending:
    """FAILED for errors, CANCELLED for what stops a program or task from outside, SUCCESS for `sys.exit(0)`."""
    if exc is None:
        return Ending(SUCCESS)
    if isinstance(exc, SystemExit):
        if exc.code is None or exc.code == 0:
            return Ending(SUCCESS)
        detail = f"exit code {exc.code}" if isinstance(exc.code, int) else _message(exc)
        return Ending(FAILED, error_text(detail, redaction))
    status = FAILED if isinstance(exc, Exception) else CANCELLED
    message = _message(exc)
    name = type(exc).__name__
    return Ending(status, error_text(f"{name}: {message}" if message else name, redaction))


def error_text(error: object, redaction: Redaction) -> str:
    """*error* as it is recorded."""
    return short_error(redaction.applied(sound_text(_message(error))))


def _message(error: object) -> str:
    try:
        return str(error)
    except STOPPING:
        raise
    except BaseException as inner:  # noqa: BLE001 - the program's own code
        return f"(its message raises {type(inner).__name__})"
