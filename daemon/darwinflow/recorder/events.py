"""The wire format: one event is one JSON object on one line, in ASCII, ended by a newline.

Journals, `darwinflow record --stdin` and imported files all hold these lines. The page for writers in other
languages is `events.md` in `schemas/`, with `events.schema.json` beside it; a test holds the three together.
"""

import json
import os
from collections.abc import Callable

from darwinflow.recorder.checksum import sha256_hex
from darwinflow.recorder.clean import JsonText, cleaned, sound_text
from darwinflow.recorder.ids import MAX_NAME, is_id
from darwinflow.recorder.redact import Redaction
from darwinflow.recorder.soundness import MAX_DEPTH, is_sound

FORMAT_VERSION = 1
MAX_DOCUMENT_BYTES = 8 << 20
"""Of a workflow's text in UTF-8; a longer one is not written, its runs are kept under the file's name."""
MAX_LINE_BYTES = 64 << 20
"""A document of control characters alone takes six bytes a letter."""
MAX_TEXT = 16 * 1024
"""Letters of an error or a path."""
_LAST_MICROSECOND = 253402300799_999999
"""The end of the year 9999, where dates end in most languages."""

SUCCESS, FAILED, CANCELLED = "SUCCESS", "FAILED", "CANCELLED"

Event = dict[str, object]
"""A checked event: every member of its kind is there, optional ones with their default; unknown ones are gone."""


_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Problem:
    """Why a line is no event. `message` is a sentence without a full stop."""

    __slots__ = ("is_newer", "message")

    def __init__(self, message: str, *, is_newer: bool = False) -> None:
        self.message = message
        self.is_newer = is_newer
        """A newer recorder wrote the line, so a newer version can read it."""

    def __repr__(self) -> str:
        return f"Problem({self.message!r})"


def line_of(event: str, members: dict[str, object], values: dict[str, JsonText] | None = None) -> bytes:
    """The line of an event. *members* are plain and sound; *values* were encoded when the program gave them."""
    text = _encode({"v": FORMAT_VERSION, "event": event, **members})
    if values:
        text = text[:-1] + "".join(f',"{name}":{value}' for name, value in values.items()) + "}"
    return text.encode("ascii") + b"\n"


def short_error(error: object) -> str:
    """*error* cut to `MAX_TEXT`; what is cut says so."""
    text = str(error)
    return (
        text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 60]}... (cut: {len(text)} characters in all)"
    )


def hash_of(text: str) -> str:
    """By which a document's text is known: SHA-256 in hex over its UTF-8."""
    return sha256_hex(text.encode())


_REQUIRED = object()
# What a member must be, and what it is where absent.
_Rule = tuple[str, object]
_ORIGIN: dict[str, _Rule] = {
    "recorder": ("name", None),
    "recorderVersion": ("name", None),
    "pid": ("count", None),
    "host": ("name", None),
    "user": ("name", None),
}
_RUN: dict[str, _Rule] = {"run": ("id", _REQUIRED), "at": ("time", _REQUIRED)}
_STEP: dict[str, _Rule] = {**_RUN, "step": ("id", _REQUIRED)}
_END: dict[str, _Rule] = {"status": ("status", _REQUIRED), "error": ("error", None)}
RULES: dict[str, dict[str, _Rule]] = {
    "journal": _ORIGIN,
    "document": {
        "hash": ("hash", _REQUIRED),
        "text": ("document", _REQUIRED),
        "path": ("path", None),
        "workspace": ("path", None),
        "settings": ("document", None),
    },
    "run.started": {
        **_RUN,
        "document": ("hash", None),
        "path": ("path", None),
        "workflow": ("name", None),
        "version": ("version", None),
        "workspace": ("path", None),
        "settings": ("document", None),
        "request": ("any", None),
        "context": ("any", None),
        "tags": ("map", {}),
        "parentRun": ("id", None),
        "parentStep": ("id", None),
        "metadata": ("map", {}),
    },
    "step.started": {
        **_STEP,
        "index": ("count", _REQUIRED),
        "node": ("name", _REQUIRED),
        "nodeType": ("name", None),
        "attempt": ("version", 1),
        "iteration": ("count", 0),
        "input": ("any", None),
    },
    "step.action": {**_STEP, "type": ("name", _REQUIRED), "details": ("map", {})},
    "step.finished": {**_STEP, **_END, "output": ("any", None)},
    "run.joined": {
        **_RUN,
        "request": ("any", None),
        "context": ("any", None),
        "tags": ("map", {}),
        "metadata": ("map", {}),
    },
    "run.output": {**_RUN, **_END, "result": ("any", None)},
    "run.finished": {**_RUN, **_END, "result": ("any", None), "metadata": ("map", {})},
}
"""Every kind of event with its members.

`run.joined` and `run.output` come from a program inside one that is recorded: what it was given and what came of it,
for a run that the outer program begins and ends. Who ends the run has repeated them in its `run.finished`.
"""


