"""Which ids the stores take, the same on every back end."""

import re
import unicodedata

from darwinflow.model.errors import NameRefused

_RUN_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)
_OTHER = re.compile(r"[^\w.-]")
MOST_ID_CHARACTERS = 100
MOST_ID_BYTES = 200
"""File systems take names of 255 bytes, and some keep a letter and its accent apart, which makes a name longer."""

_DEVICES = frozenset(
    [
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{port}{number}" for port in ("com", "lpt") for number in "0123456789¹²³"),
    ]
)
"""Files of these names cannot be made on Windows, whatever their suffix, and a store travels with its repository."""

_RULE = f"a workflow's id is made of letters, digits, '_', '-' and '.', up to {MOST_ID_CHARACTERS}"


def check_run_id(run_id: str) -> None:
    """Raises `NameRefused`."""
    if not _RUN_ID.fullmatch(run_id):
        raise NameRefused(
            f"a run's id is 1 to 128 of A-Z a-z 0-9 . _ : -, which {_shown(run_id)} is not",
            hint="leave the id out, and one is made; or take one of that form",
        )


def check_workflow_id(workflow_id: str) -> None:
    """Raises `NameRefused` for what cannot be the name of a folder everywhere, with the reason and a name that can."""
    wrong = _wrong_with(workflow_id)
    if wrong is not None:
        what, hint = wrong
        raise NameRefused(f"{_shown(workflow_id)} {what}", hint=hint)


def is_workflow_id(name: str) -> bool:
    return _wrong_with(name) is None


def _wrong_with(workflow_id: str) -> tuple[str, str] | None:
    """What is wrong with it, and what to do; None where it is an id."""
    other = _OTHER.search(workflow_id)
    if other is not None:
        return f"holds {_character(other[0])}; {_RULE}", "leave that character out, or write '-' for it"
    if not workflow_id or workflow_id[0] in ".-":
        what = f"begins with '{workflow_id[0]}'" if workflow_id else "has no characters"
        return f"{what}; a workflow's id begins with a letter, a digit or '_'", "put a letter first"
    if len(workflow_id) > MOST_ID_CHARACTERS:
        return f"has {len(workflow_id)} characters; {_RULE}", "shorten it"
    size = len(workflow_id.encode("utf-8", "replace"))
    if size > MOST_ID_BYTES:
        what = (
            f"is {size} bytes long as UTF-8; its folder is named by it, and a name of a folder has room for"
        )
        return f"{what} {MOST_ID_BYTES}", "shorten it"
    if workflow_id.endswith("."):
        what = "ends with '.', which Windows drops from the name of a folder"
        return what, "take the dot from its end"
    device = workflow_id.split(".", maxsplit=1)[0]
    if folded(device) in _DEVICES:
        what = f"is a name that Windows keeps for a device ({device.upper()}, with any ending)"
        return f"{what}: its folder could not be made there", f"call it '{device}-flow', for example"
    return None


def folded(workflow_id: str) -> str:
    """What two ids share when they are the same but for case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", workflow_id).casefold())


def _shown(name: str) -> str:
    shown = name if len(name) <= 60 else name[:60] + "…"
    return f"'{shown}'" if shown.isprintable() else f"'{shown.encode('unicode_escape').decode('ascii')}'"


def _character(one: str) -> str:
    if one == " ":
        return "a blank"
    return f"'{one}'" if one.isprintable() else f"the character U+{ord(one):04X}"
