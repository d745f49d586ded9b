"""DSNs of settings, and what is put into them: secrets that they name as `${NAME}` and never hold.

A value is put in so that the server gets it as it is, whatever its characters: percent-encoded into a URI, escaped into
`name=value` pairs. One that stands for several parts of a DSN, or for all of it, is a DSN itself and stays as it is.
"""

import re
from collections.abc import Mapping

from darwinflow.model.errors import SettingsWrong
from darwinflow.settings.secrets_named import NAMED, secret

_SCHEME = re.compile(r"postgres(ql)?://")
_ANY_SCHEME = re.compile(r"[a-z\0]+://", re.IGNORECASE)
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HIDDEN = "\0"
"""Stands for each character of `${NAME}` where only the text around it is looked at."""
_KEY = r"\b(?:ssl)?password\s*="
_IN_QUERY = re.compile(r"[?&](?:ssl)?password=\0*[^&\0]", re.IGNORECASE)
_IN_PAIRS = re.compile(rf"{_KEY}(?!\s*(?:\0+|'\0+')(?:\s|$))", re.IGNORECASE)
_PAIR = re.compile(
    r"(?P<before>\w+\s*=\s*)(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<plain>(?:[^\s\\]|\\.)*))", re.DOTALL
)


def resolved(dsn: str, environ: Mapping[str, str]) -> str:
    """*dsn* with what it names as `${NAME}`, a variable, or `${keyring:NAME}`.

    Raises `SettingsWrong` where one is not set, and where *dsn* itself holds a password: secrets come from there alone.
    """
    hidden = NAMED.sub(lambda match: _HIDDEN * len(match[0]), dsn)
    if _is_with_password(hidden) if _ANY_SCHEME.match(hidden) else _IN_PAIRS.search(hidden):
        raise SettingsWrong(
            "a password does not belong in a DSN that others can read; name a variable as in ${DARWINFLOW_DSN}, "
            "or use ~/.pgpass"
        )
    values = {match.start(): secret(match[1], environ) for match in NAMED.finditer(dsn)}
    encoded = _in_uri(hidden, values) if _SCHEME.match(dsn) else _in_pairs(hidden, values)
    return NAMED.sub(lambda match: encoded[match.start()], dsn)


def _is_with_password(hidden: str) -> bool:
    rest = hidden.split("://", 1)[1]
    # Some write a slash of a password as it is: then the user's part ends later than libpq has it.
    end = rest.find("@") if "@" in rest.partition("/")[0] else rest.partition("?")[0].rfind("@")
    password = rest[: max(end, 0)].partition(":")[2]
    return bool(password.replace(_HIDDEN, "")) or _IN_QUERY.search(hidden) is not None


def _in_uri(hidden: str, values: Mapping[int, str]) -> dict[int, str]:
    """What to put in place of each of *values*, which are by where they stand."""
    begin = hidden.index("://") + 3
    slash = hidden.find("/", begin)
    host_end = slash if slash >= 0 else len(hidden)
    at = hidden.find("@", begin, host_end)
    colon = hidden.find(":", begin, max(at, begin))
    query = hidden.find("?", max(at, begin))
    encoded: dict[int, str] = {}
    for start, value in values.items():
        if start < at:
            user, sign, password = value.partition(":") if colon < 0 else (value, "", "")
            encoded[start] = _percent(user) + sign + _percent(password)
        elif 0 <= query < start:
            encoded[start] = value if hidden[start - 1] in "?&" else _percent(value)
        elif start < host_end and not value.startswith(
            "/"
        ):  # a host, perhaps with its port, or all that follows
            encoded[start] = value
        else:
            encoded[start] = _percent(value)
    return encoded


def _in_pairs(hidden: str, values: Mapping[int, str]) -> dict[int, str]:
    """As `_in_uri`. What stands for whole pairs stays as it is."""
    encoded = dict(values)
    for pair in _PAIR.finditer(hidden):
        is_quoted = pair["quoted"] is not None
        for start, value in values.items():
            if pair.end("before") <= start < pair.end():
                escaped = re.sub(r"[\\']" if is_quoted else r"[\\'\s]", r"\\\g<0>", value)
                encoded[start] = escaped if escaped or is_quoted else "''"
    return encoded


def _percent(value: str) -> str:
    octets = value.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if octet in _UNRESERVED else f"%{octet:02X}" for octet in octets)
