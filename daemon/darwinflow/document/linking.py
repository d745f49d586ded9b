"""What aliases stand for: an anchor is known from where it is given to the end of its document."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from darwinflow.document.root import Root
from darwinflow.document.section import Section
from darwinflow.document.segment import Segment, is_same
from darwinflow.document.values import Bound, Outside, node_count

EXPANSION_FACTOR: Final = 10
EXPANSION_FREE: Final = 100_000
"""Aliases may stand for ten times the nodes of their document and 100 000 more."""

MAX_OUTSIDE: Final = 64
"""Anchors. Where more are known, segments with aliases are read at once."""


def linked(root: Root) -> Root:
    """The root with its aliases resolved; itself where nothing is new about them."""
    if not root.sections.is_linked:
        root.expanded = 0
        return root
    linking = _Linking(None)
    result = linking.root(root)
    if linking.expanded > EXPANSION_FREE:
        allowance = EXPANSION_FACTOR * _size(root) + EXPANSION_FREE
        if linking.expanded > allowance:
            result = _Linking(allowance).root(root)
    result.expanded = linking.expanded
    return result


def is_linked_locally(
    root: Root, head: Segment | None, removed: tuple[Segment, ...], added: tuple[Segment, ...]
) -> bool:
    """Resolve the aliases of segments that have just replaced others, if nothing else can have changed.

    That is so where no anchor came or went and every alias was there before:
    it stands for what it stood for. *root* is the root after the replacement,
    *head* that of the section. False: nothing was done, and `linked` is needed.
    """
    if root.expanded > EXPANSION_FREE or any(segment.anchors for segment in (*removed, *added)):
        return False
    if head is not None and head.children is not None and head.children.anchor is not None:
        return False
    known: dict[str, Bound] = {}
    names: set[str] = set()
    for segment in removed:
        known.update(segment.bindings or {})
        names.update(segment.aliases)
    if not names.issuperset([name for segment in added for name in segment.aliases]):
        return False
    expanded = root.expanded - sum([segment.expanded for segment in removed])
    for segment in added:
        if segment.aliases:
            segment.resolved({name: known[name] for name in segment.aliases if name in known}, None)
            expanded += segment.expanded
    root.expanded = expanded
    return expanded <= EXPANSION_FREE


class _Retelling(NamedTuple):
    """What the same aliases stand for now, compared with before."""

    is_same: bool
    is_alike: bool
    """Whether they may stand where they stand as before."""
    old: int
    """How many nodes they stood for, if each was counted once for each place."""
    more: int
    """How many more they stand for now."""


_SAME: Final = _Retelling(is_same=True, is_alike=True, old=0, more=0)
_NOTHING: Final[Mapping[str, Bound]] = {}
"""No segment is bound to this very object."""


class _Linking:
    """One walk over a root's anchors and aliases, in their order."""

    def __init__(self, allowance: int | None) -> None:
        self.known: dict[str, Bound] = {}
        self.expanded = 0
        self._allowance = allowance
        self._is_exhausted = False
        """Whether the alias that is too much has been found; it is the one that is reported."""
        self._outside: Outside | None = None
        """What is known, until anchors come or go."""
        self._largest = 0
        self._retellings: dict[tuple[tuple[str, ...], int], _Retelling] = {}
        """What differs from before, by the aliases and the identity of what they were bound to."""
        self._before: Mapping[str, Bound] = _NOTHING
        """What the aliases of the last segment that was told anew stood for, their names, and what they do now."""
        self._names: tuple[str, ...] = ()
        self._now: Mapping[str, Bound] = _NOTHING
        self._retelling = _SAME

    def root(self, root: Root) -> Root:
        sections = root.sections.mapped(self._section)
        return root if sections is root.sections else root.relinked(sections)

    def _section(self, section: Section) -> Section:
        head = section.head
        anchor = head.children.anchor if head is not None and head.children is not None else None
        if head is not None and head.is_linked:
            head = self._segment(head)
        if anchor is not None:
            self.known.pop(anchor, None)
            self._forget()
        segments = section.segments.mapped(self._segment)
        if segments is not section.segments or head is not section.head:
            section = section.relinked(head, segments)
        if anchor is not None:
            if section.bound is None:
                section.bound = Bound(section.data, 1 + sum(map(_segment_size, section.segments)))
            self.known[anchor] = section.bound
            self._forget()
        return section

    def _forget(self) -> None:
        """Anchors have come or gone."""
        self._outside = None
        self._retellings.clear()
        self._before = _NOTHING

    def _segment(self, segment: Segment) -> Segment:
        if segment.is_read and segment.bindings is self._before and segment.aliases == self._names:
            # As the segment before this one, as where thousands use one anchor.
            last = self._retelling
            if last.old == segment.expanded and segment.allowance is None and not segment.anchors:
                self.expanded += last.old + last.more
                return segment.retold(self._now, last.more)
        if self._allowance is None and (unread := self._unread(segment)) is not None:
            return unread
        names = segment.aliases
        bindings = self._above().bindings(names)
        if self._allowance is not None:
            return self._within_allowance(segment, bindings)
        before = segment.bindings
        if before is not None and not segment.anchors and segment.allowance is None:
            retelling = self._retellings.get((names, id(before)))
            if retelling is None:
                retelling = self._retellings[names, id(before)] = _retelling(names, before, bindings)
            if retelling.is_same or (retelling.is_alike and segment.expanded == retelling.old):
                self.expanded += segment.expanded + retelling.more
                if retelling.is_same:
                    return segment
                self._before, self._names, self._now, self._retelling = before, names, bindings, retelling
                return segment.retold(bindings, retelling.more)
        return self._counted(segment.resolved(bindings, None))

    def _above(self) -> Outside:
        if self._outside is None:
            is_small = len(self.known) <= MAX_OUTSIDE
            self._outside = Outside(dict(self.known) if is_small else self.known)
            self._largest = max([one.size for one in self.known.values()], default=0) if is_small else 0
        return self._outside

    def _unread(self, segment: Segment) -> Segment | None:
        """The segment without reading it, if that can do no harm: its aliases cannot stand for too much."""
        if segment.is_read or len(self.known) > MAX_OUTSIDE:
            return None
        above = self._above()
        expanded = self.expanded + segment.alias_limit * self._largest
        result = segment.unread(above) if expanded <= EXPANSION_FREE else None
        if result is not None:
            self.expanded = expanded
        return result

    def _within_allowance(self, segment: Segment, bindings: dict[str, Bound]) -> Segment:
        result = segment.resolved(bindings, None)
        assert self._allowance is not None
        if self._is_exhausted or self.expanded + result.expanded > self._allowance:
            result = segment.resolved(bindings, -1 if self._is_exhausted else self._allowance - self.expanded)
            self._is_exhausted = True
        return self._counted(result)

    def _counted(self, segment: Segment) -> Segment:
        self.expanded += segment.expanded
        if segment.exports:
            self.known.update(segment.exports)
            self._forget()
        return segment


