"""One YAML document of a stream."""

from collections.abc import Iterator
from typing import Any, Literal

from darwinflow.document.blocks import Blocks
from darwinflow.document.node import EMPTY, MAP, SEQ
from darwinflow.document.problem import Problem
from darwinflow.document.section import Repeat, Section, repeat_problem, repeats_among
from darwinflow.document.segment import Segment, merged

Layout = Literal["map", "list", "whole", "empty"]
"""How the lines of a root are cut: at its keys, at its dashes, not at all."""


class Root:
    """One document of the stream: its sections, with the lines before and after them."""

    __slots__ = (
        "_repeats",
        "edge_problems",
        "expanded",
        "is_explicit",
        "layout",
        "lead",
        "line_count",
        "sections",
        "tail",
    )

    def __init__(
        self,
        layout: Layout,
        lead: int,
        sections: Blocks[Section],
        tail: int,
        edge_problems: tuple[tuple[Problem, ...], tuple[Problem, ...]],
        *,
        is_explicit: bool,
        repeats: tuple[Repeat, ...] | None = None,
        expanded: int = 0,
    ) -> None:
        self.layout = layout
        self.lead = lead
        """Lines before the first section: directives, marker, comments."""
        self.sections = sections
        self.tail = tail
        self.edge_problems = edge_problems
        """Of directives and markers: before the sections, relative to the root, and after, relative to the tail."""
        self.is_explicit = is_explicit
        """Whether a ``---`` begins it, so that it counts even when empty."""
        self.line_count = lead + sections.line_count + tail
        self._repeats = repeats
        self.expanded = expanded
        """Nodes that all aliases together stand for, at most."""

    def with_lead(self, lead: int) -> "Root":
        """This root with another number of comment lines before its sections."""
        return Root(
            self.layout,
            lead,
            self.sections,
            self.tail,
            self.edge_problems,
            is_explicit=self.is_explicit,
            repeats=self._repeats,
            expanded=self.expanded,
        )

    def with_sections(self, first: int, removed: list[Section], added: list[Section]) -> "Root":
        """This root with *added* in the place of the sections *removed*, which begin at *first*."""
        is_free = self._repeats == () and _keys(removed) == _keys(added)
        return Root(
            self.layout,
            self.lead,
            self.sections.replaced(first, first + len(removed), added),
            self.tail,
            self.edge_problems,
            is_explicit=self.is_explicit,
            repeats=() if is_free else None,
            expanded=self.expanded,
        )

    def relinked(self, sections: Blocks[Section]) -> "Root":
        """This root with its aliases resolved; its lines and keys stay."""
        return Root(
            self.layout,
            self.lead,
            sections,
            self.tail,
            self.edge_problems,
            is_explicit=self.is_explicit,
            repeats=self._repeats,
        )

    @property
    def kind(self) -> int | None:
        """MAP, SEQ, SCALAR or ALIAS; None where the document is empty."""
        if self.layout == "map":
            return MAP
        if self.layout == "list":
            return SEQ
        if not len(self.sections):
            return None
        node = self.sections[0].segments[0].node
        if node is None or (node.style == EMPTY and node.anchor is None and node.tag is None):
            return None
        return node.kind

    def section(self, key: str) -> int | None:
        """The index of the first section of this key."""
        return next((at for at, section in enumerate(self.sections) if section.key_text == key), None)

    @property
    def data(self) -> Any:
        """The document's data, keys as they are written, aliases and merges resolved."""
        if self.layout != "map":
            return self.sections[0].data if len(self.sections) else None
        own: dict[str, Any] = {}
        sources: list[Any] = []
        for section in self.sections:
            key = section.key
            if key is None and section.kind == "items":
                continue  # items before the first key, where no list can stand
            if key is None:
                more, more_sources = section.entries()
                own.update(more)
                sources.extend(more_sources)
            elif key.is_merge:
                sources.append(section.data)
            else:
                own[key.source] = section.data
        return merged(own, sources)

    @property
    def repeats(self) -> tuple[Repeat, ...]:
        """Keys that several sections give."""
        if self._repeats is None:
            self._repeats = ()
            if self.layout == "map":
                self._repeats = repeats_among(
                    [(at, key) for at, section in enumerate(self.sections) for key in section.root_keys()]
                )
        return self._repeats

    def pieces(self) -> list[Segment]:
        """All segments, heads included."""
        return [segment for section in self.sections for segment in section.pieces()]

    def start(self, section: int) -> int:
        """The first line of a section, relative to the root."""
        return self.lead + self.sections.start(section)

    def problems(self) -> Iterator[Problem]:
        """Everything wrong here, relative to the root's first line."""
        yield from self.edge_problems[0]
        for _, line, section in self.sections.troubled():
            for problem in section.problems():
                yield problem.moved(self.lead + line)
        for repeat in self.repeats:
            yield repeat_problem(repeat, self.start)
        for problem in self.edge_problems[1]:
            yield problem.moved(self.line_count - self.tail)


def _keys(sections: list[Section]) -> list[list[str]]:
    return [[key.source for key in section.root_keys()] for section in sections]
