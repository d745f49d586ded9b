"""Which names that a document mentions are wrong, kept up from one version of a document to the next."""

from collections import Counter
from collections.abc import Iterable, Iterator
from operator import is_
from typing import NamedTuple

from darwinflow.check.finding import Finding
from darwinflow.check.keeping import is_listed, moves_lines
from darwinflow.check.mentions.joining import Also
from darwinflow.check.mentions.mention import Row, rows_of
from darwinflow.check.references.state import References
from darwinflow.check.references.table import Table
from darwinflow.document.segment import Segment
from darwinflow.projection.editing import stretches
from darwinflow.projection.native import read
from darwinflow.projection.projection import Projection
from darwinflow.projection.succession import Succession

ALWAYS_GIVEN = frozenset({"request", "context"})
"""What a run may be given whatever its workflow declares."""
Rows = Table[Row]


class Mentioned(NamedTuple):
    """Of one document of a stream."""

    tables: tuple[Rows, ...]
    """Of each section that adds to the graph."""
    declared: tuple[str, ...] | None
    """The names among `inputs`; None where the workflow declares none, or nobody can tell."""
    wrong: frozenset[Row]
    references: References
    is_whole: bool
    """Whether no node can be hidden; only known where something is wrong."""
    findings: tuple[Finding, ...]
    also: tuple[Also, ...] = ()
    """About names that other findings are about."""


def mentioned(
    projection: Projection,
    references: References,
    previous: Mentioned | None,
    old: Projection | None,
    succession: Succession | None,
) -> Mentioned:
    """*references*: of the same document. *previous*: of *old*, from which *succession* leads here; None: there was none."""
    if previous is None or old is None or succession is None:
        tables = tuple(_fresh(projection))
        return _judged(projection, references, tables, _declared(projection))
    tables = _edited(projection, previous.tables, old, succession)
    change = projection.document.change
    is_own = change is not None and change.root_index == projection.root_index
    declared = previous.declared
    if (
        change is None
        or projection.carriers != old.carriers
        or (is_own and not is_listed(projection, change))
    ):
        declared = _declared(projection)
    is_same = tables is previous.tables and projection.graph is old.graph and declared == previous.declared
    if is_same and not previous.wrong:
        return previous  # nothing of what else it holds matters to anybody
    if (
        is_same
        and change is not None
        and references.tables is previous.references.tables
        and projection.is_whole is previous.is_whole
        and not moves_lines(change)
        and not _holds_wrong(projection, previous)
    ):
        return previous
    return _judged(projection, references, tables, declared)


def _judged(
    projection: Projection,
    references: References,
    tables: tuple[Rows, ...],
    declared: tuple[str, ...] | None,
) -> Mentioned:
    wrong = frozenset(_wrong(projection, tables, declared))
    if not wrong:
        return Mentioned(tables, declared, wrong, references, is_whole=True, findings=())
    from darwinflow.check.mentions.listing import mention_findings  # here: sound files need none of it

    found, also = mention_findings(projection, references, tables, declared or (), wrong)
    return Mentioned(tables, declared, wrong, references, projection.is_whole, found, also)


def _wrong(projection: Projection, tables: Iterable[Rows], declared: tuple[str, ...] | None) -> Iterator[Row]:
    graph = projection.graph
    rows: frozenset[Row] = frozenset().union(*[table.distinct for table in tables])
    names = frozenset(declared) | ALWAYS_GIVEN if declared is not None else None
    has_keys = False
    for row in rows:
        kind, name = row
        if kind == "input":
            if names is not None and name not in names:
                yield row
        elif kind == "node":
            if not graph.implicit <= graph.numbers.get(name, graph.known) < graph.known:
                yield row
        else:
            has_keys = True
    if has_keys:
        counts = Counter([row for table in tables for row in table.rows if row[0] == "key"])
        yield from [row for row, count in counts.items() if count > 1]


def _declared(projection: Projection) -> tuple[str, ...] | None:
    header = projection.header
    inputs = header.data.get("inputs") if isinstance(header.data, dict) else None
    if not isinstance(inputs, dict) or header.problems():
        return None
    return tuple(map(str, inputs))


def _holds_wrong(projection: Projection, previous: Mentioned) -> bool:
    """Whether a name that is wrong stands in what has changed, and perhaps at another column now."""
    change = projection.document.change
    assert change is not None
    if change.root_index != projection.root_index:
        return False
    return any(
        not previous.wrong.isdisjoint(
            rows_of(segment, projection.facts(change.section_index, change.first_segment + at))
        )
        for at, segment in enumerate(change.added)
    )


def _fresh(projection: Projection) -> Iterator[Rows]:
    root = projection.document.roots[projection.root_index]
    for carrier in projection.carriers:
        segments = root.sections[carrier.section].segments
        yield Table.of(carrier.section, _rows(segments, carrier.role))


def _edited(
    projection: Projection, tables: tuple[Rows, ...], old: Projection, succession: Succession
) -> tuple[Rows, ...]:
    known = {table.section: table for table in tables}
    found: list[Rows] = []
    for carrier, stretch in stretches(succession, old.carriers, projection.carriers):
        if stretch is None:
            segments = projection.document.roots[projection.root_index].sections[carrier.section].segments
            found.append(Table.of(carrier.section, _rows(segments, carrier.role)))
            continue
        table = known[stretch.before].in_section(carrier.section)
        if not stretch.is_empty:
            table = table.spliced(stretch.first, len(stretch.removed), _rows(stretch.added, carrier.role))
        found.append(table)
    is_same = len(found) == len(tables) and all(map(is_, found, tables))
    return tables if is_same else tuple(found)


def _rows(segments: Iterable[Segment], role: str) -> list[tuple[Row, ...]]:
    return [rows_of(segment, read(segment, role)) for segment in segments]
