"""As much of MessagePack as Neovim's RPC speaks. Extension values (handles of buffers, windows, tab pages) are read as integers."""

import struct
from typing import Any

EXTENSION_BYTES = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
UNSIGNED = (">B", ">H", ">I", ">Q")
SIGNED = (">b", ">h", ">i", ">q")
BINARY, EXTENSION, TEXT, LIST, MAPPING = 0xC4, 0xC7, 0xD9, 0xDC, 0xDE
LENGTH_FORMS = {
    first + place: form
    for first, forms in ((BINARY, UNSIGNED[:3]), (EXTENSION, UNSIGNED[:3]), (TEXT, UNSIGNED[:3]))
    for place, form in enumerate(forms)
} | {first + place: form for first in (LIST, MAPPING) for place, form in enumerate(UNSIGNED[1:3])}
NUMBER_FORMS = {
    first + place: form
    for first, forms in ((0xCA, (">f", ">d")), (0xCC, UNSIGNED), (0xD0, SIGNED))
    for place, form in enumerate(forms)
}
CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}


class Incomplete(Exception):
    """The value goes on beyond what has arrived."""


def packed(value: Any) -> bytes:
    match value:
        case None:
            return b"\xc0"
        case bool():
            return b"\xc3" if value else b"\xc2"
        case int():
            return struct.pack(">Bq", 0xD3, value)
        case float():
            return struct.pack(">Bd", 0xCB, value)
        case str():
            data = value.encode()
            return struct.pack(">BI", 0xDB, len(data)) + data
        case list() | tuple():
            return struct.pack(">BI", 0xDD, len(value)) + b"".join(map(packed, value))
        case dict():
            pairs = (packed(part) for pair in value.items() for part in pair)
            return struct.pack(">BI", 0xDF, len(value)) + b"".join(pairs)
    raise TypeError(f"{type(value)} has no form in MessagePack")


class Reader:
    """Reads values one after another from bytes that arrive in pieces."""

    def __init__(self) -> None:
        self._data = b""
        self._at = 0

    def feed(self, piece: bytes) -> list[Any]:
        """The values that are whole now."""
        self._data += piece
        values = []
        while True:
            self._at = 0
            try:
                values.append(self._value())
            except Incomplete:
                return values
            self._data = self._data[self._at :]

    def _take(self, count: int) -> bytes:
        taken = self._data[self._at : self._at + count]
        if len(taken) < count:
            raise Incomplete
        self._at += count
        return taken

    def _number(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _value(self) -> Any:
        head = self._take(1)[0]
        if head < 0x80:
            return head
        if head < 0x90:
            return self._mapping(head & 0x0F)
        if head < 0xA0:
            return self._list(head & 0x0F)
        if head < 0xC0:
            return self._text(head & 0x1F)
        if head >= 0xE0:
            return head - 0x100
        if head in CONSTANTS:
            return CONSTANTS[head]
        if head in NUMBER_FORMS:
            return self._number(NUMBER_FORMS[head])
        if head in EXTENSION_BYTES:
            return self._extension(EXTENSION_BYTES[head])
        length = self._number(LENGTH_FORMS[head])
        if head < EXTENSION:
            return self._take(length)
        if head < TEXT:
            return self._extension(length)
        if head < LIST:
            return self._text(length)
        return self._list(length) if head < MAPPING else self._mapping(length)

    def _text(self, length: int) -> str:
        return self._take(length).decode("utf-8", "surrogateescape")

    def _list(self, length: int) -> list[Any]:
        return [self._value() for _ in range(length)]

    def _mapping(self, length: int) -> dict[Any, Any]:
        return {self._value(): self._value() for _ in range(length)}

    def _extension(self, length: int) -> Any:
        self._take(1)
        inner = Reader()
        values = inner.feed(self._take(length))
        return values[0]
