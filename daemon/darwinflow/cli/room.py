"""The ballast in words: the room on the home's disk that is kept for when that is full."""

from typing import Any

NEXT_STEP = "make room on that disk, or darwinflow runs delete"


def room_kept(room: dict[str, Any]) -> str | None:
    """Of what `daemon/status` says; None where none is wanted."""
    if room["isGivenUp"]:
        return "the disk is full: what was kept for that is given up, and what is recorded waits until there is room"
    if room["kept"] < room["wanted"]:
        return f"{room['wanted'] >> 20} MiB are to be kept for when the disk is full, and are not yet"
    if room["wanted"]:
        return f"{room['kept'] >> 20} MiB are kept for when the disk is full"
    return None
