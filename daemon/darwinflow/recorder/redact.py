"""Secrets are taken out of what is recorded before it is written.

Well-known token shapes always, and the patterns that the program or `DARWINFLOW_REDACT` names.
"""

import re
from collections.abc import Iterable

REDACTED = "(redacted)"
"""A plain scalar in YAML and plain text in Markdown, so a redacted document keeps its form."""

_LETTER = r"[A-Za-z0-9_-]"
SHAPES: tuple[tuple[str, str, str], ...] = (
    # What an anchor finds quickly, the pattern decides; its first group, if it has one, stays. Then what it is.
    # Texts, because `re` compiles and keeps the few that are ever needed; all of them would slow the import.
    ("AKIA", r"AKIA[0-9A-Z]{16}", "an AWS access key"),
    ("ASIA", r"ASIA[0-9A-Z]{16}", "an AWS access key"),
    ("ghp_", r"ghp_[A-Za-z0-9]{30,}", "a GitHub token"),
    ("gho_", r"gho_[A-Za-z0-9]{30,}", "a GitHub token"),
    ("ghu_", r"ghu_[A-Za-z0-9]{30,}", "a GitHub token"),
    ("ghs_", r"ghs_[A-Za-z0-9]{30,}", "a GitHub token"),
    ("ghr_", r"ghr_[A-Za-z0-9]{30,}", "a GitHub token"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{22,}", "a GitHub token"),
    ("glpat-", rf"glpat-{_LETTER}{{20,}}", "a GitLab token"),
    ("gldt-", rf"gldt-{_LETTER}{{20,}}", "a GitLab token"),
    ("glrt-", rf"glrt-{_LETTER}{{20,}}", "a GitLab token"),
    ("glptt-", rf"glptt-{_LETTER}{{20,}}", "a GitLab token"),
    ("xox", rf"xox[abeoprs]-{_LETTER}{{12,}}", "a Slack token"),
    ("xapp-", rf"xapp-{_LETTER}{{12,}}", "a Slack token"),
    (
        "hooks.slack.com",
        r"(hooks\.slack\.com/(?:services|workflows)/)[A-Za-z0-9/_-]{20,}",
        "a Slack webhook",
    ),
    ("sk-", rf"(?<![A-Za-z0-9])sk-{_LETTER}{{20,}}", "an API key"),
    ("gsk_", r"(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{40,}", "a Groq key"),
    ("xai-", r"(?<![A-Za-z0-9])xai-[A-Za-z0-9]{40,}", "an xAI key"),
    ("r8_", r"(?<![A-Za-z0-9])r8_[A-Za-z0-9]{37,}", "a Replicate token"),
    ("lsv2_", r"lsv2_(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}", "a LangSmith key"),
    ("k_live_", r"[sr]k_live_[A-Za-z0-9]{16,}", "a Stripe key"),
    ("k_test_", r"[sr]k_test_[A-Za-z0-9]{16,}", "a Stripe key"),
    ("whsec_", r"whsec_[A-Za-z0-9+/=]{16,}", "a webhook secret"),
    ("AIza", rf"AIza{_LETTER}{{35}}", "a Google API key"),
    ("ya29.", rf"ya29\.{_LETTER}{{20,}}", "a Google access token"),
    ("GOCSPX-", rf"GOCSPX-{_LETTER}{{20,}}", "a Google client secret"),
    (
        "eyJ",
        # Of a run of letters the first 'eyJ' decides, once: a text full of them would be read again from each.
        rf"(?<!{_LETTER})((?>{_LETTER}*?(?=eyJ)))eyJ{_LETTER}{{13,}}+\.{_LETTER}{{8,}}+(?:\.{_LETTER}+)+",
        "a JSON web token",
    ),
    (
        "PRIVATE KEY",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)",
        "a private key",
    ),
    ("AGE-SECRET-KEY-1", r"AGE-SECRET-KEY-1[A-Z0-9]{58}", "a private key"),
    ("npm_", r"npm_[A-Za-z0-9]{36}", "an npm token"),
    ("pypi-Ag", rf"pypi-Ag{_LETTER}{{30,}}", "a PyPI token"),
    ("rubygems_", r"rubygems_[a-f0-9]{48}", "a RubyGems key"),
    ("dckr_pat_", rf"dckr_pat_{_LETTER}{{27}}", "a Docker Hub token"),
    ("hf_", r"(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}", "a Hugging Face token"),
    ("sbp_", r"sbp_[a-f0-9]{40}", "a Supabase token"),
    ("key-", r"(?<![A-Za-z0-9_-])key-[a-f0-9]{32}(?![A-Za-z0-9_-])", "a Mailgun key"),
    (
        "discord",
        r"(discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/[0-9]{15,20}/)[A-Za-z0-9_-]{40,}",
        "a Discord webhook",
    ),
    ("SG.", rf"SG\.{_LETTER}{{16,}}\.{_LETTER}{{16,}}", "a SendGrid key"),
    ("do", r"do[opr]_v1_[a-f0-9]{64}", "a DigitalOcean token"),
    ("shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}", "a Shopify token"),
    ("dapi", r"dapi[a-f0-9]{32}", "a Databricks token"),
    ("hvs.", rf"hvs\.{_LETTER}{{24,}}", "a Vault token"),
    ("lin_api_", r"lin_api_[A-Za-z0-9]{40}", "a Linear key"),
    ("NRAK-", r"NRAK-[A-Z0-9]{27}", "a New Relic key"),
    ("PMAK-", r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}", "a Postman key"),
    ("tskey-", rf"tskey-{_LETTER}{{24,}}", "a Tailscale key"),
    ("sntrys_", r"sntrys_[A-Za-z0-9+/=_]{40,}", "a Sentry token"),
    ("ccountKey=", r"([Aa]ccountKey=)[A-Za-z0-9+/=]{20,}", "an Azure storage key"),
    ("earer ", r"([Bb]earer )[A-Za-z0-9._~+/=-]{16,}", "a bearer token"),
    ("asic ", r"([Bb]asic )(?=[A-Za-z0-9+/]*[a-z0-9][A-Z])[A-Za-z0-9+/]{11,}={0,2}", "a password"),
    ("://", r"(://[^\s/:@\"'<>]{0,100}:)[^\s/@\"'<>]{1,200}(?=@)", "a password"),
)
_WORD = bytes(
    0x61 if (chr(code).isalnum() and code < 128) or chr(code) in "_-+/" else 0x20 for code in range(256)
)
_LONG_WORD = b"a" * 16
"""Every shape but passwords in URLs and headers and bearer tokens holds a run of at least 16 such letters."""


_ALL = r"[\s\S]+"


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
                compiled.append(re.compile(_ALL))
        self.patterns = tuple(compiled)

    def may_touch(self, text: str) -> bool:
        """Whether *text*, a value or its JSON, could hold something to take out; False is certain."""
        if self.patterns:
            return True
        if "earer " in text or "asic " in text or ("://" in text and "@" in text):
            return True
        if _LONG_WORD not in text.encode().translate(_WORD):
            return False
        return any(anchor in text for anchor, _, _ in SHAPES)

    def without_tokens(self, text: str) -> str:
        """*text* without tokens of known shapes: of a text that decides where a run belongs, whatever the patterns hide."""
        if self.patterns or self.may_touch(text):
            for anchor, shape, _ in SHAPES:
                if anchor in text:
                    text = re.sub(shape, _keep_prefix, text)
        return text

    def applied(self, text: str) -> str:
        """*text* without what is to be taken out."""
        text = self.without_tokens(text)
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
