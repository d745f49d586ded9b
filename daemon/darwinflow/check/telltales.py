"""Which lines of a text may hold a secret, or a comment that suppresses findings: a filter that passes nearly no line."""

import re
from collections.abc import Iterator

from darwinflow.check.suppressions import MARKS
from darwinflow.recorder.redact import SHAPES

_ENCODING = ("utf-8", "surrogatepass")
_LETTERS = bytes(
    code if code == 0x0A else 0x61 if (chr(code).isalnum() and code < 128) or chr(code) in "_-+/" else 0x20
    for code in range(256)
)
_LONG_WORD = b"a" * 16
"""Every shape of a token and every random word holds as many, but for the texts below."""
_PASSWORD_KEYS = (b"assw", b"ASSW", b"assW", b"assphrase", b"assPhrase", b"ASSPHRASE")
_TELLING = (*[mark.encode() for mark in MARKS], b"earer ", b"asic ", b"PRIVATE KEY", *_PASSWORD_KEYS)
_TOLD = re.compile(b"|".join(map(re.escape, _TELLING)))
_SHORT = 2_000
"""Bytes up to which one pattern finds sooner than each word by itself."""
_PASSWORD = re.compile(rb"://[^\s@]{0,400}@")
_ESCAPE = re.compile(rb"\\(?:(?:x|u00|U000000)[2-7]|[/\r\n])")
"""How a text may write a letter of a secret; in the next line, too."""
_WORD = re.compile(rb"a+")
_DIGIT = re.compile(rb"[0-9]")
_ANCHORS = re.compile(b"|".join(re.escape(anchor.encode()) for anchor, _, _ in SHAPES))
_MAX_SEARCHED = 4_000
"""Letters of a word; a longer one is left to whoever reads the line."""


def rows_to_read(text: str) -> list[int]:
    """The lines of *text* that could hold something; it is certain of all others that they do not."""
    content = text.encode(*_ENCODING)
    letters = content.translate(_LETTERS)
    may_escape = b"\\" in content
    if _LONG_WORD not in letters and b"://" not in content and not may_escape and not _tells(content):
        return []
    starts = {at for word in _TELLING for at in _places(content, word)}
    starts.update([at for at in _places(content, b"://") if _PASSWORD.match(content, at)])
    if may_escape:
        starts.update([match.start() for match in _ESCAPE.finditer(content)])
    at = letters.find(_LONG_WORD)
    while at >= 0:
        end = _end_of_word(letters, at)
        is_long = end - at > _MAX_SEARCHED
        if is_long or _DIGIT.search(content, at, end) or _ANCHORS.search(content, at, end):
            starts.add(at)
        at = letters.find(_LONG_WORD, end)
    rows: list[int] = []
    row = last = 0
    for start in sorted(starts):
        row += content.count(b"\n", last, start)
        last = start
        if not rows or rows[-1] != row:
            rows.append(row)
    return rows


def _tells(content: bytes) -> bool:
    if len(content) < _SHORT:
        return _TOLD.search(content) is not None
    return any(word in content for word in _TELLING)


def _places(content: bytes, word: bytes) -> Iterator[int]:
    at = content.find(word)
    while at >= 0:
        yield at
        at = content.find(word, at + len(word))


def _end_of_word(letters: bytes, at: int) -> int:
    match = _WORD.match(letters, at)
    return match.end() if match is not None else at + 1
