"""What the terminal can show: colour, glyphs, width."""

import os
import sys
from typing import NamedTuple, TextIO


class Terminal(NamedTuple):
    """How to write to one stream."""

    colour: bool
    utf8: bool
    width: int
    """Columns; 0 where the stream is no terminal and lines need not be cut."""

    def paint(self, text: str, style: str) -> str:
        """*style* is a key of `STYLES`."""
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.colour and text else text

    def fit(self, text: str, columns: int) -> str:
        """*text*, cut to *columns* with an ellipsis."""
        if columns <= 0 or len(text) <= columns:
            return text
        return text[: max(columns - 1, 0)] + ("…" if self.utf8 else "~")


STYLES = {"good": "32", "bad": "31", "quiet": "2", "warn": "33", "strong": "1"}


def terminal_of(stream: TextIO = sys.stdout) -> Terminal:
    """Obeys NO_COLOR, FORCE_COLOR and streams that are no terminal."""
    is_terminal = stream.isatty()
    environ = os.environ
    colour = bool(environ.get("FORCE_COLOR")) or (
        is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    )
    if environ.get("NO_COLOR"):
        colour = False
    utf8 = (stream.encoding or "").lower().replace("-", "") == "utf8"
    return Terminal(colour, utf8, _width() if is_terminal else 0)


def _width() -> int:
    import shutil  # which costs a cold `check` in a pipe as much as reading its file

    return shutil.get_terminal_size((80, 24)).columns
