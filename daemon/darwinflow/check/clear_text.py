"""Finds secrets that stand in clear text, in the lines of a file: it makes no difference in which scalar or comment.

Tokens of a known shape, which the recorder redacts as well, and random words. References to a secret, digests,
commit ids, UUIDs, public keys and encrypted values are none.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from darwinflow.check.passwords import passwords_in
from darwinflow.check.random_words import MIN_NAMED_LETTERS, decoded, is_random
from darwinflow.recorder.redact import SHAPES

_WORD = re.compile(rf"[A-Za-z0-9+/_-]{{{MIN_NAMED_LETTERS},}}={{0,2}}")
_NAMED = re.compile(
    r"(?:secret|token|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|auth)"
    r"(?:[_-]?(?:key|value|token))?[\"']?[ \t]*[:=][ \t]*[\"']?\Z",
    re.IGNORECASE,
)
"""What stands right before a value that is a secret by its name."""
_DIGEST = re.compile(
    r"(?:sha[0-9]*|md5|blake[0-9a-z]*|h1|digest|checksum|integrity|hash|fingerprint|commit|revision|ref|etag)"
    r"[\"']?[ \t]*[-:=@][ \t]*[\"']?(?:sha[0-9]+[-:=])?\Z",
    re.IGNORECASE,
)
_DIGEST_WORD = re.compile(r"(?:sha(?:1|224|256|384|512)|md5|h1)[-_]")
_PUBLIC = re.compile(
    r"(?:public[_-]?key|pub[_-]?key|certificate|ca[_-]?bundle|cert|known_hosts|ssh-(?:rsa|dss|ed25519)"
    r"|ecdsa-[a-z0-9-]+|BEGIN [A-Z ]*(?:PUBLIC KEY|CERTIFICATE)[A-Z ]*-----)[^A-Za-z0-9]*\Z",
    re.IGNORECASE,
)
_PUBLIC_WORD = re.compile(r"AAAA[BCE]|MII(?!...IBA)|MFkw|LS0tLS1CRUdJTiB(?:DRVJU|QVUJM)")
"""How public keys and certificates begin: OpenSSH's, DER in base64, PEM in base64."""
_REFERENCE = re.compile(r"(?:env|vault|ref\+[a-z]+|op|file|ssm)[:.][^\s\"']*\Z|[$%]\{?[\w.({ -]*\Z")
_DATA = re.compile(r"(?:;base64,|ENC\[[^\]]*|\$ANSIBLE_VAULT[^\s]*[ \t]*)\Z")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>]*\Z")
_URL_SECRET = re.compile(r"[?&](?:access_)?(?:token|key|sig|secret|password|api_?key)=\Z", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"[$%{<\[(*]|(.)\1{5,}|x{4,}|\.\.\.|your|example\.|change|placeholder", re.IGNORECASE
)
_LOOSE = frozenset({"sk-", "earer ", "hf_", "xapp-"})
"""Shapes that ordinary words in kebab-case may have as well."""
_HUGGING_FACE = 37
"""Characters of such a token, whose letters alone may be no random word."""
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_DATA_LINE = re.compile(r"[\s>#\"'|-]*[A-Za-z0-9+/=_-]{40,}[\"',\\n]*\s*")
_LAST_DATA_LINE = re.compile(r"[\s>#\"'|-]*[A-Za-z0-9+/=_-]+[\"',\\n]*\s*")
_MAX_DATA_LINE = 500
"""Characters; a longer line is no line of data in lines."""
_PIECE = 20_000
"""Characters of a long line in which secrets that begin there are looked for together."""
_LONGEST = 1_000
"""Characters behind them that may belong to the last of these secrets."""
_SLOW = frozenset({"eyJ", "://"})
_MOST_SLOW = 20
"""Beginnings of such shapes in a piece; text with more of them is made to be slow."""
WORDS_BEFORE = 80
"""Characters before a word that tell what it is."""
_PASSWORD_KEY = re.compile(r"passw(?:or)?d|passphrase", re.IGNORECASE)
_MIN_PASSWORD = 4
_FEW = frozenset(
    {"password", "passwd", "pass", "secret", "guest", "postgres", "mysql", "root", "admin", "user", "test"}
)
"""Passwords that guard nothing but an example."""


_BEGINNING = 4
"""Characters of a secret that a message may repeat."""


class Secret(NamedTuple):
    """One secret in a stretch of lines."""

    line: int
    column: int
    end_column: int
    noun: str
    """`a GitHub token`; empty for a random word."""
    begins: str
    """Its first characters."""


