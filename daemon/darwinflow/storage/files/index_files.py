"""The files of the index of a file store, and whether they can be believed."""

import json
import logging
import os
from zlib import crc32

from darwinflow.storage.files.folder import troubles
from darwinflow.storage.sqlite.log_index import is_sound, remove_index

log = logging.getLogger(__name__)


class IndexFiles:
    """In *folder*, which is made. A seal is left where the index was closed in order: then its bytes are known."""

    def __init__(self, folder: str) -> None:
        self.path = os.path.join(folder, "index.db")
        self._seal = os.path.join(folder, "seal.json")
        self._mark = os.path.join(folder, "damaged")
        self._is_distrusted = False
        with troubles(folder):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            with open(os.path.join(folder, ".gitignore"), "w", encoding="ascii") as ignore:
                ignore.write("*\n")

    def is_trusted(self) -> bool:
        """Whether it is there, and is what was closed; else, after a crash, whether it hangs together."""
        if os.path.exists(self._mark) or not os.path.exists(self.path):
            return False
        try:
            with open(self._seal, encoding="ascii") as seal:
                sealed = json.load(seal)
            os.unlink(self._seal)
        except FileNotFoundError:
            return is_sound(self.path)
        except (OSError, ValueError):
            return False
        return bool(sealed == self._measured())

    def distrust(self) -> None:
        """What is in it was found to be damaged: the next opening makes it anew."""
        if not self._is_distrusted:
            self._is_distrusted = True
            log.error(
                "the index %s is damaged; it is made anew from the files beside it at the next start",
                self.path,
            )
            try:
                os.close(os.open(self._mark, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            except OSError as error:
                log.warning("%s cannot be made: %s", self._mark, error)

    def remove(self) -> None:
        with troubles(self.path):
            remove_index(self.path)
            if os.path.exists(self._mark):
                os.unlink(self._mark)

    def seal(self) -> None:
        """To be called when it is closed."""
        if self._is_distrusted:
            return
        try:
            measured = self._measured()
            with open(self._seal, "w", encoding="ascii") as seal:
                json.dump(measured, seal)
        except OSError as error:
            log.warning("%s is not sealed and will be looked through: %s", self.path, error)

    def _measured(self) -> dict[str, int]:
        """Of what the index is now; a WAL beside it belongs to it, and there is none when it is closed in order."""
        checksum = size = 0
        for path in (self.path, f"{self.path}-wal"):
            if os.path.exists(path):
                with open(path, "rb") as file:
                    while block := file.read(1 << 20):
                        checksum = crc32(block, checksum)
                        size += len(block)
        return {"bytes": size, "crc32": checksum}
