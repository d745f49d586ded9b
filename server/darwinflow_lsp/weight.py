"""What takes so long that it is done beside the loop, so that other documents need not wait for it."""

from darwinflow.document.document import Document
from darwinflow_lsp.border.params import Change

LONG_LINES = 2_000
LONG_TEXT = 40_000
"""Characters. To read and check so many takes some tens of milliseconds; of the densest texts 0.3 s."""
LONG_FIRST_TEXT = 250_000
"""The same as long as there is no way to do work beside the loop yet, and to make one takes longer than to read."""
LONG_HELD_S = 0.1
"""Of processor time: a document whose last edit held the loop for longer has its next edits beside it."""


def is_long(document: Document) -> bool:
    """Whether what takes all of it is worked out beside the loop."""
    return has_many_lines(document) or document.lines.byte_size > LONG_TEXT


def has_many_lines(document: Document) -> bool:
    """Whether it is read and checked bit by bit, the first lines first."""
    return len(document.lines) > LONG_LINES


def is_dense(document: Document) -> bool:
    """Whether a segment of it, which is read in one go, is a long text by itself."""
    if document.lines.byte_size <= LONG_TEXT:
        return False
    lengths = [len(line) for line in document.lines]
    root_start = 0
    for root in document.roots:
        line = root_start + root.lead
        for section in root.sections:
            for segment in section.pieces():
                if sum(lengths[line : line + segment.line_count]) > LONG_TEXT:
                    return True
                line += segment.line_count
        root_start += root.line_count
    return False


def is_long_edit(changes: list[Change]) -> bool:
    """Whether *changes* take or give many lines or characters."""
    given = sum([len(change.text) for change in changes])
    taken = sum([change.end[0] - change.start[0] for change in changes if change.start is not None])
    return given > LONG_TEXT or taken > LONG_LINES
