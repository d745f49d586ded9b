"""A colon that stands within its key, as in `promp:t "Who?"`: which words are keys only a graph type knows."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from darwinflow.check.part import Part
from darwinflow.document.document import Document
from darwinflow.document.grammar.colons import colon_within
from darwinflow.document.lines import Edit
from darwinflow.document.problem import YAML_SYNTAX, Problem, Repair
from darwinflow.graph.graph_type import Field, GraphType, fields_of
from darwinflow.model.span import Span

_HEAD: Final = re.compile(r"[A-Za-z_][\w-]*\Z")
_LONGEST: Final = 200
"""Characters of a line before such a colon."""


def with_whole_keys(
    document: Document, problems: Sequence[Problem], parts: Sequence[Part | None]
) -> list[Problem]:
    """*problems*, those of colons within keys told as such."""
    told = list(problems)
    names: dict[int, frozenset[str]] = {}
    for at, problem in enumerate(problems):
        if problem.code != YAML_SYNTAX:
            continue
        line, column = document.lines[problem.span.line], problem.span.column
        head = _HEAD.search(line, max(column - _LONGEST, 0), column)
        within = colon_within(line, head.start()) if head is not None else None
        if head is None or within is None or within.first != column:
            continue
        root_index = document.locate(problem.span.line).root_index
        part = parts[root_index] if root_index < len(parts) else None
        if part is None:
            continue
        if root_index not in names:
            names[root_index] = frozenset(_names(part.projection.graph_type))
        if within.key in names[root_index] and head[0] not in names[root_index]:
            edit = Edit(Span(*problem.span[:2], problem.span.line, within.end), within.written)
            repair = Repair(f"Write '{within.key}: '", (edit,))
            told[at] = problem._replace(message=within.message, repair=repair)
    return told


def _names(graph_type: GraphType) -> Iterator[str]:
    """Of all fields that a document of this type may have."""
    yield from _with_inner(graph_type.document_fields)
    for node in graph_type.node_types.values():
        yield from _with_inner(node.fields)
    for edge in graph_type.edge_types.values():
        yield from _with_inner(edge.fields)


def _with_inner(fields: Mapping[str, Field]) -> Iterable[str]:
    for name, field in fields.items():
        yield name
        yield from fields_of(field.schema)
