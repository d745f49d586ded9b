"""`secret`: a token, a key or a password stands in clear text, in any scalar or comment."""

from collections.abc import Iterator, Sequence

from darwinflow.check.clear_text import secrets_in
from darwinflow.check.finding import ERROR, Finding
from darwinflow.model.span import Span

_SHOWN = 4
"""Characters of a secret that a message may repeat."""
_HIDDEN = frozenset({"a private key", "a password", "a Slack webhook"})
"""Of these the first characters say nothing, or too much."""


def secret(lines: Sequence[str]) -> Iterator[Finding]:
    """Findings of a stretch of lines, relative to its first one."""
    for found in secrets_in(lines):
        span = Span(found.line, found.column, found.line, found.end_column)
        start = lines[found.line][found.column : found.column + _SHOWN]
        if not found.noun:
            message = (
                f"'{start}…' looks like a secret in clear text; write a reference such as ${{NAME}} here, "
                "or say why it is none: # darwinflow: ignore[secret] reason"
            )
        else:
            what = found.noun if found.noun in _HIDDEN else f"{found.noun}, '{start}…',"
            message = f"{what} stands here in clear text; revoke it and write a reference such as ${{NAME}}"
        yield Finding("secret", ERROR, span, message)
