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

    def row(self, cells: str, columns: int) -> str:
        """As `fit`, for what programs and files have said: nothing in it can command the terminal."""
        return self.fit(harmless(cells), columns)


def harmless(text: str) -> str:
    """*text* on one line of as many characters, with a sign for each that would move, colour or turn what follows."""
    return text if text.isascii() and text.isprintable() else text.translate(_HARMLESS)


def say(text: str, stream: TextIO | None = None, *, now: bool = False) -> None:
    """Print *text* as one harmless line on *stream*, standard output where absent; *now*: whoever reads waits for it.

    What holds names that people, programs or files have given goes through here, `Terminal.row` or `findings.safe`.
    """
    print(harmless(text), file=stream, flush=now)


_CONTROLS = (range(0x20), range(0x7F, 0xA0))
_TURNS = ((0x61C, 0x200B, 0x200E, 0x200F, 0xFEFF), range(0x2028, 0x202F), range(0x2066, 0x206A))
_HARMLESS = {code: "\ufffd" for codes in (*_CONTROLS, *_TURNS) for code in codes}
_HARMLESS.update(dict.fromkeys(map(ord, "\t\n\r"), " "))

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
    utf8 = (stream.encoding or "").lower().replace("-", "").replace("_", "") == "utf8"
    return Terminal(colour, utf8, _width() if is_terminal else 0)


def _width() -> int:
    import shutil  # which costs a cold `check` in a pipe as much as reading its file

    return shutil.get_terminal_size((80, 24)).columns
