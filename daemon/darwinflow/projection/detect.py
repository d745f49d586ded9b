"""Which documents of a stream are checked as graphs, and as graphs of which type."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from darwinflow.catalog.catalog import Catalog
from darwinflow.document.document import Document
from darwinflow.document.node import MAP, SCALAR, Node
from darwinflow.document.problem import YAML_SYNTAX
from darwinflow.document.root import Root
from darwinflow.graph.graph_type import Detection
from darwinflow.model.span import Span
from darwinflow.projection.native import MARKS
from darwinflow.settings.patterns import matcher
from darwinflow.settings.workspace import WorkspaceSettings

NATIVE = "workflow"
_CHOICE: Final = re.compile(r"[ \t]*#[ \t]*darwinflow:[ \t]*graph-type[ \t]*=[ \t]*(\S+)")


_NEARLY: Final = re.compile(
    r"[ \t]*#[ \t]*(darwin-?flow[ \t]*[:=]?[ \t]*graph[-_ ]?type[ \t]*[:=][ \t]*)[^\s:=]\S*[ \t]*(?:#|\Z)",
    re.IGNORECASE,
)


_LINES_BELOW: Final = 20
"""That are looked through for such a comment which stands too low."""


class Choice(NamedTuple):
    """The graph type that a comment above a document names."""

    name: str
    span: Span
    """Of the name."""


class Selection(NamedTuple):
    """What decides, beside the text of a document, of which graph type it is."""

    is_named: bool = False
    """Somebody asked for this file, so what it holds is taken for a workflow unless it is empty."""
    chosen: str = ""
    """The type that the settings of the workspace give to the file; empty: none."""
    detections: tuple[tuple[str, Detection], ...] = ()
    """By type: what tells documents of it, as far as the path of the file does not stand against it."""


_NOTHING_BESIDE: Final = Selection()


def selection(
    catalog: Catalog | None, settings: WorkspaceSettings | None, *, is_named: bool = False
) -> Selection:
    """*settings*: as they hold for the file; None: nobody knows of a file. *catalog*; None: the bundled types."""
    path = settings.file if settings is not None else ""
    detections = tuple(
        [
            (name, rules)
            for name, rules in (catalog.detections if catalog is not None else ())
            if not rules.files or (path and matcher(rules.files)(path))
        ]
    )
    return Selection(is_named, settings.graph_type if settings is not None else "", detections)


def choice_of(document: Document, root_index: int) -> Choice | None:
    """What `# darwinflow: graph-type=NAME` says in the lines before the content of one document; the first counts."""
    for row, line in _lines_above(document, root_index):
        match = _CHOICE.match(line) if "graph-type" in line else None
        if match is not None:
            return Choice(match[1], Span(row, match.start(1), row, match.end(1)))
    return None


def near_choice_of(document: Document, root_index: int) -> Span | None:
    """A comment above a document that was to name its graph type and does not: what stands before the name."""
    for row, line in _lines_above(document, root_index):
        match = _NEARLY.match(line) if "raph" in line else None
        if match is not None and _CHOICE.match(line) is None:
            return Span(row, match.start(1), row, match.end(1))
    return None


def late_choice_of(document: Document, root_index: int) -> Choice | None:
    """A comment that names the graph type among the first lines of the content, where it does not count."""
    if not len(document.roots[root_index].sections):
        return None
    first = document.segment_start(root_index, 0, -1)
    for row, line in enumerate(document.lines.slice(first, first + _LINES_BELOW), first):
        match = _CHOICE.match(line) if "graph-type" in line else None
        if match is not None and document.locate(row).root_index == root_index:
            return Choice(match[1], Span(row, match.start(), row, match.end()))
    return None


def _lines_above(document: Document, root_index: int) -> Iterator[tuple[int, str]]:
    """The lines before the content of one document, with their numbers."""
    root = document.roots[root_index]
    if root.lead and len(root.sections):
        first = document.segment_start(root_index, 0, -1) - root.lead
        yield from enumerate(document.lines.slice(first, first + root.lead), first)


def graph_type_of(document: Document, root_index: int, beside: Selection = _NOTHING_BESIDE) -> str | None:
    """The name of the graph type of one document, which there may be none of; None where it is no graph.

    A comment above the document goes before the settings, these before what tells documents of a type.
    """
    root = document.roots[root_index]
    choice = choice_of(document, root_index)
    if choice is not None:
        return choice.name
    if root.kind is None:
        return None
    if beside.chosen:
        return beside.chosen
    for name, rules in beside.detections:
        if _is_told(root, rules):
            return name
    if beside.is_named:
        return NATIVE
    return NATIVE if root.kind == MAP and _marks_of(root) >= 2 else None


def was_meant(document: Document) -> bool:
    """Whether a document that is no graph was to be one.

    It names a graph type that is not there, or it is broken, and what is left of it has a mark.
    """
    if any(choice_of(document, root_index) is not None for root_index in range(len(document.roots))):
        return True
    is_broken = any(problem.code == YAML_SYNTAX for problem in document.problems())
    return is_broken and any(_marks_of(root) >= 1 for root in document.roots)


def _is_told(root: Root, rules: Detection) -> bool:
    """Whether the keys of a root, and their texts, are those of a document of a type."""
    if not rules.keys and not rules.values:
        return True
    texts = dict(_texts_of(root))
    return all(key in texts for key in rules.keys) and all(
        texts.get(key) == text for key, text in rules.values
    )


def _texts_of(root: Root) -> Iterator[tuple[str, str | None]]:
    """The root's own keys, each with its text; None where its value is none."""
    for section in root.sections:
        key = section.key
        first = section.segments[0] if len(section.segments) else None
        if key is not None:
            yield key.source, _text_of(first.node) if first is not None and first.kind == "value" else None
        elif first is not None:
            for segment in section.segments:
                node = segment.node
                for inner, value in segment.pairs or (node.pairs if node is not None else ()):
                    yield inner.source, _text_of(value)


def _text_of(node: Node | None) -> str | None:
    return node.source if node is not None and node.kind == SCALAR else None


def _marks_of(root: Root) -> int:
    """How many of the three keys that make a workflow the root's own keys hold."""
    found: set[str] = set()
    if root.layout == "map":
        for section in root.sections:
            key = section.key
            if key is not None:
                found.add(key.source)
            else:
                found.update(inner.source for segment in section.segments for inner, _ in segment.pairs)
    elif len(root.sections):
        node = root.sections[0].segments[0].node
        found.update(key.source for key, _ in (node.pairs if node is not None else ()))
    return sum(mark in found for mark in MARKS)
