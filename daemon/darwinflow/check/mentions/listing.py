"""The findings about names that a document mentions, at their places: one for each name."""

from itertools import islice

from darwinflow.check.finding import Finding
from darwinflow.check.mentions.joining import Also
from darwinflow.check.mentions.mention import Row, mentions_in
from darwinflow.check.mentions.uses import MAX_PLACES, Uses
from darwinflow.check.references.state import References
from darwinflow.check.references.subject import Writing
from darwinflow.check.references.table import Table
from darwinflow.check.rules.duplicate_edge_key import duplicate_edge_key
from darwinflow.check.rules.template_unknown_node import template_unknown_node
from darwinflow.check.rules.unknown_input import unknown_input
from darwinflow.document.problem import Related
from darwinflow.projection.projection import Projection

_MAX_NAMES = 500
"""That are wrong; a reader fixes the first few."""


def mention_findings(
    projection: Projection,
    references: References,
    tables: tuple[Table[Row], ...],
    declared: tuple[str, ...],
    wrong: frozenset[Row],
) -> tuple[tuple[Finding, ...], tuple[Also, ...]]:
    """What is wrong, and the places of nodes that edges and references say are not there."""

    def read(name: str) -> int:
        return sum(table.count(("input", name)) for table in tables)

    found: list[Finding] = []
    also: list[Also] = []
    said: Finding | None
    for (kind, name), uses in islice(_uses(projection, tables, wrong).items(), _MAX_NAMES):
        if kind == "input":
            said = unknown_input(projection, uses, declared, read)
        elif kind == "key":
            said = duplicate_edge_key(uses)
        else:
            is_told = name in projection.graph.unknown or references.reads(name)
            said = template_unknown_node(projection, uses, is_told=is_told)
            if said is not None and is_told:
                spans = [said.span, *[other.span for other in said.related]]
                also.append(Also(name, tuple([Related(span, "also here") for span in spans]), said.fixes))
                continue
            if not projection.is_whole:
                continue
        if said is not None:
            found.append(said)
    return tuple(found), tuple(also)


def _uses(projection: Projection, tables: tuple[Table[Row], ...], wrong: frozenset[Row]) -> dict[Row, Uses]:
    found: dict[Row, Uses] = {}
    for table in tables:
        seen = -1
        for at, row in enumerate(table.rows):
            if row not in wrong or ((uses := found.get(row)) is not None and uses.is_cut):
                continue
            segment = table.segment(at)
            if segment != seen:
                _add(projection, table.section, segment, wrong, found)
                seen = segment
    return found


def _add(
    projection: Projection, section: int, segment: int, wrong: frozenset[Row], found: dict[Row, Uses]
) -> None:
    document = projection.document
    start = document.segment_start(projection.root_index, section, segment)
    count = document.roots[projection.root_index].sections[section].segment(segment).line_count
    lines = document.lines.slice(start, start + count)
    writing: Writing | None = None
    for mention in mentions_in(projection.facts(section, segment)):
        row = (mention.kind, mention.name)
        if row not in wrong:
            continue
        uses = found.setdefault(row, Uses(mention.name))
        uses.is_cut = len(uses.places) >= MAX_PLACES
        if not uses.is_cut:
            if writing is None or writing.item is not mention.item or writing.path != mention.path:
                writing = Writing(mention.item, mention.path, lines)
            uses.places.append((writing, mention, start))
