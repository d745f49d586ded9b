"""Segments that outlive an edit after which their lines are cut anew."""

from collections.abc import Iterable

from darwinflow.document.lines import LineChange
from darwinflow.document.reading import Before, read_later
from darwinflow.document.segment import Form, Segment


class Kept:
    """The segments that an edit did not touch, by the line on which each begins after it, and the one in which it began.

    Lines count from the first of the lines that are cut anew.
    """

    __slots__ = ("_before", "_before_start", "segments")

    def __init__(
        self, segments: Iterable[tuple[int, Segment]] = (), change: LineChange | None = None
    ) -> None:
        """*segments*: those of before *change*, each behind its first line."""
        self.segments: dict[int, Segment] = {}
        self._before: Before | None = None
        self._before_start = -1
        if change is None:
            return
        start, end = change.start, change.start + change.removed
        added = len(change.added)
        for at, segment in segments:
            if at + segment.line_count <= start:
                self.segments[at] = segment
            elif at >= end:
                self.segments[at + added - change.removed] = segment
            elif at <= start:
                self._before = Before(segment, start - at, change.removed, added)
                self._before_start = at

    def take(self, form: Form, start: int, lines: list[str], *, ends_text: bool) -> Segment:
        """The segment of *lines* that begins at *start*: one from before, or one still to be read."""
        segment = self.segments.get(start) if self.segments else None
        if segment is not None and segment.line_count == len(lines) and segment.form == form:
            return segment
        before = self._before if start == self._before_start else None
        return read_later(form, lines, ends_text=ends_text, before=before)