_DECODER = json.JSONDecoder(parse_constant=str)


def decode(line: bytes) -> Event | Problem:
    """The event that *line* holds, whoever wrote it.

    Members that are unknown are left out, so that a newer recorder's lines can be read; a higher `v` is a problem.
    """
    raw = parsed(line)
    return raw if isinstance(raw, Problem) else checked(raw)


def parsed(line: bytes) -> dict[str, object] | Problem:
    """The JSON object that *line* holds, cleaned where no other decoder would take it."""
    if len(line) > MAX_LINE_BYTES:
        return Problem(f"the line is longer than {MAX_LINE_BYTES >> 20} MiB")
    try:
        text = line.decode()
        raw = _DECODER.decode(text)
        if not isinstance(raw, dict):
            return Problem("an event is a JSON object")
        suspicious = "\\ud" in text or text.count("[") + text.count("{") > MAX_DEPTH
        if suspicious and not is_sound(text, raw):
            return {sound_text(name): cleaned(value, Redaction()) for name, value in raw.items()}
    except UnicodeDecodeError:
        return Problem("the line is not UTF-8")
    except json.JSONDecodeError as exc:
        return Problem(f"the line is no JSON: {exc.msg} at column {exc.colno}")
    except (ValueError, RecursionError):
        return Problem("the line holds a number or a nesting that is too large")
    return raw


def unknown_members(raw: dict[str, object], event: Event) -> list[str]:
    """Those of *raw* that its kind does not have: most likely slips of the pen."""
    return sorted(set(raw) - set(event))


def checked(raw: dict[str, object]) -> Event | Problem:
    """*raw* as an event of its kind."""
    version = raw.get("v")
    if version != FORMAT_VERSION or isinstance(version, bool):
        newer = isinstance(version, int) and version > FORMAT_VERSION
        note = "; a newer recorder wrote this line" if newer else ""
        return Problem(f"'v' must be {FORMAT_VERSION}{note}", is_newer=newer)
    kind = raw.get("event")
    rules = RULES.get(kind) if isinstance(kind, str) else None
    if rules is None:
        return Problem(f"'event' must be one of {', '.join(RULES)}")
    event: Event = {"v": FORMAT_VERSION, "event": kind}
    for name, (rule, default) in rules.items():
        value = raw.get(name)
        if value is None:
            if default is _REQUIRED:
                return Problem(f"a '{kind}' needs '{name}'")
            event[name] = default.copy() if type(default) is dict else default
            continue
        follows = _FOLLOWS[rule]
        if follows is not None and not follows(value):
            return Problem(f"'{name}' must be {_CHECKS[rule][1]}")
        event[name] = short_error(value) if rule == "error" else value
    if kind == "document" and hash_of(str(event["text"])) != event["hash"]:
        return Problem("'hash' must be the SHA-256 of the text's UTF-8 in lower-case hex")
    return event


def _whole(least: int, most: int = 1 << 53) -> Callable[[object], bool]:
    return lambda value: type(value) is int and least <= value <= most


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= set("0123456789abcdef")


def _is_path(value: object) -> bool:
    return isinstance(value, str) and os.path.isabs(value) and len(value) <= MAX_TEXT and "\0" not in value


def _is_document(value: object) -> bool:
    if not isinstance(value, str) or len(value) > MAX_DOCUMENT_BYTES:
        return False
    return value.isascii() or len(value.encode("utf-8", "surrogatepass")) <= MAX_DOCUMENT_BYTES


_CHECKS: dict[str, tuple[Callable[[object], bool], str]] = {
    "any": (lambda _: True, ""),
    "id": (
        lambda value: type(value) is str and is_id(value),
        "an id: 1 to 128 letters, digits, '.', '_', ':' or '-'",
    ),
    "hash": (_is_hash, "64 hexadecimal digits in lower case"),
    "time": (_whole(0, _LAST_MICROSECOND), "an integer, microseconds since 1970 in UTC"),
    "count": (_whole(0), "an integer of at least 0"),
    "version": (_whole(1), "an integer of at least 1"),
    "name": (
        lambda value: isinstance(value, str) and 0 < len(value) <= MAX_NAME,
        f"a text of 1 to {MAX_NAME} characters",
    ),
    "path": (_is_path, "an absolute path"),
    "error": (lambda value: isinstance(value, str), "a text"),
    "document": (_is_document, f"a text of at most {MAX_DOCUMENT_BYTES >> 20} MiB"),
    "status": (lambda value: value in (SUCCESS, FAILED, CANCELLED), f"{SUCCESS}, {FAILED} or {CANCELLED}"),
    "map": (lambda value: isinstance(value, dict), "an object"),
}
"""Of each rule: whether a value follows it, and what to call that."""
_FOLLOWS = {rule: None if rule == "any" else follows for rule, (follows, _) in _CHECKS.items()}
