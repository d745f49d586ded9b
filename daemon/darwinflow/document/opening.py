"""Reading a long document bit by bit: the part that somebody looks at first, the rest in slices.

A document knows its segments as soon as its lines are cut, and reads each when it is first asked for. An
`Opening` asks in advance, for as long as its caller can wait. What comes out is the document itself, so it ends
with what a reading in one go gives, and whoever asks before that gets the same answers, only later. To cancel is
to stop asking; an edit meanwhile takes over all that was read.
"""

import time
from collections.abc import Iterator

from darwinflow.document.document import Document
from darwinflow.document.problem import Problem
from darwinflow.document.segment import Segment


class Opening:
    """Reads the segments of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._unread = (segment for segment in segments_of(document) if not segment.is_read)
        self.is_done = False
        """Whether all is read."""

    def go_on(self, seconds: float) -> bool:
        """Read on for about so long on the clock, one segment at least; whether all is read now."""
        end = time.perf_counter() + seconds
        for segment in self._unread:
            segment.read()
            if time.perf_counter() >= end:
                return False
        self.is_done = True
        return True


def segments_of(document: Document) -> Iterator[Segment]:
    """Every segment, heads included, in the order of the text."""
    for root in document.roots:
        for section in root.sections:
            yield from section.pieces()


def problems_within(document: Document, first: int, behind: int) -> list[Problem]:
    """What is wrong in the lines from *first* to before *behind*, of which no others are read.

    A key that different segments give is not among it: to see that takes the whole mapping.
    """
    found: list[Problem] = []
    line = 0
    for root in document.roots:
        start, line = line, line + root.line_count
        if line <= first or start >= behind:
            continue
        found += [problem.moved(start) for problem in root.edge_problems[0]]
        found += [problem.moved(line - root.tail) for problem in root.edge_problems[1]]
        at = start + root.lead
        for section in root.sections:
            if at < behind and first < at + section.line_count:
                for index in range(-1 if section.head is not None else 0, len(section.segments)):
                    segment_at = at + section.start(index)
                    segment = section.segment(index)
                    if segment_at >= behind:
                        break
                    if segment_at + segment.line_count > first:
                        found += [problem.moved(segment_at) for problem in segment.problems]
            at += section.line_count
    return [problem for problem in found if first <= problem.span.line < behind]
