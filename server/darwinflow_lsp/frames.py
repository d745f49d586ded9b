"""LSP's base protocol: a header with `Content-Length`, a blank line, a body. Bytes in, bodies out.

Knows neither JSON nor where the bytes come from. A header that makes no sense costs only the bytes up to the
next one that does: a body of JSON cannot hold a bare line break inside a text, so what looks like a header
between two line breaks is one.
"""

import re
from typing import NamedTuple

MAX_HEADER_BYTES = 4096
MAX_BODY_BYTES = 32 << 20
"""A document of 8 MiB, escaped at its worst, still fits."""

_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*(\d+)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")
_HEADER_START = re.compile(rb"content-length[ \t]*:[ \t]*\d{1,9}[ \t]*\r?\n", re.IGNORECASE)


class Faulty(NamedTuple):
    """What stood where a message should; it is answered with this."""

    message: str


class Frames:
    """Cuts a stream of bytes into bodies. Holds at most one unfinished frame."""

    __slots__ = ("_buffer", "_length", "_lost")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length = -1
        """Of the body that is awaited; -1 while a header is."""
        self._lost = False
        """Looking for the next header that makes sense."""

    def feed(self, chunk: bytes) -> list[bytes | Faulty]:
        """Every body that *chunk* completes, in order."""
        self._buffer += chunk
        found: list[bytes | Faulty] = []
        while True:
            if self._length < 0:
                fault = self._read_header()
                if fault is not None:
                    found.append(fault)
                    continue
                if self._length < 0:
                    return found
            if len(self._buffer) < self._length:
                return found
            found.append(bytes(self._buffer[: self._length]))
            del self._buffer[: self._length]
            self._length = -1

    def _read_header(self) -> Faulty | None:
        """Take a header off the buffer where one is whole."""
        if self._lost and not self._resynchronize():
            return None
        end = _HEADER_END.search(self._buffer, 0, MAX_HEADER_BYTES)
        if end is None:
            return self._lose("a header is too long") if len(self._buffer) >= MAX_HEADER_BYTES else None
        header = bytes(self._buffer[: end.start()]).replace(b"\r", b"")
        lengths = _LENGTH.findall(header)
        if len(lengths) != 1:
            # The rest of a body that was longer than its header said may stand before the next header, in its line.
            inner = None if lengths else _HEADER_START.search(self._buffer, 0, end.end())
            del self._buffer[: inner.start() if inner else end.end()]
            return self._lose("a header names its length once")
        length = int(lengths[0])
        del self._buffer[: end.end()]
        if length > MAX_BODY_BYTES:
            return self._lose(f"a message has at most {MAX_BODY_BYTES} bytes")
        self._length = length
        return None

    def _lose(self, message: str) -> Faulty:
        self._lost = True
        return Faulty(message)

    def _resynchronize(self) -> bool:
        start = _HEADER_START.search(self._buffer)
        if start is None:
            # The end may be the beginning of a header that is still to come.
            del self._buffer[:-64]
            return False
        del self._buffer[: start.start()]
        self._lost = False
        return True


def framed(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
