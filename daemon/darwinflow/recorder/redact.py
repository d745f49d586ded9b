"""Secrets are taken out of what is recorded before it is written.

Well-known token shapes always, and the patterns that the program or `DARWINFLOW_REDACT` names.
"""

import re
from collections.abc import Iterable

REDACTED = "(redacted)"
"""A plain scalar in YAML and plain text in Markdown, so a redacted document keeps its form."""

_LETTER = r"[A-Za-z0-9_-]"
_SHAPES: tuple[tuple[str, str], ...] = (
    # What an anchor finds quickly, the pattern decides; its first group, if it has one, stays.
    # Texts, because `re` compiles and keeps the few that are ever needed; all of them would slow the import.
    ("AKIA", r"AKIA[0-9A-Z]{16}"),
    ("ASIA", r"ASIA[0-9A-Z]{16}"),
    ("ghp_", r"ghp_[A-Za-z0-9]{30,}"),
    ("gho_", r"gho_[A-Za-z0-9]{30,}"),
    ("ghu_", r"ghu_[A-Za-z0-9]{30,}"),
    ("ghs_", r"ghs_[A-Za-z0-9]{30,}"),
    ("ghr_", r"ghr_[A-Za-z0-9]{30,}"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{22,}"),
    ("glpat-", rf"glpat-{_LETTER}{{20,}}"),
    ("xox", rf"xox[abeoprs]-{_LETTER}{{12,}}"),
    ("xapp-", rf"xapp-{_LETTER}{{12,}}"),
    ("hooks.slack.com", r"(hooks\.slack\.com/(?:services|workflows)/)[A-Za-z0-9/_-]{20,}"),
    ("sk-", rf"(?<![A-Za-z0-9])sk-{_LETTER}{{20,}}"),
    ("k_live_", r"[sr]k_live_[A-Za-z0-9]{16,}"),
    ("k_test_", r"[sr]k_test_[A-Za-z0-9]{16,}"),
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{16,}"),
    ("AIza", rf"AIza{_LETTER}{{35}}"),
    ("ya29.", rf"ya29\.{_LETTER}{{20,}}"),
    ("GOCSPX-", rf"GOCSPX-{_LETTER}{{20,}}"),
    ("eyJ", rf"eyJ{_LETTER}{{13,}}\.{_LETTER}{{8,}}(?:\.{_LETTER}+)+"),
    (
        "PRIVATE KEY",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
    ),
    ("npm_", r"npm_[A-Za-z0-9]{36}"),
    ("pypi-Ag", rf"pypi-Ag{_LETTER}{{30,}}"),
    ("hf_", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}"),
    ("SG.", rf"SG\.{_LETTER}{{16,}}\.{_LETTER}{{16,}}"),
    ("do", r"do[opr]_v1_[a-f0-9]{64}"),
    ("shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    ("dapi", r"dapi[a-f0-9]{32}"),
    ("ccountKey=", r"([Aa]ccountKey=)[A-Za-z0-9+/=]{20,}"),
    ("earer ", r"([Bb]earer )[A-Za-z0-9._~+/=-]{16,}"),
    ("://", r"(://[^\s/:@\"'<>]{0,100}:)[^\s/@\"'<>]{1,200}(?=@)"),
)
_WORD = bytes(
    0x61 if (chr(code).isalnum() and code < 128) or chr(code) in "_-+/" else 0x20 for code in range(256)
)
_LONG_WORD = b"a" * 16
"""Every shape but passwords in URLs and bearer tokens holds a run of at least 16 such letters."""


_ALL = re.compile(r"[\s\S]+")


class Redaction:
    """What is taken out of the values of one run."""

    __slots__ = ("patterns", "problem")

    def __init__(self, patterns: Iterable[str | re.Pattern[str]] = ()) -> None:
        """*patterns* are regular expressions. One that cannot be read hides everything, and `problem` says so."""
        self.problem: str | None = None
        compiled = []
        for pattern in patterns:
            try:
                compiled.append(_compiled(pattern))
            except (re.error, TypeError, RecursionError, OverflowError) as exc:
                self.problem = (
                    f"the redaction pattern {pattern!r} cannot be used ({exc}); every value is hidden"
                )
                compiled.append(_ALL)
        self.patterns = tuple(compiled)

    def may_touch(self, text: str) -> bool:
        """Whether *text*, a value or its JSON, could hold something to take out; False is certain."""
        if self.patterns:
            return True
        if "earer " in text or ("://" in text and "@" in text):
            return True
        if _LONG_WORD not in text.encode().translate(_WORD):
            return False
        return any(anchor in text for anchor, _ in _SHAPES)

    def applied(self, text: str) -> str:
        """*text* without what is to be taken out."""
        if self.patterns or self.may_touch(text):
            for anchor, shape in _SHAPES:
                if anchor in text:
                    text = re.sub(shape, _keep_prefix, text)
        for pattern in self.patterns:
            text = pattern.sub(_hide, text)
        return text


def _compiled(pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    compiled = re.compile(pattern)
    if not isinstance(compiled.pattern, str):
        raise TypeError("it is made of bytes")
    return compiled


def redaction_of(
    given: str | re.Pattern[str] | Iterable[str | re.Pattern[str]], environment: str | None
) -> Redaction:
    """*given* in the call, one pattern or several, and those of `DARWINFLOW_REDACT`, one a line."""
    patterns: list[str | re.Pattern[str]] = (
        [given] if isinstance(given, (str, re.Pattern)) or not isinstance(given, Iterable) else list(given)
    )
    patterns += [line for line in (environment or "").splitlines() if line.strip()]
    return Redaction(pattern for pattern in patterns if pattern != "")


def _keep_prefix(match: re.Match[str]) -> str:
    return ((match.group(1) or "") if match.re.groups else "") + REDACTED


def _hide(match: re.Match[str]) -> str:
    return REDACTED if match.group() else ""
