"""Which segments have something wrong with what they refer to, kept up from one version of a document to the next."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from darwinflow.check.references.before import SILENT, before
from darwinflow.check.references.rows import NOTHING, Rows, rows_of
from darwinflow.check.references.table import Table
from darwinflow.check.references.unhandled import leaving, unhandled_answers
from darwinflow.document.document import Change
from darwinflow.projection.native import read
from darwinflow.projection.projection import Projection

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


class References(NamedTuple):
    """Of one document of a stream."""

    tables: tuple[Tables, ...]
    """Of each section that adds to the graph."""
    options: Options
    troubled: frozenset[SegmentKey]
    unhandled: Mapping[str, tuple[str, ...]]
    """Of nodes whose edges all test the decision: the answers that none of them takes."""


def referred(projection: Projection, previous: References | None, old: Projection | None) -> References:
    """*previous*: of *old*, the projection that this one is an edit of."""
    change = projection.document.change
    if previous is not None and change is not None and change.root_index != projection.root_index:
        return previous
    is_edit = (
        previous is not None
        and old is not None
        and change is not None
        and projection.graph_type is old.graph_type
        and projection.carriers == old.carriers
    )
    if not is_edit or previous is None or old is None or change is None:
        return _whole(projection, _all_tables(projection))
    if projection.graph is old.graph and _says_the_same(projection, change):
        return previous
    tables = _edited(projection, previous.tables, change)
    if projection.graph is not old.graph:
        return _whole(projection, tables, previous)
    return _changed(projection, previous, tables, change)


def _says_the_same(projection: Projection, change: Change) -> bool:
    """Whether the changed segments refer to what they did before, in an edit that kept every id and arrow."""
    role = next((one.role for one in projection.carriers if one.section == change.section_index), None)
    if role is None:
        return True
    implicit = projection.graph_type.implicit
    for old, new in zip(change.removed, change.added, strict=True):
        facts, others = read(old, role), read(new, role)
        if rows_of(old, facts, implicit) != rows_of(new, others, implicit):
            return False
        if [edge.condition for edge in facts.edges] != [edge.condition for edge in others.edges]:
            return False
    return True


def rows_at(projection: Projection, key: SegmentKey) -> Rows:
    root = projection.document.roots[projection.root_index]
    segment = root.sections[key[0]].segment(key[1])
    return rows_of(segment, projection.facts(*key), projection.graph_type.implicit)


def _all_tables(projection: Projection) -> tuple[Tables, ...]:
    root = projection.document.roots[projection.root_index]
    implicit = projection.graph_type.implicit
    return tuple(
        [
            Tables.of(
                carrier.section,
                [
                    rows_of(segment, read(segment, carrier.role), implicit)
                    for segment in root.sections[carrier.section].segments
                ],
            )
            for carrier in projection.carriers
        ]
    )


def _edited(projection: Projection, tables: tuple[Tables, ...], change: Change) -> tuple[Tables, ...]:
    at = next((at for at, one in enumerate(tables) if one.reads.section == change.section_index), None)
    if at is None:
        return tables
    rows = [
        rows_at(projection, (change.section_index, change.first_segment + index))
        for index in range(len(change.added))
    ]
    spliced = tables[at].spliced(change.first_segment, len(change.removed), rows)
    return tables if spliced is tables[at] else (*tables[:at], spliced, *tables[at + 1 :])


def _whole(
    projection: Projection, tables: tuple[Tables, ...], previous: References | None = None
) -> References:
    """*previous*: before an edit; of the answers that no edge takes, only what the edit can have touched is new."""
    options = _options(projection, tables)
    troubled = {
        (section.faulty.section, segment)
        for section in tables
        if section.faulty.rows
        for segment, count in enumerate(section.faulty.counts)
        if count
    }
    graph = projection.graph
    names = {read for section in tables for _, read in section.reads.rows}
    wrong = {
        name for name in names if not graph.implicit <= graph.numbers.get(name, graph.known) < graph.known
    }
    judge = before(projection)
    judge.judge({row for section in tables for row in section.reads.rows if row[1] not in wrong})
    for section in tables:
        for at, row in enumerate(section.reads.rows if wrong or judge.wrong else ()):
            if row[1] in wrong or row in judge.wrong:
                troubled.add((section.reads.section, section.reads.segment(at)))
        for at, (decider, answer) in enumerate(section.compares.rows):
            if decider in options and answer not in options[decider]:
                troubled.add((section.compares.section, section.compares.segment(at)))
    unhandled: dict[str, tuple[str, ...]] = {}
    affected = set(options)
    if previous is not None:
        affected = _changed_options(previous.options, options) | _sources_of(projection)
        unhandled = {name: left for name, left in previous.unhandled.items() if name not in affected}
    for name, arrows in leaving(projection, {name for name in affected if name in options}).items():
        left = unhandled_answers(projection, arrows, name, options[name])
        if left:
            unhandled[name] = left
    return References(tables, options, frozenset(troubled), unhandled)


def _changed(
    projection: Projection, previous: References, tables: tuple[Tables, ...], change: Change
) -> References:
    """After an edit that kept every id and arrow."""
    keys = [(change.section_index, change.first_segment + at) for at in range(len(change.added))]
    options = previous.options
    deciders = _deciders_changed(projection, change)
    if deciders:
        options = _options(projection, tables)
        keys += [
            (section.compares.section, section.compares.segment(at))
            for section in tables
            for at, (decider, _) in enumerate(section.compares.rows)
            if decider in deciders
        ]
    unhandled = previous.unhandled
    affected = deciders.union(_sources_changed(projection, change))
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


def _changed_options(old: Options, new: Options) -> set[str]:
    """Names of nodes that may give other answers than before."""
    return {name for name, _ in old.items() ^ new.items()}


def _deciders_changed(projection: Projection, change: Change) -> set[str]:
    """Names of nodes in the changed segments that list other answers than before."""
    role = next((one.role for one in projection.carriers if one.section == change.section_index), None)
    if role is None:
        return set()
    return {
        node.name
        for old, new in zip(change.removed, change.added, strict=True)
        for node, other in zip(read(old, role).nodes, read(new, role).nodes, strict=True)
        if node.options != other.options and node.name
    }


def _sources_changed(projection: Projection, change: Change) -> set[str]:
    """Sources of edges whose condition has changed."""
    role = next((one.role for one in projection.carriers if one.section == change.section_index), None)
    if role is None:
        return set()
    return {
        end.name
        for old, new in zip(change.removed, change.added, strict=True)
        for one, other in zip(read(old, role).edges, read(new, role).edges, strict=True)
        if one.condition != other.condition
        for end in one.sources
    }


def _sources_of(projection: Projection) -> set[str]:
    """Sources of the edges in the segments that an edit took away and put in."""
    change = projection.document.change
    assert change is not None
    role = next((one.role for one in projection.carriers if one.section == change.section_index), None)
    if role is None:
        return set()
    return {
        end.name
        for segment in (*change.removed, *change.added)
        for edge in read(segment, role).edges
        for end in edge.sources
    }
