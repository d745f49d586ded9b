"""What aliases stand for: an anchor is known from where it is given to the end of its document."""

from typing import Final

from darwinflow.document.chunks import Blocks
from darwinflow.document.root import Root
from darwinflow.document.section import Section
from darwinflow.document.segment import Segment
from darwinflow.document.values import Bound, node_count

EXPANSION_FACTOR: Final = 10
EXPANSION_FREE: Final = 100_000
"""Aliases may stand for ten times the nodes of their document and 100 000 more."""


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


class _Linking:
    """One walk over a root's anchors and aliases, in their order."""

    def __init__(self, allowance: int | None) -> None:
        self.known: dict[str, Bound] = {}
        self.expanded = 0
        self._allowance = allowance
        self._is_exhausted = False
        """Whether the alias that is too much has been found; it is the one that is reported."""

    def root(self, root: Root) -> Root:
        changed: dict[int, Section] = {}
        for at, section in root.sections.linked():
            result = self._section(section)
            if result is not section:
                changed[at] = result
        if not changed:
            return root
        old = list(root.sections)
        return root.with_sections(0, old, [changed.get(at, section) for at, section in enumerate(old)])

    def _section(self, section: Section) -> Section:
        head = section.head
        anchor = head.children.anchor if head is not None and head.children is not None else None
        if head is not None and head.is_linked:
            head = self._segment(head)
        if anchor is not None:
            self.known.pop(anchor, None)
        changed: dict[int, Segment] = {}
        for at, segment in section.segments.linked():
            result = self._segment(segment)
            if result is not segment:
                changed[at] = result
        if changed or head is not section.head:
            segments = [changed.get(at, segment) for at, segment in enumerate(section.segments)]
            section = Section(head, Blocks.of(segments))
        if anchor is not None:
            if section.bound is None:
                section.bound = Bound(section.data, 1 + sum(map(_segment_size, section.segments)))
            self.known[anchor] = section.bound
        return section

    def _segment(self, segment: Segment) -> Segment:
        bindings = {name: self.known[name] for name in segment.aliases if name in self.known}
        result = segment.resolved(bindings, None)
        if self._allowance is not None and (
            self._is_exhausted or self.expanded + result.expanded > self._allowance
        ):
            result = segment.resolved(bindings, -1 if self._is_exhausted else self._allowance - self.expanded)
            self._is_exhausted = True
        self.expanded += result.expanded
        self.known.update(result.exports)
        return result


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
