"""Values of a program to JSON text: whatever is given, something readable is kept and a run is never lost.

Most values take the short way, one call of the C encoder. What it refuses or would spoil (NaN, lone
surrogates, odd keys, objects, cycles, depth, size, secrets) is walked and cleaned.
"""

import itertools
import json
import operator
from collections.abc import Callable, Collection, Mapping

from darwinflow.recorder.redact import Redaction
from darwinflow.recorder.soundness import (
    MAX_DEPTH,
    MAX_VALUE_BYTES,
    has_whole_letters,
    is_flat,
    looks_harmless,
    seems_flat,
)

_NOTE_BYTES = 16 * 1024
"""Kept free for the notes about what was cut, at most one a level."""
_MOST_MEMBERS = MAX_VALUE_BYTES // 2
"""Each takes a character and a comma; a container of a class of its own may have no end."""
STOPPING = (KeyboardInterrupt, SystemExit)
"""They come from the program's signal handlers, at any line, and must end it, whatever they interrupt."""
_SHORT = 14
"""Letters; no known token is so short."""


class JsonText(str):
    """JSON in ASCII on one line, ready to be put into a line of the journal."""

    __slots__ = ()


_encode: Callable[[object], str] = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode
NULL = JsonText("null")


def json_of(value: object, redaction: Redaction) -> JsonText:
    """*value* as it is now; later changes to it do not matter. Never raises."""
    try:
        text = _as_it_is(value, redaction) or JsonText(_encode(cleaned(value, redaction)))
    except STOPPING:
        raise
    except BaseException as exc:  # noqa: BLE001 - foreign objects may raise anything, and another thread may change them
        return JsonText(_encode(unread(value, exc)))
    if len(text) <= MAX_VALUE_BYTES:
        return text
    return JsonText(_encode(f"{text[: MAX_VALUE_BYTES // 3]}... (cut: JSON of {len(text)} characters)"))


def cleaned(value: object, redaction: Redaction) -> object:
    """*value* as what JSON can hold, within the limits."""
    return _Cleaner(redaction).clean(value, 0)


