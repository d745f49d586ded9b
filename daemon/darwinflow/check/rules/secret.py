"""`secret`: a token, a key or a password stands in clear text, in any scalar or comment."""

from collections.abc import Iterator, Sequence

from darwinflow.check.escaped import secrets_within
from darwinflow.check.finding import ERROR, Finding
from darwinflow.document.segment import Segment
from darwinflow.model.span import Span

_HIDDEN = frozenset({"a private key", "a password", "a Slack webhook"})
"""Of these the first characters say nothing, or too much."""


def secret(lines: Sequence[str], segment: Segment | None) -> Iterator[Finding]:
    """Findings of a stretch of lines, relative to its first one. *segment*: whose lines they are, if it is one's."""
    for found in secrets_within(lines, segment):
        span = Span(found.line, found.column, found.line, found.end_column)
        if not found.noun:
            message = (
                f"'{found.begins}…' looks like a secret in clear text; write a reference such as ${{NAME}} here, "
                "or say why it is none: # darwinflow: ignore[secret] reason"
            )
        else:
            what = found.noun if found.noun in _HIDDEN else f"{found.noun}, '{found.begins}…',"
            message = f"{what} stands here in clear text; revoke it and write a reference such as ${{NAME}}"
        yield Finding("secret", ERROR, span, message)
