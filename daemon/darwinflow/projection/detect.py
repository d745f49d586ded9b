"""Which documents of a stream are checked as graphs, and as graphs of which type."""

import re
from typing import Final, NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.node import MAP
from darwinflow.document.problem import YAML_SYNTAX
from darwinflow.document.root import Root
from darwinflow.model.span import Span
from darwinflow.projection.native import MARKS

NATIVE = "workflow"
_CHOICE: Final = re.compile(r"[ \t]*#[ \t]*darwinflow:[ \t]*graph-type[ \t]*=[ \t]*(\S+)")


class Choice(NamedTuple):
    """The graph type that a comment above a document names."""

    name: str
    span: Span
    """Of the name."""


def choice_of(document: Document, root_index: int) -> Choice | None:
    """What `# darwinflow: graph-type=NAME` says in the lines before the content of one document; the first counts."""
    root = document.roots[root_index]
    if not root.lead or not len(root.sections):
        return None
    first = document.segment_start(root_index, 0, -1) - root.lead
    for row, line in enumerate(document.lines.slice(first, first + root.lead), first):
        match = _CHOICE.match(line) if "graph-type" in line else None
        if match is not None:
            return Choice(match[1], Span(row, match.start(1), row, match.end(1)))
    return None


def graph_type_of(document: Document, root_index: int, *, is_named: bool = False) -> str | None:
    """The name of the graph type of one document, which there may be none of; None where it is no graph.

    *is_named*: somebody asked for this file, so what it holds is taken for a workflow unless it is empty.
    """
    root = document.roots[root_index]
    choice = choice_of(document, root_index)
    if choice is not None:
        return choice.name
    if is_named:
        return NATIVE if root.kind is not None else None
    return NATIVE if root.kind == MAP and _marks_of(root) >= 2 else None


def was_meant(document: Document) -> bool:
    """Whether a document that is no graph was to be one.

    It names a graph type that is not there, or it is broken, and what is left of it has a mark.
    """
    if any(choice_of(document, root_index) is not None for root_index in range(len(document.roots))):
        return True
    is_broken = any(problem.code == YAML_SYNTAX for problem in document.problems())
    return is_broken and any(_marks_of(root) >= 1 for root in document.roots)


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
