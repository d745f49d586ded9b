"""`stored-file-edited`: a file of the store says something else than what was published."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.neighbours import Published
from darwinflow.check.words import shown
from darwinflow.model.span import Span


def stored_file_edited(
    published: Published, content_hash: str, following: int, span: Span
) -> Iterator[Finding]:
    """*content_hash*: of the file as it is; *following*: the version that would come next; *span*: where to say it."""
    if content_hash == published.content_hash:
        return
    message = (
        f"this is version {published.version} of '{shown(published.workflow)}', published with other content; "
        f"move the text to a draft with version {following} and parent {published.version}, and restore this file"
    )
    yield Finding("stored-file-edited", ERROR, span, message)
