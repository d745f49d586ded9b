"""`unexplained-suppression`: a comment takes a finding away and does not say why that is right."""

from collections.abc import Iterator

from darwinflow.check.finding import HINT, Finding
from darwinflow.check.suppressions import Suppression
from darwinflow.model.span import Span


def unexplained_suppression(suppression: Suppression) -> Iterator[Finding]:
    """*suppression* is one that takes something away, as far as anybody knows."""
    if suppression.has_reason or suppression.is_slip or not suppression.codes:
        return
    column = suppression.word_column
    span = Span(suppression.line, column, suppression.line, column + len("ignore"))
    message = "a suppression says behind its brackets why it is right: # darwinflow: ignore[code] reason"
    yield Finding("unexplained-suppression", HINT, span, message)
