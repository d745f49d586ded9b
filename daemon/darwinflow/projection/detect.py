"""Which documents of a stream are checked as graphs, and as graphs of which type."""

from darwinflow.document.document import Document
from darwinflow.document.node import MAP
from darwinflow.document.problem import YAML_SYNTAX
from darwinflow.document.root import Root
from darwinflow.projection.native import MARKS

NATIVE = "workflow"


def graph_type_of(document: Document, root_index: int, *, is_named: bool = False) -> str | None:
    """The name of the graph type of one document; None where it is none of ours.

    *is_named*: somebody asked for this file, so what it holds is taken for a workflow unless it is empty.
    """
    root = document.roots[root_index]
    if is_named:
        return NATIVE if root.kind is not None else None
    return NATIVE if root.kind == MAP and _marks_of(root) >= 2 else None


def was_meant(document: Document) -> bool:
    """Whether a document that is no graph was to be one: it is broken, and what is left of it has a mark."""
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
