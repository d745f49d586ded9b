"""Where a page of runs ends, as text that a caller gives back to have the next one."""

from darwinflow.model.errors import Refused

Position = tuple[int, str]
"""Start in microseconds since 1970, and id: the order of runs, in which no two are equal."""


def cursor_from(position: Position) -> str:
    started, run_id = position
    return f"{started}:{run_id}"


def position_from(cursor: str) -> Position:
    """Raises `Refused`."""
    started, colon, run_id = cursor.partition(":")
    if not colon or len(started) > 18 or not started.removeprefix("-").isdecimal():
        raise Refused("the cursor is not one that an earlier page has given")
    return int(started), run_id
