"""What a store remarks on its way, which the daemon logs, as warnings of a command that opens the store itself."""

import logging
import sys

from darwinflow.cli.terminal import say


class Remarks(logging.Handler):
    """Each once, on standard error."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if said not in self._said:
            self._said.add(said)
            say(f"warning: {said}", sys.stderr)


def show_remarks() -> None:
    logging.getLogger("darwinflow.storage").addHandler(Remarks())
