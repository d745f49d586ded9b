"""What a document says of itself, beside its nodes and edges: id, version, and the fields around them."""

from collections.abc import Container, Iterator
from functools import cached_property
from typing import Any, NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.node import SCALAR, Node
from darwinflow.document.problem import Problem
from darwinflow.document.root import Root
from darwinflow.document.section import Section
from darwinflow.document.segment import merged
from darwinflow.model.span import Span
from darwinflow.projection import native
from darwinflow.projection.places import Found, Path, find, token

EXTENSION = "x-"
"""What the keys begin with that everybody may add to a document."""
Located = tuple[Found, int]
"""What was found, and the line that its places count from."""


class Value(NamedTuple):
    """One field of the header."""

    data: Any
    span: Span
    """One token."""


class Header:
    """The fields of one document, whose lists of nodes and edges count as empty."""

    def __init__(
        self,
        document: Document,
        root_index: int,
        fields: Container[str] | None = None,
        misplaced: str = "",
    ) -> None:
        """*fields*: all that there may be, but for extensions; long lists under other keys count as empty, too.

        *misplaced*: a list that counts as there, as its items stand in another.
        """
        self._document = document
        self._root_index = root_index
        self._fields = fields
        self._misplaced = misplaced

    @property
    def _root(self) -> Root:
        return self._document.roots[self._root_index]

    @cached_property
    def data(self) -> Any:
        """Plain data, keys as they are written. Long lists of nodes and edges are left out."""
        root = self._root
        if root.layout != "map":
            return root.data
        own: dict[str, Any] = {self._misplaced: []} if self._misplaced else {}
        sources: list[Any] = []
        for section in root.sections:
            key = section.key
            if key is None and section.kind == "items":
                continue  # items before the first key, where no list can stand
            if key is None:
                more, more_sources = section.entries()
                own.update(more)
                sources.extend(more_sources)
            elif key.is_merge:
                sources.append(section.data)
            elif section.kind == "items" and not self._is_judged(key.source):
                own[key.source] = []
            else:
                own[key.source] = section.data
        return merged(own, sources)

    def _is_judged(self, key: str) -> bool:
        """Whether anybody looks at the items of a long list under this key."""
        if key in (native.NODES, native.EDGES):
            return False
        return self._fields is None or key in self._fields or key.startswith(EXTENSION)

    def field(self, name: str) -> Value | None:
        """A field with its place; None where it is absent."""
        if not isinstance(self.data, dict) or name not in self.data:
            return None
        located = self.locate((name,))
        if located is None:
            return None
        return Value(self.data[name], token(located[0]).moved(located[1]))

    @property
    def id(self) -> str | None:
        """The document's name; None where it has none that could be one."""
        value = self.data.get("id") if isinstance(self.data, dict) else None
        return value if isinstance(value, str) and value else None

    @property
    def version(self) -> int | None:
        value = self.data.get("version") if isinstance(self.data, dict) else None
        return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else None

    def problems(self) -> list[Problem]:
        """What the engine has to say of these fields, with absolute places."""
        first = self._start(0) if len(self._root.sections) else 0
        start = first - self._root.lead if len(self._root.sections) else 0
        found = [problem.moved(start) for problem in self._root.edge_problems[0]]
        for _, behind, section in self._root.sections.troubled():
            line = first + behind
            is_list = section.kind == "items" and not self._is_judged(section.key_text)
            if not is_list:
                found += [problem.moved(line) for problem in section.problems()]
            elif section.head is not None:
                found += [problem.moved(line) for problem in section.head.problems]
        return found

    def _start(self, section: int) -> int:
        return self._document.segment_start(self._root_index, section, -1)

    def locate(self, path: Path) -> Located | None:
        """Where *path* leads in the text; the empty one to the first key."""
        root = self._root
        if not len(root.sections):
            return None
        if root.layout == "list":
            items = root.sections[0].segments[0].items
            found = Found(None, items[0], ()) if items and not path else None
            return (
                (found, self._document.segment_start(self._root_index, 0, 0)) if found is not None else None
            )
        if root.layout != "map":
            start = self._document.segment_start(self._root_index, 0, 0)
            node = root.sections[0].segments[0].node
            found = find(node, path) if node is not None else None
            return (found, start) if found is not None else None
        if not path:
            key = root.sections[0].key
            if key is None:
                pairs = root.sections[0].segments[0].pairs
                key = pairs[0][0] if pairs else None
            return (Found(None, key, ()), self._start(0)) if key is not None else None
        name, rest = str(path[0]), path[1:]
        at = self._sections.get(name)
        if at is None:
            return self._merged(rest)
        section = root.sections[at]
        if section.key is None:
            return self._among_pairs(at, name, rest)
        return self._in_section(at, section, rest)

    @cached_property
    def _sections(self) -> dict[str, int]:
        """The section that gives each key of the root; the last one counts, as in the data."""
        found: dict[str, int] = {}
        for at, section in enumerate(self._root.sections):
            for key in section.root_keys():
                if not key.is_merge:
                    found[key.source] = at
        return found

    def _among_pairs(self, at: int, name: str, rest: Path) -> Located | None:
        """The last entry of this name, which is the one that counts."""
        segments = self._root.sections[at].segments
        for index in range(len(segments) - 1, -1, -1):
            for key, value in reversed(segments[index].pairs):
                if key.kind == SCALAR and key.source == name:
                    return _below(key, value, rest, self._document.segment_start(self._root_index, at, index))
        return None

    def _in_section(self, at: int, section: Section, rest: Path) -> Located | None:
        key = section.key
        assert key is not None
        node = section.segments[0].node
        if section.kind == "value" and node is not None:
            return _below(key, node, rest, self._document.segment_start(self._root_index, at, 0))
        if not rest:
            return Found(key, key, ()), self._start(at)
        if section.kind == "entries":
            return self._among_pairs(at, str(rest[0]), rest[1:])
        return self._in_items(at, section, rest)

    def _in_items(self, at: int, section: Section, rest: Path) -> Located | None:
        left = rest[0]
        if not isinstance(left, int):
            return None
        for index, segment in enumerate(section.segments):
            if left < len(segment.items):
                start = self._document.segment_start(self._root_index, at, index)
                return _below(None, segment.items[left], rest[1:], start)
            left -= len(segment.items)
        return None

    def _merged(self, rest: Path) -> Located | None:
        """The merge at the root, which brings what stands nowhere else."""
        for at, section in enumerate(self._root.sections):
            node = section.segments[0].node
            if section.key is not None and section.key.is_merge and node is not None:
                return Found(None, node, ("", *rest)), self._document.segment_start(self._root_index, at, 0)
        return None

    def fields(self) -> Iterator[tuple[str, Span]]:
        """The keys of the document's mapping with their places, in the order of the text."""
        root = self._root
        for at, section in enumerate(root.sections):
            if root.layout == "map" and section.key is not None:
                yield section.key.source, section.key.span.moved(self._start(at))
                continue
            for index, segment in enumerate(section.segments):
                start = self._document.segment_start(self._root_index, at, index)
                for key, _ in segment.pairs or (segment.node.pairs if segment.node else ()):
                    yield key.source, key.span.moved(start)


def _below(key: Node | None, value: Node, rest: Path, start: int) -> Located | None:
    found = find(value, rest)
    if found is None:
        return None
    return (found if rest else found._replace(key=key)), start
