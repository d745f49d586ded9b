"""Segments that outlive an edit after which their lines are cut anew."""

from collections.abc import Iterable

from darwinflow.document.form import Form
from darwinflow.document.lines import LineChange
from darwinflow.document.reading import Before, read_later
from darwinflow.document.segment import Segment


class Kept:
    """The segments that an edit did not touch, by the line on which each begins after it, and the one in which it began.

    Lines count from the first of the lines that are cut anew.
    """

    __slots__ = ("_before", "_before_start", "segments")

    def __init__(
        self, runs: Iterable[tuple[int, list[Segment]]] = (), change: LineChange | None = None
    ) -> None:
        """*runs*: segments of before *change* that follow each other, with the first line of each run."""
        self.segments: dict[int, Segment] = {}
        self._before: Before | None = None
        self._before_start = -1
        if change is None:
            return
        start, end = change.start, change.start + change.removed
        added = len(change.added)
        shift = added - change.removed
        segments = self.segments
        for first, run in runs:
            at = first
            for segment in run:
                behind = at + segment.line_count
                if behind <= start:
                    segments[at] = segment
                elif at >= end:
                    segments[at + shift] = segment
                elif at <= start:
                    self._before = Before(segment, start - at, change.removed, added)
                    self._before_start = at
                at = behind

    def take(self, form: Form, start: int, end: int, lines: list[str], *, ends_text: bool) -> Segment:
        """The segment of *lines* from *start* to before *end*: one from before, or one still to be read."""
        segment = self.segments.get(start)
        if segment is not None and segment.line_count == end - start and segment.form == form:
            return segment
        before = self._before if start == self._before_start else None
        return read_later(form, lines[start:end], ends_text=ends_text and end == len(lines), before=before)
