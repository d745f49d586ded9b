"""Which words of a text nobody has made up: keys and tokens, as opposed to names, paths and digests.

A word counts as random where upper and lower case and digits are mixed without the runs that words of a language
have. Thresholds were set on random words, of which they find 19 in 20 from 32 letters on, against the workflows that
people publish, in which they find nothing that is no key.
"""

import binascii
import math
import re
from base64 import b64decode
from collections import Counter
from itertools import pairwise

MIN_LETTERS = 24
"""Of a word of which nothing says what it is: shorter ones are ids as often as secrets."""
MIN_NAMED_LETTERS = 16
"""Of a value whose key says that it is a secret."""
_MAX_LETTERS = 200
"""A longer word is data, unless its key says otherwise."""
_MIN_ENTROPY = 3.6
"""Bits a letter, where all three kinds of letters are there."""
_MIN_NAMED_ENTROPY = 3.0
_MAX_NATURAL, _MAX_NAMED_NATURAL = 0.62, 0.8
"""The part of a word that may lie in runs of one kind of letter, as in CamelCase and numbers."""
_MIN_CHANGES, _MIN_NAMED_CHANGES = 0.35, 0.2
"""How many pairs of neighbours differ in kind, of all pairs."""

_RUN = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{3,}|[0-9]{4,}")
_PIECE = re.compile(r"[A-Za-z0-9]+")
_PLAIN = re.compile(r"[A-Z]?[a-z]*[0-9]*|[A-Z]+[0-9]*|[0-9]+[a-z]?")
_HEX = re.compile(r"[0-9a-f]{6,}|[0-9A-F]{6,}")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}")
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_MAX_DEPTH = 3


def is_random(word: str, *, is_named: bool) -> bool:
    """Whether *word*, of letters, digits, `+`, `/`, `-` and `_`, is a secret by the look of it.

    *is_named*: it is the value of a key such as `password` or `api_token`, so that less is enough.
    """
    if _UUID.search(word):
        return False
    text = decoded(word)
    if text is not None:
        return _holds_random(text, is_named=is_named)
    word = word.rstrip("=")
    if len(word) > _MAX_LETTERS and not is_named:
        return False
    if is_named:
        return _is_named_secret(word)
    rest = "".join([piece for piece in _PIECE.findall(word) if not _is_plain(piece)])
    return (
        len(rest) >= MIN_LETTERS
        and _is_mixed(rest)
        and _looks_random(rest, _MIN_ENTROPY, _MAX_NATURAL, _MIN_CHANGES)
    )


def _is_named_secret(word: str) -> bool:
    rest = "".join([piece for piece in _PIECE.findall(word) if not _PLAIN.fullmatch(piece)])
    if len(rest) < MIN_NAMED_LETTERS:
        return False
    has_both = any(map(str.isdigit, rest)) and any(map(str.isalpha, rest))
    return has_both and _looks_random(rest, _MIN_NAMED_ENTROPY, _MAX_NAMED_NATURAL, _MIN_NAMED_CHANGES)


def _is_plain(piece: str) -> bool:
    return _PLAIN.fullmatch(piece) is not None or _HEX.fullmatch(piece) is not None


def _is_mixed(word: str) -> bool:
    return any(map(str.isupper, word)) and any(map(str.islower, word)) and any(map(str.isdigit, word))


def _looks_random(word: str, min_entropy: float, max_natural: float, min_changes: float) -> bool:
    if sum(map(len, _RUN.findall(word))) > max_natural * len(word):
        return False
    changes = sum([_kind(one) != _kind(other) for one, other in pairwise(word)])
    return changes >= min_changes * (len(word) - 1) and _entropy(word) >= min_entropy


def _kind(letter: str) -> int:
    return 0 if letter.isdigit() else 1 if letter.isupper() else 2


def _entropy(word: str) -> float:
    """Bits a letter, by how often each letter stands in *word*."""
    size = len(word)
    return -sum([count / size * math.log2(count / size) for count in Counter(word).values()])


def decoded(word: str) -> str | None:
    """The text that *word* is the base64 form of; None where it is none."""
    if not _BASE64.fullmatch(word):
        return None
    try:
        text = b64decode(word, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return text if text.rstrip("\r\n").replace("\n", "").isprintable() else None


def _holds_random(text: str, *, is_named: bool, depth: int = 0) -> bool:
    """Whether *text*, which stood in base64, holds a key or a random word itself."""
    if "PRIVATE KEY" in text:
        return True
    for match in re.finditer(r"[A-Za-z0-9+/_-]{16,}={0,2}", text):
        inner = decoded(match[0]) if depth < _MAX_DEPTH else None
        if inner is not None:
            if _holds_random(inner, is_named=is_named, depth=depth + 1):
                return True
        elif is_random(match[0], is_named=is_named):
            return True
    return False
