"""That one process alone writes to a folder."""

import fcntl
import os

from darwinflow.model.errors import StoreUnwritable
from darwinflow.storage.files.folder import troubles


class OwnerLock:
    """Held until `release`, or until the process ends, whichever way."""

    def __init__(self, folder: str) -> None:
        """Raises `StoreUnwritable` where another process holds it."""
        path = os.path.join(folder, "lock")
        with troubles(path):
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._fd)
            raise StoreUnwritable(
                f"{folder} is in use by another program",
                hint="end that program; one process writes to a folder of files",
            ) from error

    def release(self) -> None:
        os.close(self._fd)
