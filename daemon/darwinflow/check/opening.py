"""Checking a long document bit by bit: the part that somebody looks at first, the rest in slices.

Nothing is worked out twice: what a slice finds is kept with the segments, and `check` ends the work with the very
value that it gives without any slices. To cancel is to stop asking.
"""

import time
from collections.abc import Iterator

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, Checker, check, finding_of
from darwinflow.check.excusing import excused
from darwinflow.check.finding import Finding
from darwinflow.check.items import ItemCheck
from darwinflow.check.sweep import suppressions_within
from darwinflow.check.weighing import weighed
from darwinflow.document.document import Document
from darwinflow.document.opening import problems_within, segments_of
from darwinflow.projection import native
from darwinflow.projection.carriers import carriers
from darwinflow.projection.detect import graph_type_of, selection
from darwinflow.settings.workspace import WorkspaceSettings


class Opening:
    """The check of one document, under way."""

    def __init__(
        self,
        document: Document,
        catalog: Catalog,
        settings: WorkspaceSettings | None = None,
        *,
        is_named: bool = False,
    ) -> None:
        self.document = document
        self._catalog = catalog
        self._settings = settings
        self._is_named = is_named
        self._checker = Checker(catalog)
        self._steps = self._all_steps()
        self._checked: Checked | None = None

    def findings_within(self, first: int, behind: int) -> tuple[Finding, ...]:
        """What can be said of the lines from *first* to before *behind* without the others.

        That is syntax, and fields of nodes and edges. Whether an edge's node exists is not among it.
        """
        found = [finding_of(problem) for problem in problems_within(self.document, first, behind)]
        for root_index, items, found_in in self._graphs():
            sections = self.document.roots[root_index].sections
            for section_index, role in found_in:
                segments = sections[section_index].segments
                start = self.document.segment_start(root_index, section_index, 0)
                if first >= start + segments.line_count or behind <= start:
                    continue
                at = segments.at_line(max(first - start, 0))
                while at < len(segments) and (line := start + segments.start(at)) < behind:
                    segment = segments[at]
                    found += [one.moved(line) for one in items.segment(segment, native.read(segment, role))]
                    at += 1
        found = excused(self.document, found, suppressions_within(self.document, first, behind), ())
        return tuple([one for one in weighed(found, self._settings) if first <= one.span.line < behind])

    def go_on(self, seconds: float) -> Checked | None:
        """Work for about so long on the clock, one step at least; the whole check once it is done."""
        end = time.perf_counter() + seconds
        for _ in self._steps:
            if time.perf_counter() >= end:
                return None
        return self.finish()

    def finish(self) -> Checked:
        """The whole check, now."""
        if self._checked is None:
            self._checked = check(self.document, self._catalog, self._settings, is_named=self._is_named)
        return self._checked

    def _graphs(self) -> Iterator[tuple[int, ItemCheck, tuple[native.Carrier, ...]]]:
        """The documents of the stream that are graphs."""
        beside = selection(self._catalog, self._settings, is_named=self._is_named)
        for root_index, root in enumerate(self.document.roots):
            name = graph_type_of(self.document, root_index, beside)
            if name is not None and name in self._catalog.names:
                yield root_index, self._checker.items(name), carriers(root)

    def _all_steps(self) -> Iterator[None]:
        """Each reads or checks one segment."""
        for segment in segments_of(self.document):
            if not segment.is_read:
                segment.read()
                yield
        for root_index, items, found_in in self._graphs():
            for section_index, role in found_in:
                for segment in self.document.roots[root_index].sections[section_index].segments:
                    items.segment(segment, native.read(segment, role))
                    yield
        yield
