"""Workflows that a line `---` tears in two: what stands behind it is no document of its own."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.document.document import Document
from darwinflow.document.grammar.scan import indent_of, is_mark
from darwinflow.document.lines import Edit
from darwinflow.document.problem import YAML_SYNTAX
from darwinflow.document.root import Root
from darwinflow.model.span import Span

MARK: Final = "---"
_NAME: Final = "id"
_LISTS: Final = frozenset({"nodes", "edges"})
_MESSAGE: Final = (
    "'---' begins another YAML document, and what follows belongs to the one above; remove this line"
)


class Tear(NamedTuple):
    """Between a document of a stream and the one before it."""

    root_index: int
    """Of the second part."""
    line: int
    """Of the mark."""
    first: int
    """The line where the second part begins."""

    def finding(self) -> Finding:
        fix = Fix("Remove the line", (Edit(Span(self.line, 0, self.line + 1, 0), ""),))
        return Finding(YAML_SYNTAX, ERROR, Span(self.line, 0, self.line, len(MARK)), _MESSAGE, (), (fix,))


def tears(document: Document, are_graphs: Sequence[bool]) -> Iterator[Tear]:
    """*are_graphs*: of each document of the stream, whether it is checked as a workflow."""
    if len(document.roots) < 2:
        return
    for at, (above, root) in enumerate(zip(document.roots, document.roots[1:], strict=False), 1):
        if root.is_explicit and (are_graphs[at - 1] or are_graphs[at]) and len(root.sections):
            first = document.segment_start(at, 0, -1)
            mark = _mark_above(document, first, root.lead)
            if mark >= 0 and not above.tail and _goes_on(document.lines[first], above, root):
                yield Tear(at, mark, first)


def _mark_above(document: Document, first: int, lead: int) -> int:
    """The line of the mark among the *lead* lines above *first*; -1 where content stands on it."""
    marks = (line for line in range(first - 1, first - lead - 1, -1) if document.lines[line][:3] == MARK)
    return next(marks, -1)


def _goes_on(line: str, above: Root, root: Root) -> bool:
    """Whether *root*, whose content begins with *line*, can be nothing but the rest of the document *above* it."""
    column = indent_of(line)
    keys = {section.key_text for section in root.sections}
    if column or is_mark(line, 0, "-"):
        data = root.data
        return not isinstance(data, dict) or _NAME not in data
    known = {section.key_text for section in above.sections}
    is_rest = _NAME not in keys and known.isdisjoint(keys)
    return is_rest and not _LISTS.isdisjoint(keys) and known | keys >= {_NAME, *_LISTS}
