"""Which segments have something wrong with what they refer to, kept up from one version of a document to the next."""

from collections.abc import Collection, Iterable, Mapping
from operator import is_
from typing import NamedTuple

from darwinflow.check.references.before import SILENT, before
from darwinflow.check.references.edit import Edit
from darwinflow.check.references.rows import NOTHING, Rows, rows_of
from darwinflow.check.references.table import Table
from darwinflow.check.references.unhandled import leaving, unhandled_answers
from darwinflow.document.segment import Segment
from darwinflow.projection.native import read
from darwinflow.projection.projection import Projection
from darwinflow.projection.succession import Succession

Options = Mapping[str, tuple[str, ...]]
"""The answers that each node that decides may give."""
SegmentKey = tuple[int, int]
"""Section and index."""


class Tables(NamedTuple):
    """Of one section."""

    reads: Table[tuple[str, str]]
    compares: Table[tuple[str, str]]
    deciders: Table[tuple[str, tuple[str, ...]]]
    faulty: Table[None]

    @classmethod
    def of(cls, section: int, rows: list[Rows]) -> "Tables":
        return cls(
            Table.of(section, [one.reads for one in rows]),
            Table.of(section, [one.compares for one in rows]),
            Table.of(section, [one.deciders for one in rows]),
            Table.of(section, [(None,) * one.is_faulty for one in rows]),
        )

    def spliced(self, first: int, count: int, rows: list[Rows]) -> "Tables":
        new = Tables(
            self.reads.spliced(first, count, [one.reads for one in rows]),
            self.compares.spliced(first, count, [one.compares for one in rows]),
            self.deciders.spliced(first, count, [one.deciders for one in rows]),
            self.faulty.spliced(first, count, [(None,) * one.is_faulty for one in rows]),
        )
        return self if all(one is other for one, other in zip(new, self, strict=True)) else new

    def in_section(self, section: int) -> "Tables":
        if section == self.reads.section:
            return self
        return Tables(
            self.reads.in_section(section),
            self.compares.in_section(section),
            self.deciders.in_section(section),
            self.faulty.in_section(section),
        )


class References(NamedTuple):
    """Of one document of a stream."""

    tables: tuple[Tables, ...]
    """Of each section that adds to the graph."""
    options: Options
    troubled: frozenset[SegmentKey]
    unhandled: Mapping[str, tuple[str, ...]]
    """Of nodes whose edges all test the decision: the answers that none of them takes."""

    def reads(self, name: str) -> bool:
        """Whether a condition or a context reads what the node gives."""
        return any(name in section.reads.seconds for section in self.tables)

    def comparisons(self, decider: str, answer: str) -> int:
        """How often the decision is compared with the answer; a condition counts once for each source of its edge."""
        return sum([section.compares.count((decider, answer)) for section in self.tables])


def referred(
    projection: Projection,
    previous: References | None,
    old: Projection | None,
    succession: Succession | None,
) -> References:
    """*previous*: of *old*, from whose document *succession* leads to this one."""
    if previous is None or old is None or succession is None or projection.graph_type is not old.graph_type:
        return _whole(projection, _all_tables(projection))
    edit = Edit.between(old, projection, succession)
    if projection.graph is old.graph and edit.says_the_same(projection.graph_type.implicit):
        return previous
    tables = _edited(projection, previous.tables, edit)
    if projection.graph is not old.graph:
        return _whole(projection, tables, previous, edit)
    return _changed(projection, previous, tables, edit)


def rows_at(projection: Projection, key: SegmentKey) -> Rows:
    root = projection.document.roots[projection.root_index]
    segment = root.sections[key[0]].segment(key[1])
    return rows_of(segment, projection.facts(*key), projection.graph_type.implicit)


def _all_tables(projection: Projection) -> tuple[Tables, ...]:
    root = projection.document.roots[projection.root_index]
    implicit = projection.graph_type.implicit
    return tuple(
        [
            Tables.of(carrier.section, _rows(root.sections[carrier.section].segments, carrier.role, implicit))
            for carrier in projection.carriers
        ]
    )


def _edited(projection: Projection, tables: tuple[Tables, ...], edit: Edit) -> tuple[Tables, ...]:
    implicit = projection.graph_type.implicit
    known = {one.reads.section: one for one in tables}
    found: list[Tables] = []
    for carrier, stretch in edit.stretches:
        if stretch is None:
            segments = projection.document.roots[projection.root_index].sections[carrier.section].segments
            found.append(Tables.of(carrier.section, _rows(segments, carrier.role, implicit)))
            continue
        one = known[stretch.before].in_section(carrier.section)
        if not stretch.is_empty:
            rows = _rows(stretch.added, carrier.role, implicit)
            one = one.spliced(stretch.first, len(stretch.removed), rows)
        found.append(one)
    is_same = len(found) == len(tables) and all(map(is_, found, tables))
    return tables if is_same else tuple(found)