def _retelling(names: tuple[str, ...], old: Mapping[str, Bound], new: Mapping[str, Bound]) -> _Retelling:
    if is_same(old, new):
        return _SAME
    is_alike = old.keys() == new.keys() and all(
        _mergeable(old[name].data) == _mergeable(new[name].data) for name in old
    )
    before = sum([old[name].size for name in names if name in old])
    now = sum([new[name].size for name in names if name in new])
    return _Retelling(is_same=False, is_alike=is_alike, old=before, more=now - before)


def _mergeable(data: Any) -> tuple[bool, bool]:
    """Whether data may stand behind ``<<``, alone and in a list."""
    is_mapping = data is None or isinstance(data, dict)
    is_list_of_mappings = isinstance(data, list) and all(isinstance(part, dict) for part in data)
    return is_mapping or is_list_of_mappings, is_mapping


def _segment_size(segment: Segment) -> int:
    if segment.is_linked:
        return segment.size
    if segment.node is not None:
        return node_count(segment.node)
    return sum(map(node_count, segment.items)) + sum([node_count(value) for _, value in segment.pairs])


def _size(root: Root) -> int:
    """Nodes that the document itself holds, aliases counted as one each."""
    total = 1
    for section in root.sections:
        for segment in section.segments:
            nodes = (
                [segment.node] if segment.node else [*segment.items, *(value for _, value in segment.pairs)]
            )
            total += sum(map(node_count, nodes))
    return total
