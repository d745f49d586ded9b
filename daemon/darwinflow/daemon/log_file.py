"""The daemon's log: one JSON object a line, bounded, mode 0600. Holds no contents of runs and no secrets."""

import json
import logging
import os
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
                os.replace(self._path, f"{self._path}.1")
                os.close(self._fd)
                self._fd = self._opened()
            os.write(self._fd, line_of(record))
        except OSError:
            return  # a full disk must not stop the daemon, and there is nowhere else to say so

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        super().close()

    def _opened(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        return os.open(self._path, flags, 0o600)


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
