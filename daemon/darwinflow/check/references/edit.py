"""What an edit did to what a document refers to, by the segments that are new in its lists."""

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple, TypeVar

from darwinflow.check.references.rows import answers_of, rows_of
from darwinflow.document.segment import Segment
from darwinflow.projection.editing import stretches
from darwinflow.projection.facts import EdgeFact, Facts, NodeFact
from darwinflow.projection.native import Carrier, may_hold_edges, read
from darwinflow.projection.projection import Projection
from darwinflow.projection.succession import Stretch, Succession

T = TypeVar("T", NodeFact, EdgeFact)


class Edit(NamedTuple):
    """Between two versions of a document."""

    stretches: tuple[tuple[Carrier, Stretch | None], ...]
    """What is new in each section that adds to the graph; None: all of it."""
    is_whole: bool
    """Whether every list of edges is one of those now, so that no edge is gone but what *stretches* say."""
    keeps_ids: bool
    """Whether the same ids are listed more than once as before."""

    @classmethod
    def between(cls, old: Projection, new: Projection, succession: Succession) -> "Edit":
        found = stretches(succession, old.carriers, new.carriers)
        kept = [
            stretch.before
            for carrier, stretch in found
            if stretch is not None and may_hold_edges(carrier.role)
        ]
        return cls(
            found,
            kept == [carrier.section for carrier in old.carriers if may_hold_edges(carrier.role)],
            new.graph.repeats.keys() == old.graph.repeats.keys(),
        )

    def says_the_same(self, implicit: Collection[str]) -> bool:
        """Whether the changed segments refer to what they did before, in an edit that kept every id and arrow."""
        for old, new, role in self._pairs():
            facts, others = read(old, role), read(new, role)
            if rows_of(old, facts, implicit) != rows_of(new, others, implicit):
                return False
            if [edge.condition for edge in facts.edges] != [edge.condition for edge in others.edges]:
                return False
        return True

    def keys(self) -> list[tuple[int, int]]:
        """Section and index of the new segments."""
        return [
            (carrier.section, stretch.first + at)
            for carrier, stretch in self.stretches
            if stretch is not None
            for at in range(len(stretch.added))
        ]

    def deciders(self) -> set[str]:
        """Names of nodes that list other answers than before, in an edit that kept every id and arrow."""
        changed = self._changed(lambda facts: facts.nodes, answers_of)
        return {node.name for node in changed if node.name}

    def conditioned(self) -> set[str]:
        """Sources of edges whose condition has changed, in an edit that kept every id and arrow."""
        changed = self._changed(lambda facts: facts.edges, lambda edge: edge.condition)
        return {end.name for edge in changed for end in edge.sources}

    def sources(self) -> set[str] | None:
        """Sources of the edges that an edit took away and put in; None where nobody can tell."""
        found: set[str] = set()
        for carrier, stretch in self.stretches:
            if not may_hold_edges(carrier.role):
                continue
            if stretch is None or not self.is_whole:
                return None
            for segment in (*stretch.removed, *stretch.added):
                for edge in read(segment, carrier.role).edges:
                    found.update([end.name for end in edge.sources])
        return found

    def _changed(
        self, listed: "Callable[[Facts], tuple[T, ...]]", said: Callable[[T], object]
    ) -> Iterator[T]:
        """The facts, as they were, that say something else now."""
        for old, new, role in self._pairs():
            for one, other in zip(listed(read(old, role)), listed(read(new, role)), strict=True):
                if said(one) != said(other):
                    yield one

    def _pairs(self) -> Iterator[tuple[Segment, Segment, str]]:
        """Old and new segments with the role of their list, where every old one has a new one."""
        for carrier, stretch in self.stretches:
            assert stretch is not None, "an edit that kept every arrow kept the lists"
            for old, new in zip(stretch.removed, stretch.added, strict=True):
                yield old, new, carrier.role