def sound_text(text: str) -> str:
    """*text* with lone surrogates spelled out, as file names that are no UTF-8 hold."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def is_text(value: object) -> bool:
    """As `isinstance`, without asking the object: its `__class__` may be code of its own, which raises or lies."""
    return issubclass(type(value), str)


def unread(value: object, exc: BaseException) -> str:
    """What stands for *value* when its own code has raised *exc*."""
    return f"(not recorded: {type(exc).__name__} while reading a {type(value).__name__})"


def shown(value: object) -> str:
    """An object as it shows itself."""
    try:
        if isinstance(value, (bytes, bytearray)):
            return repr(bytes(value[:MAX_VALUE_BYTES]))
        return repr(value)
    except STOPPING:
        raise
    except BaseException as exc:  # noqa: BLE001 - the object's own code
        return f"(a {type(value).__name__} whose repr raises {type(exc).__name__})"


def whole(value: object, least: int) -> int:
    """*value* as a count of at least *least*; what is none counts as the least."""
    return (
        value
        if isinstance(value, int) and not isinstance(value, bool) and least <= value < 1 << 53
        else least
    )


def _as_it_is(value: object, redaction: Redaction) -> JsonText | None:
    try:
        if not looks_harmless(value):
            return None
        text = _encode(value)
    except (TypeError, ValueError, RecursionError, RuntimeError):
        return None  # an object, NaN, a cycle, too deep, changed by another thread: the long way knows
    if len(text) > MAX_VALUE_BYTES or redaction.may_touch(text) or not has_whole_letters(text, value):
        return None
    if not seems_flat(text) and not is_flat(value):
        return None
    return JsonText(text)


class _Cleaner:
    """One walk over one value, with what is left of its allowance."""

    __slots__ = ("_left", "_open", "_redaction")

    def __init__(self, redaction: Redaction) -> None:
        self._redaction = redaction
        self._left = MAX_VALUE_BYTES - _NOTE_BYTES
        self._open: set[int] = set()

    def clean(self, value: object, depth: int) -> object:
        """What cannot be read says so in its place; what lies beside it is kept."""
        try:
            return self._cleaned(value, depth)
        except STOPPING:
            raise
        except BaseException as exc:  # noqa: BLE001 - the object's own code
            return self._text(unread(value, exc))

    def _cleaned(self, value: object, depth: int) -> object:
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, (bool, int, float)):
            return self._number(value)
        if hasattr(type(value), "__index__"):
            return self._whole(value)
        if isinstance(value, (dict, list, tuple, set, frozenset)) or _is_mapping(value):
            if id(value) in self._open:
                return self._text("(a cycle)")
            if depth >= MAX_DEPTH:
                return self._text(f"(nested deeper than {MAX_DEPTH} levels)")
            self._open.add(id(value))
            try:
                if isinstance(value, (list, tuple, set, frozenset)):
                    return self._items(value, depth + 1)
                assert isinstance(value, Mapping)
                return self._entries(value, depth + 1)
            finally:
                self._open.discard(id(value))
        return self._text(shown(value))

    def _items(self, value: Collection[object], depth: int) -> list[object]:
        self._left -= 2
        out: list[object] = []
        items = list(itertools.islice(value, _MOST_MEMBERS))
        for item in items:
            if self._left <= 0:
                out.append(f"(cut: {_more(value, items, out)} more)")
                break
            self._left -= 1
            out.append(self.clean(item, depth))
        return out

    def _entries(self, mapping: Mapping[object, object], depth: int) -> dict[str, object]:
        self._left -= 2
        out: dict[str, object] = {}
        entries = list(itertools.islice(mapping.items(), _MOST_MEMBERS))
        for key, value in entries:
            if self._left <= 0:
                out[_free("(cut)", out)] = f"{_more(mapping, entries, out)} more"
                break
            self._left -= 2
            name = _free(self._text(key if isinstance(key, str) else _key(key)), out)
            out[name] = self.clean(value, depth)
        return out

    def _number(self, value: int | float | None) -> object:
        if value is None or isinstance(value, bool):
            self._left -= 5
            return value
        if isinstance(value, int):
            try:
                text = int.__repr__(value)
            except ValueError:
                return self._text(f"(an integer of {value.bit_length()} bits)")
        elif float.__sub__(value, value) == 0:  # neither NaN nor infinite
            text = float.__repr__(value)
        else:
            self._left -= 6
            return float.__repr__(value)
        if self._redaction.patterns and (hidden := self._redaction.applied(text)) != text:
            return self._text(hidden)
        self._left -= len(text)
        return value

    def _whole(self, value: object) -> object:
        try:
            return self._number(operator.index(value))  # type: ignore[arg-type]
        except STOPPING:
            raise
        except BaseException:  # noqa: BLE001 - the object's own code; a tensor of many numbers has the method and refuses
            return self._text(shown(value))

    def _text(self, text: str) -> str:
        text = str.__str__(text)
        length = len(text)
        if length < _SHORT and self._left > _NOTE_BYTES and not self._redaction.patterns:
            self._left -= length + 2 if text.isascii() else 6 * length
            return sound_text(text)
        # Cut generously first, so that redacting a huge text costs little, and a token is never cut before it is seen.
        if length > 2 * MAX_VALUE_BYTES:
            text = text[: 2 * MAX_VALUE_BYTES]
        text = self._redaction.applied(sound_text(text))
        size = len(_encode(text))
        if size > self._left or length > 2 * MAX_VALUE_BYTES:
            keep = max(0, min(len(text), len(text) * max(self._left, 0) // size))
            while keep and len(_encode(text[:keep])) > max(self._left, 0) + 2:
                keep = keep * 9 // 10
            text = f"{text[:keep]}... (cut: {length} characters in all)"
            size = len(_encode(text))
        self._left -= size
        return text


def _more(value: Collection[object], read: Collection[object], kept: Collection[object]) -> int:
    """How many members of *value* are cut; at least what of it was *read*, where its length is no number of them."""
    return max(len(value), len(read)) - len(kept)


def _is_mapping(value: object) -> bool:
    try:
        return isinstance(value, Mapping)
    except STOPPING:
        raise
    except BaseException:  # noqa: BLE001 - an object's own `__class__` is asked
        return False


def _key(key: object) -> str:
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return shown(key)


def _free(name: str, taken: dict[str, object]) -> str:
    """*name*, or with a number behind it where two keys look the same."""
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"
