"""The daemon's log: one JSON object a line, bounded, mode 0600. Holds no contents of runs and no secrets."""

import errno
import json
import logging
import os
import stat
from contextlib import suppress
from datetime import UTC, datetime

MAX_BYTES = 8 << 20
"""Then the file is kept once as `.1` and begun anew."""


class LogFile(logging.Handler):
    """A handler that writes each record by one call."""

    def __init__(self, path: str) -> None:
        """Raises `OSError`."""
        super().__init__()
        self._path = path
        self._fd = self._opened()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if os.fstat(self._fd).st_size > MAX_BYTES:
                self._begin_anew()
            os.write(self._fd, line_of(record))
        except OSError:
            return  # a full disk must not stop the daemon, and there is nowhere else to say so

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        super().close()

    def _begin_anew(self) -> None:
        with suppress(FileNotFoundError):  # an earlier try came no further than this
            os.replace(self._path, f"{self._path}.1")
        # The old one is let go of last: its number could be another file's, a database's even, by the next record.
        full, self._fd = self._fd, self._opened()
        os.close(full)

    def _opened(self) -> int:
        # Not blocking: opening a pipe could wait for ever.
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        fd = os.open(self._path, flags, 0o600)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), self._path)
        return fd


def line_of(record: logging.LogRecord) -> bytes:
    entry: dict[str, object] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "from": record.name,
        "message": record.getMessage(),
    }
    if record.exc_info:
        entry["traceback"] = logging.Formatter().formatException(record.exc_info)
    return json.dumps(entry).encode("ascii") + b"\n"