def secrets_in(lines: Sequence[str]) -> list[Secret]:
    """In the order of the text; one for a key over several lines."""
    found: list[Secret] = []
    for row, line in enumerate(lines):
        if len(line) <= _PIECE:
            found += _in_piece(row, line, is_data=_is_data(lines, row))
            if _PASSWORD_KEY.search(line):
                found += _passwords(lines, row, found)
            continue
        behind = 0
        for start in range(0, len(line), _PIECE):
            for secret in _in_piece(row, line[start : start + _PIECE + _LONGEST], is_data=False):
                moved = secret._replace(column=secret.column + start, end_column=secret.end_column + start)
                if secret.column < _PIECE and moved.column >= behind:
                    found.append(moved)
                    behind = moved.end_column
    return sorted(found)


def _in_piece(row: int, text: str, *, is_data: bool) -> list[Secret]:
    taken: list[Secret] = []
    for secret in _shaped(row, text):
        if not any(one.column < secret.end_column and secret.column < one.end_column for one in taken):
            taken.append(secret)
    if not is_data:
        taken += list(_random(row, text, tuple(taken)))
    return sorted(taken)


def _secret(row: int, line: str, start: int, end: int, noun: str) -> Secret:
    return Secret(row, start, end, noun, line[start : min(start + _BEGINNING, end)])


def _passwords(lines: Sequence[str], row: int, known: Sequence[Secret]) -> list[Secret]:
    """Those beside a key on line *row* that nothing else tells."""
    return [
        _secret(at, lines[at], start, end, "a password")
        for at, start, end in passwords_in(lines, row)
        if not any(one.line == at and one.column < end and start < one.end_column for one in known)
    ]


def _is_data(lines: Sequence[str], row: int) -> bool:
    """Whether the line is one of several that hold a long word each and nothing else."""
    if (
        row
        and _holds_data(lines[row - 1])
        and len(lines[row]) <= _MAX_DATA_LINE
        and _LAST_DATA_LINE.fullmatch(lines[row])
    ):
        return True
    return _holds_data(lines[row]) and row + 1 < len(lines) and _holds_data(lines[row + 1])


def _holds_data(line: str) -> bool:
    return len(line) <= _MAX_DATA_LINE and _DATA_LINE.fullmatch(line) is not None


def _shaped(row: int, line: str) -> Iterator[Secret]:
    end = 0
    for match in _PRIVATE_KEY.finditer(line):
        yield _secret(row, line, match.start(), match.end(), "a private key")
    for anchor, shape, noun in SHAPES:
        if anchor not in line or anchor == "PRIVATE KEY":
            continue
        if anchor in _SLOW and line.count(anchor) > _MOST_SLOW:
            continue
        for match in re.finditer(shape, line):
            start = match.end(1) if match.re.groups and match.start(1) >= 0 else match.start()
            if start >= end and _is_real(anchor, line[start : match.end()], line[:start]):
                yield _secret(row, line, start, match.end(), noun)


def _is_real(anchor: str, secret: str, before: str) -> bool:
    """Whether what has the shape of a secret is one, not a reference or a place to put it."""
    if _PLACEHOLDER.search(secret) or _REFERENCE.search(before):
        return False
    if anchor == "://":
        return _guards(secret)
    if anchor == "asic ":
        user, colon, password = (decoded(secret) or "").partition(":")
        return bool(user and colon) and _guards(password) and not _PLACEHOLDER.search(password)
    if anchor == "hf_" and len(secret) == _HUGGING_FACE:
        return not secret.islower() and not secret[len(anchor) :].isupper()
    return anchor not in _LOOSE or is_random(secret, is_named=True)


def _guards(password: str) -> bool:
    return len(password) >= _MIN_PASSWORD and password.lower() not in _FEW


def _random(row: int, line: str, taken: tuple[Secret, ...]) -> Iterator[Secret]:
    for match in _WORD.finditer(line):
        word = match[0]
        if any(one.column < match.end() and match.start() < one.end_column for one in taken):
            continue
        if word.isalpha() or (word.islower() and not any(map(str.isdigit, word))):
            continue
        before = line[max(match.start() - WORDS_BEFORE, 0) : match.start()]
        is_named = _NAMED.search(before) is not None
        if not _is_told(word, before, is_named=is_named) and is_random(word, is_named=is_named):
            yield _secret(row, line, match.start(), match.end(), "")


def _is_told(word: str, before: str, *, is_named: bool) -> bool:
    """Whether the text says that *word* is no secret."""
    if _DIGEST_WORD.match(word) or _PUBLIC_WORD.match(word):
        return True
    if _DIGEST.search(before) or _PUBLIC.search(before) or _DATA.search(before) or _REFERENCE.search(before):
        return True
    return not is_named and _URL.search(before) is not None and not _URL_SECRET.search(before)
