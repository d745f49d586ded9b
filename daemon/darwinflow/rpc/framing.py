"""Messages with a `Content-Length` header, as LSP's base protocol has them. Bytes in, bodies out; knows no JSON.

Daemon, its clients and the language server's link all cut their streams here.
"""

MAX_BODY_BYTES = 32 << 20
MAX_HEADER_BYTES = 4096
_END = b"\r\n\r\n"


class FrameBroken(Exception):
    """The stream cannot be cut any further: where the next message begins is unknown."""


class FrameTooLong(FrameBroken):
    """A header announces more than is taken."""


def framed(body: bytes) -> bytes:
    """*body* behind its header."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


class FrameReader:
    """Cuts one stream. What is kept never exceeds one message and what came in the same read."""

    __slots__ = ("_buffer", "_length", "_limit", "_searched")

    def __init__(self, limit: int = MAX_BODY_BYTES) -> None:
        self._buffer = bytearray()
        self._limit = limit
        self._length = -1
        """Of the body that is being waited for; -1 while it is the header's turn."""
        self._searched = 0

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> bytes | None:
        """The next whole body; None where more must come. Raises `FrameBroken`, and then always again."""
        if self._length < 0 and not self._take_header():
            return None
        if len(self._buffer) < self._length:
            return None
        body = bytes(memoryview(self._buffer)[: self._length])
        del self._buffer[: self._length]
        self._length = -1
        return body

    @property
    def waiting(self) -> int:
        """Bytes that have come and are not given out."""
        return len(self._buffer)

    def _take_header(self) -> bool:
        end = self._buffer.find(_END, self._searched)
        if end < 0:
            if len(self._buffer) > MAX_HEADER_BYTES:
                raise FrameBroken(f"the header is longer than {MAX_HEADER_BYTES} bytes")
            self._searched = max(0, len(self._buffer) - len(_END) + 1)
            return False
        if end > MAX_HEADER_BYTES:
            raise FrameBroken(f"the header is longer than {MAX_HEADER_BYTES} bytes")
        length = _length_in(bytes(self._buffer[:end]))
        if length > self._limit:
            raise FrameTooLong(f"the message is longer than {self._limit} bytes")
        del self._buffer[: end + len(_END)]
        self._length = length
        self._searched = 0
        return True


def _length_in(header: bytes) -> int:
    found: bytes | None = None
    for line in header.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if not colon or b"\n" in line or b"\r" in line:
            raise FrameBroken("a header line is a name, a colon and a value")
        if name.strip().lower() == b"content-length":
            if found is not None:
                raise FrameBroken("there are two Content-Length headers")
            found = value.strip()
    if found is None:
        raise FrameBroken("the Content-Length header is missing")
    if not found.isdigit():
        raise FrameBroken("Content-Length is not a number")
    return int(found) if len(found) <= 18 else 1 << 62
