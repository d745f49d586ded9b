"""A list under the key of the other one, which the document has as well: its key is told, and not that it is given twice."""

from collections.abc import Sequence
from typing import NamedTuple

from darwinflow.document.problem import DUPLICATE_KEY, Problem
from darwinflow.model.span import Span
from darwinflow.projection.native import NODES
from darwinflow.projection.projection import Projection


class Misnamed(NamedTuple):
    key: str
    """The one that the list should have."""
    given: str
    span: Span
    """Of the key that it has."""


def misnamed(projection: Projection) -> Misnamed | None:
    """None where no list has a wrong key, or where nodes and edges stand in one list."""
    wanted = projection.misplaced
    if not wanted or len(projection.carriers) != 2:
        return None
    nodes = [column.section for column in projection.graph.columns if column.names]
    edges = [column.section for column in projection.graph.columns if any(column.edge_counts)]
    here, there = (nodes, edges) if wanted == NODES else (edges, nodes)
    if len(here) != 1 or len(there) != 1 or here == there:
        return None
    key = projection.document.roots[projection.root_index].sections[here[0]].key
    if key is None:
        return None
    start = projection.document.segment_start(projection.root_index, here[0], -1)
    return Misnamed(wanted, key.source, key.span.moved(start))


def without_misnamed(problems: Sequence[Problem], projections: Sequence[Projection]) -> list[Problem]:
    """*problems* without that such a key is given twice."""
    found = [misnamed(one) for one in projections if one.misplaced]
    spans = {one.span for one in found if one is not None}
    return [
        one
        for one in problems
        if not spans
        or one.code != DUPLICATE_KEY
        or spans.isdisjoint((one.span, *[other.span for other in one.related]))
    ]
