"""How the recorder says that it could not do something: a warning, never an exception."""

import sys
from collections.abc import Callable


class RecordingWarning(UserWarning):
    """Something of a run was not recorded, or not as it was given. The program goes on as if nothing had been."""


def warn(message: str) -> None:
    """Tell the program's user, also where warnings are errors: a recorder must not break the program."""
    try:
        import warnings  # seldom needed, and half a millisecond of every start

        warnings.warn(message, RecordingWarning, stacklevel=_depth_of_caller())
    except Exception:  # noqa: BLE001 - whatever a filter or a hook of the program raises, it is only about a message
        _write(f"darwinflow: {message}\n")


def quietly(act: Callable[[], object]) -> bool:
    """Do *act*; what it raises becomes a warning. Returns whether it went through.

    The border between the recorder and the program: every public call passes here. `KeyboardInterrupt` and
    `SystemExit` go on: they come from the program's signal handlers, at any line, and must end it.
    """
    try:
        act()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as exc:  # noqa: BLE001 - the border
        warn(f"not recorded: {type(exc).__name__}: {exc}")
        return False
    return True


def _depth_of_caller() -> int:
    """Frames from `warn` up to the program's own line."""
    depth = 1
    frame = sys._getframe(1)  # noqa: SLF001 - `warnings` has `skip_file_prefixes` only since Python 3.12
    while frame.f_back is not None and frame.f_globals.get("__package__") == __package__:
        frame = frame.f_back
        depth += 1
    return depth


def _write(line: str) -> None:
    try:
        sys.stderr.write(line)
    except (AttributeError, OSError, ValueError):
        return  # no standard error, or one that is closed
