"""Which ids the stores take, the same on every back end."""

import re
import unicodedata

from darwinflow.model.errors import NameRefused

_RUN_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_WORKFLOW_ID = re.compile(r"\w[\w.-]*")
MOST_ID_CHARACTERS = 100
MOST_ID_BYTES = 200
"""File systems take names of 255 bytes, and a temporary one is longer than the id."""

_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))]
)
"""Files of these names cannot be made on Windows, whatever their suffix, and a store travels with its repository."""


def check_run_id(run_id: str) -> None:
    """Raises `NameRefused`."""
    if not _RUN_ID.fullmatch(run_id):
        raise NameRefused(
            f"a run's id is 1 to 128 of A-Z a-z 0-9 . _ : -, which {_shown(run_id)} is not",
        )


def check_workflow_id(workflow_id: str) -> None:
    """Raises `NameRefused` for what cannot be the name of a folder everywhere."""
    if (
        not _WORKFLOW_ID.fullmatch(workflow_id)
        or len(workflow_id) > MOST_ID_CHARACTERS
        or len(workflow_id.encode("utf-8", "replace")) > MOST_ID_BYTES
    ):
        raise NameRefused(
            f"{_shown(workflow_id)} is no workflow id: up to {MOST_ID_CHARACTERS} letters, digits, _ - . are, "
            "beginning with neither . nor -"
        )
    if workflow_id.endswith(".") or folded(workflow_id).split(".")[0] in _DEVICES:
        raise NameRefused(f"{_shown(workflow_id)} cannot be the name of a folder on every system")


def folded(workflow_id: str) -> str:
    """What two ids share when they are the same but for case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", workflow_id).casefold())


def _shown(name: str) -> str:
    shown = name if len(name) <= 60 else name[:60] + "…"
    return f'"{shown.encode("unicode_escape").decode("ascii")}"' if not shown.isprintable() else f'"{shown}"'
