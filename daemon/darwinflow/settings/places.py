"""Where a path of keys leads in a settings file."""

from collections.abc import Iterator
from functools import lru_cache

from darwinflow.document.document import Document
from darwinflow.document.node import ALIAS, BLOCK, EMPTY, FOLDED, LITERAL, MAP, SCALAR, SEQ, Node
from darwinflow.model.span import Span

Path = tuple[str | int, ...]
_LONG = (BLOCK, LITERAL, FOLDED, EMPTY)


def key_span(document: "Document | Pieces", path: Path) -> Span:
    """The key or the item that *path* leads to, else the nearest one above it."""
    return _span(document, path, is_value=False)


def value_span(document: "Document | Pieces", path: Path) -> Span:
    """The value that *path* leads to where it is one token, else its key."""
    return _span(document, path, is_value=True)


def key_spans(document: Document, name: str) -> dict[str, Span]:
    """The keys of the mapping under *name* at the root, each with its place; of one that is there twice the last."""
    return {
        key.source: _first(key.span.moved(line))
        for found, _, value, line in entries_of(document)
        if found == name and value.kind == MAP
        for key, _ in value.pairs
        if key.kind == SCALAR
    }


_Piece = tuple[Span, Node, int]
"""The key, the value, and the line that the value counts from."""


class Pieces:
    """What `entries_of` gives, to be asked for many paths."""

    def __init__(self, document: Document) -> None:
        """Of a document that has a root."""
        self._named: dict[str, list[_Piece]] = {}
        self._holding: dict[tuple[str, str], list[_Piece]] = {}
        self._unsorted: set[str] = set()
        """Names under which a list stands."""
        self.first_line = Span(0, 0, 0, len(document.lines[0]))
        for name, span, value, line in entries_of(document):
            self._named.setdefault(name, []).append((span, value, line))
            if value.kind != MAP:
                self._unsorted.add(name)
            for key in {key.source for key, _ in value.pairs} if value.kind == MAP else ():
                self._holding.setdefault((name, key), []).append((span, value, line))

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def on(self, path: Path) -> list[_Piece]:
        """Those that *path* may lead into, or the ones that are nearest to it."""
        named = self._named.get(str(path[0]), [])
        if len(path) == 1 or path[0] in self._unsorted:
            return named
        return self._holding.get((str(path[0]), str(path[1]))) or named[:1]


@lru_cache(maxsize=2)
def _pieces_of(document: Document) -> Pieces:
    """Kept for the next question: a file with thousands of faults is asked about each."""
    return Pieces(document)


def _span(document: Document | Pieces, path: Path, *, is_value: bool) -> Span:
    pieces = document if isinstance(document, Pieces) else _pieces_of(document)
    best = pieces.first_line
    deepest = 0
    for span, value, line in pieces.on(path):
        depth, here, node = 1, span, value
        for step in path[1:]:
            found = _below(node, step)
            if found is None:
                break  # perhaps in the next piece of a long value
            key, node = found
            here = (key if key is not None else node).span.moved(line)
            depth += 1
        if depth > deepest:
            deepest, best = depth, here
        if depth == len(path):
            return node.span.moved(line) if is_value and _is_token(node) else _first(here)
    return _first(best)


def _is_token(node: Node) -> bool:
    return node.kind in (SCALAR, ALIAS) and node.style not in _LONG and node.line == node.end_line


def _first(span: Span) -> Span:
    """*span*, or its first character where it is longer than a line."""
    if span.line == span.end_line:
        return span
    return Span(span.line, span.column, span.line, span.column + 1)


def _below(node: Node, step: str | int) -> tuple[Node | None, Node] | None:
    if node.kind == MAP:
        return next(
            (
                (key, value)
                for key, value in reversed(node.pairs)
                if key.kind == SCALAR and key.source == str(step)
            ),
            None,
        )
    if node.kind == SEQ and isinstance(step, int) and step < len(node.items):
        return None, node.items[step]
    return None


def entries_of(document: Document) -> Iterator[tuple[str, Span, Node, int]]:
    """Keys of the root with their places and values, and the line that the values count from.

    A value that is cut into segments comes once for each of them.
    """
    for at, section in enumerate(document.roots[0].sections):
        key = section.key
        if key is not None:
            span = key.span.moved(document.segment_start(0, at, -1))
        for index, segment in enumerate(section.segments):
            line = document.segment_start(0, at, index)
            node = segment.node
            if key is not None and segment.kind == "value" and node is not None:
                yield key.source, span, node, line
            elif key is not None:
                kind = MAP if segment.kind == "entries" else SEQ
                yield key.source, span, Node(kind, segment.pairs or segment.items, 0, 0, 0, 0, BLOCK), line
            else:
                for name, value in segment.pairs or (node.pairs if node is not None else ()):
                    yield name.source, name.span.moved(line), value, line
