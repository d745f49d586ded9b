"""`stored-file-edited`: a file of the store says something else than what was published."""

from collections.abc import Callable, Iterator

from darwinflow.check.finding import ERROR, WARNING, Finding, Fix
from darwinflow.check.neighbours import Published
from darwinflow.check.words import shown
from darwinflow.model.span import Span


def stored_file_edited(
    published: Published,
    content_hash: str,
    following: int,
    span: Span,
    *,
    is_verbatim: bool,
    draft: Callable[[], tuple[Fix, ...]],
) -> Iterator[Finding]:
    """*content_hash*: of the file as it is; *following*: the version that would come next; *span*: where to say it.

    *is_verbatim*: the file has the bytes that were published, as far as anybody knows. *draft*: makes one of it.
    """
    if content_hash == published.content_hash:
        if not is_verbatim:
            message = (
                f"this is version {published.version} of '{shown(published.workflow)}', published with other comments "
                "or layout; restore this file, which is a copy of what was published"
            )
            yield Finding("stored-file-edited", WARNING, span, message)
        return
    message = (
        f"this is version {published.version} of '{shown(published.workflow)}', published with other content; "
        f"move the text to a draft with version {following} and parent {published.version}, and restore this file"
    )
    yield Finding("stored-file-edited", ERROR, span, message, (), draft())
