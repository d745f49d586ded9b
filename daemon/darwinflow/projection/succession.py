"""Which segments of a document stood in the one before it, section by section.

Segments are compared by identity, so nothing depends on what the edit was: what came back is known again.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from darwinflow.document.document import Change
from darwinflow.document.root import Root
from darwinflow.document.section import Section
from darwinflow.document.segment import Segment
from darwinflow.projection.aliased import is_retold, read_from


class Stretch(NamedTuple):
    """What is new in one section: *added* stands where *removed* stood, and the rest is as before."""

    before: int
    """The section's index before."""
    first: int
    removed: Sequence[Segment]
    added: Sequence[Segment]

    @property
    def is_empty(self) -> bool:
        return not self.removed and not self.added


class Succession:
    """From one version of a root to the next."""

    def __init__(self, old: Root, new: Root, change: Change | None) -> None:
        """*change*: what made *new* of *old*, where that is known; of this root."""
        self.old = old
        self.new = new
        self._change = change
        self._stretches: dict[int, Stretch | None] = {}
        self._of_graph: dict[int, Stretch | None] = {}
        self._retold: dict[int, list[bool]] = {}
        self.carried: dict[object, Any] = {}
        """Kept by whoever asks for all stretches of the lists at once."""
        self._by_first: dict[int, int] | None = None
        self._by_last: dict[int, int] = {}
        self._by_key: dict[str, int] = {}

    def of(self, section: int) -> Stretch | None:
        """What is new in a section of the new root; None where it has nothing in common with any before."""
        if section not in self._stretches:
            self._stretches[section] = self._compared(section)
        return self._stretches[section]

    def of_graph(self, section: int, role: str) -> Stretch | None:
        """The same without segments whose ids, ends and references are as before, as only their aliases differ."""
        if section not in self._of_graph:
            stretch = self.of(section)
            if stretch is not None and self._change is None:
                stretch = _trimmed(stretch, self.retold(section), role)
            self._of_graph[section] = stretch
        return self._of_graph[section]

    def retold(self, section: int) -> list[bool]:
        """Of each new segment of a section, whether it is the old one but for the meaning of its aliases.

        All False where there are not as many new ones as old ones.
        """
        found = self._retold.get(section)
        if found is None:
            stretch = self.of(section)
            added = stretch.added if stretch is not None else ()
            if stretch is not None and self._change is None and len(stretch.removed) == len(added):
                found = [is_retold(old, new) for old, new in zip(stretch.removed, added, strict=True)]
            else:
                found = [False] * len(added)
            self._retold[section] = found
        return found

    def _compared(self, section: int) -> Stretch | None:
        change = self._change
        if change is not None:
            if section == change.section_index:
                return Stretch(section, max(change.first_segment, 0), change.removed, change.added)
            return Stretch(section, 0, (), ())
        if self.new is self.old:
            return Stretch(section, 0, (), ())
        new = self.new.sections[section]
        before = self._like(new)
        if before is None:
            return None
        old = self.old.sections[before]
        if old.segments is new.segments:
            return Stretch(before, 0, (), ())
        return Stretch(before, *difference(list(old.segments), list(new.segments)))

    def _like(self, new: Section) -> int | None:
        """The old section that shares most with *new*."""
        if self._by_first is None:
            self._by_first = {}
            for at, old in enumerate(self.old.sections):
                self._by_first[id(old.segments.first)] = at
                self._by_last[id(old.segments[len(old.segments) - 1])] = at
                self._by_key.setdefault(old.key_text, at)
        found = self._by_first.get(id(new.segments.first))
        if found is None:
            found = self._by_last.get(id(new.segments[len(new.segments) - 1]))
        if found is None and len(new.segments) > 1:
            found = self._by_key.get(new.key_text)
        return found


def difference(
    old: Sequence[Segment], new: Sequence[Segment]
) -> tuple[int, Sequence[Segment], Sequence[Segment]]:
    """The index of the first segment that differs, and what stands there in each up to where they are alike again."""
    shorter = min(len(old), len(new))
    first = _alike(old[:shorter], new[:shorter])
    rest = shorter - first
    behind = _alike(old[len(old) - rest :][::-1], new[len(new) - rest :][::-1]) if rest else 0
    return first, old[first : len(old) - behind], new[first : len(new) - behind]


def _alike(old: Sequence[Segment], new: Sequence[Segment]) -> int:
    """How many segments are the same from the start; both are as long."""
    if old == new:
        return len(old)
    low, high = 0, len(old)
    while high - low > 1:  # the first difference lies in between
        middle = (low + high) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle
    return low


def _trimmed(stretch: Stretch, retold: list[bool], role: str) -> Stretch:
    if True not in retold:
        return stretch
    other = read_from(stretch.added, retold, role)
    if not other:
        return stretch._replace(removed=(), added=())
    first, behind = other[0], other[-1] + 1
    return Stretch(
        stretch.before, stretch.first + first, stretch.removed[first:behind], stretch.added[first:behind]
    )