def _rows(segments: Iterable[Segment], role: str, implicit: Collection[str]) -> list[Rows]:
    return [rows_of(segment, read(segment, role), implicit) for segment in segments]


def _whole(
    projection: Projection,
    tables: tuple[Tables, ...],
    previous: References | None = None,
    edit: Edit | None = None,
) -> References:
    """*previous*: before *edit*; of the answers that no edge takes, only what the edit can have touched is new."""
    is_kept = (
        previous is not None and edit is not None and edit.keeps_ids and _same_deciders(previous, tables)
    )
    options = previous.options if previous is not None and is_kept else _options(projection, tables)
    troubled = {
        (section.faulty.section, segment)
        for section in tables
        if section.faulty.rows
        for segment, count in enumerate(section.faulty.counts)
        if count
    }
    graph = projection.graph
    names = frozenset().union(*[section.reads.seconds for section in tables])
    wrong = names.difference(graph.numbers)
    wrong |= names.intersection(graph.unknown) | names.intersection(graph.names[: graph.implicit])
    judge = before(projection)
    for section in tables:
        judge.judge(
            [row for row in section.reads.distinct if row[1] not in wrong]
            if wrong
            else section.reads.distinct
        )
    for section in tables:
        for at, row in enumerate(section.reads.rows if wrong or judge.wrong else ()):
            if row[1] in wrong or row in judge.wrong:
                troubled.add((section.reads.section, section.reads.segment(at)))
        odd = {row for row in section.compares.distinct if row[1] not in options.get(row[0], row)}
        for at, compared in enumerate(section.compares.rows if odd else ()):
            if compared in odd:
                troubled.add((section.compares.section, section.compares.segment(at)))
    unhandled: dict[str, tuple[str, ...]] = {}
    affected = set(options)
    if previous is not None and edit is not None and (sources := edit.sources()) is not None:
        changed = set() if is_kept else _changed_options(previous.options, options)
        affected = changed | sources
        unhandled = {name: left for name, left in previous.unhandled.items() if name not in affected}
    for name, arrows in leaving(projection, {name for name in affected if name in options}).items():
        left = unhandled_answers(projection, arrows, name, options[name])
        if left:
            unhandled[name] = left
    return References(tables, options, frozenset(troubled), unhandled)


def _changed(
    projection: Projection, previous: References, tables: tuple[Tables, ...], edit: Edit
) -> References:
    """After an edit that kept every id and arrow."""
    keys = edit.keys()
    options = previous.options
    deciders = edit.deciders()
    if deciders:
        options = _options(projection, tables)
        keys += [
            (section.compares.section, section.compares.segment(at))
            for section in tables
            for at, (decider, _) in enumerate(section.compares.rows)
            if decider in deciders
        ]
    unhandled = previous.unhandled
    affected = deciders | edit.conditioned()
    arrows = leaving(projection, {name for name in affected if name in options}, often=True)
    for name in affected:
        left = unhandled_answers(projection, arrows[name], name, options[name]) if name in arrows else ()
        if left != unhandled.get(name, ()):
            unhandled = {key: value for key, value in unhandled.items() if key != name}
            if left:
                unhandled[name] = left
    is_troubled = {key: _is_troubled(projection, rows_at(projection, key), options) for key in keys}
    troubled = previous.troubled
    if any(state != (key in troubled) for key, state in is_troubled.items()):
        troubled = troubled.difference(is_troubled) | {key for key, state in is_troubled.items() if state}
    return References(tables, options, troubled, unhandled)


def _is_troubled(projection: Projection, rows: Rows, options: Options) -> bool:
    if rows is NOTHING:
        return False
    graph = projection.graph
    if rows.is_faulty or any(
        decider in options and answer not in options[decider] for decider, answer in rows.compares
    ):
        return True
    judge = before(projection)
    return any(
        not graph.implicit <= graph.numbers.get(name, graph.known) < graph.known
        or judge.verdict(reader, name) is not SILENT
        for reader, name in rows.reads
    )


def _options(projection: Projection, tables: Iterable[Tables]) -> dict[str, tuple[str, ...]]:
    """Of several nodes with one id, nobody knows which one decides."""
    repeats = projection.graph.repeats
    return {
        name: options for section in tables for name, options in section.deciders.rows if name not in repeats
    }


def _same_deciders(previous: References, tables: tuple[Tables, ...]) -> bool:
    """Whether the same nodes list the same answers; of which nodes there are several, another has to tell."""
    return len(tables) == len(previous.tables) and all(
        new.deciders.rows is old.deciders.rows for new, old in zip(tables, previous.tables, strict=True)
    )


def _changed_options(old: Options, new: Options) -> set[str]:
    """Names of nodes that may give other answers than before."""
    return {name for name, _ in old.items() ^ new.items()}
