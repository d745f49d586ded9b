"""Checks a document, running no more rules than its last edit needs.

Item rules run on segments that are new; graph rules are worked out again only where ids, types or edges have
changed, and put at their places again only where lines have moved. The result is a value: an edit makes another.
"""

from collections.abc import Iterator, Sequence

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.codes import JUDGED
from darwinflow.check.excusing import excused
from darwinflow.check.faulty import faulty_segments
from darwinflow.check.finding import ERROR, WARNING, Finding, Fix
from darwinflow.check.gaps import graph_findings
from darwinflow.check.items import ItemCheck
from darwinflow.check.keeping import (
    carried,
    is_listed,
    is_within_list,
    keeps_graph_findings,
    moves_lines,
)
from darwinflow.check.mentions.state import mentioned
from darwinflow.check.mistaken import told_at_ids
from darwinflow.check.once import told_once
from darwinflow.check.part import Part
from darwinflow.check.quiet import is_quiet, refers_to_the_same
from darwinflow.check.references.referring import referring
from darwinflow.check.rules import GRAPH_RULES
from darwinflow.check.rules.unknown_graph_type import unknown_graph_type
from darwinflow.check.shifted import shifted
from darwinflow.check.shown import MAX_FINDINGS, shown
from darwinflow.check.suppressions import Suppression
from darwinflow.check.sweep import Remarks, remarks, swept
from darwinflow.check.torn import tears
from darwinflow.check.wake import Wake
from darwinflow.check.weighing import weighed
from darwinflow.document.document import Change, Document
from darwinflow.document.problem import WARNINGS, Problem
from darwinflow.projection.detect import Selection, graph_type_of, selection
from darwinflow.projection.projection import Projection, project
from darwinflow.projection.succession import Succession
from darwinflow.settings.workspace import WorkspaceSettings


class Checked:
    """A document with all that is wrong in it."""

    __slots__ = ("_findings", "_is_given", "_judged", "checker", "document", "joint", "parts", "settings")

    def __init__(
        self,
        document: Document,
        parts: tuple[Part | None, ...],
        settings: WorkspaceSettings | None,
        checker: "Checker",
        findings: tuple[Finding, ...] | None = None,
    ) -> None:
        """*findings*: all of them, where they do not come from *parts*."""
        self.document = document
        self.parts = parts
        """One for each document of the stream; None where it is no graph."""
        self.settings = settings
        self.checker = checker
        self._findings = findings
        self._is_given = findings is not None
        self.joint: tuple[Finding, ...] = ()
        """What the rules of the workspace have found, as far as somebody has asked them."""
        self._judged = JUDGED

    def joined(self, found: tuple[Finding, ...], judged: frozenset[str]) -> "Checked":
        """The same with *found* by the rules of the workspace, which have judged the codes *judged*."""
        checked = Checked(self.document, self.parts, self.settings, self.checker)
        checked.joint = found
        checked._judged = JUDGED | judged
        return checked

    @property
    def projection(self) -> Projection | None:
        """The first graph of the stream, which most files have alone."""
        return next((part.projection for part in self.parts if part is not None), None)

    def projection_of(self, root_index: int) -> Projection | None:
        """The graph that one document of the stream holds."""
        part = self.parts[root_index] if root_index < len(self.parts) else None
        return part.projection if part is not None else None

    def projection_at(self, line: int) -> Projection | None:
        """The graph of the document that *line* belongs to."""
        if not self.document.roots:
            return None
        return self.projection_of(self.document.locate(line).root_index)

    def findings(self) -> tuple[Finding, ...]:
        """Everything wrong, in the order of the text, as much of it as `shown` lets through."""
        if self._findings is None:
            self._findings = tuple(shown(self._listed()))
        return self._findings

    def every_finding(self) -> Sequence[Finding]:
        """Also those that `shown` leaves out; worked out at each call where it has left out some."""
        found = self.findings()
        return self._listed() if len(found) > MAX_FINDINGS and not self._is_given else found

    def replaced(self, found: tuple[Finding, ...]) -> "Checked":
        """The same document with *found* and nothing else."""
        return Checked(self.document, self.parts, self.settings, self.checker, found)

    def suppressions(self) -> list[Suppression]:
        """Every comment that suppresses findings, at its place."""
        return [suppression for remark in self._remarks() for suppression in remark.suppressions]

    def _remarks(self) -> Iterator[Remarks]:
        for root_index, part in enumerate(self.parts):
            if part is not None:
                yield from remarks(self.document, root_index, part.sweep)

    def _listed(self) -> list[Finding]:
        torn = tuple(tears(self.document, [part is not None for part in self.parts]))
        known = [part for part in self.parts if part is not None]
        items = [one for part in known for one in self.checker.of_items(part)]
        problems, rows, silent = shifted(self.document, self.parts, items, self.checker.items)
        heads = [one for part in known for one in part.header if one not in silent]
        unknown = [one.span.line for one in heads if one.code == "unknown-field" and not one.span.column]
        wake = Wake(self.document, problems, torn, unknown, self.parts, rows)
        found = [finding_of(problem) for problem in wake.problems]
        found += self.checker.unknown_types(self.document)
        for root_index, part in enumerate(self.parts):
            if part is not None:
                found += wake.of_header(root_index, part.header)
                found += graph_findings(part)
                found += part.mentioned.findings
        found += items
        if silent:
            found = [one for one in found if one not in silent]
        found = told_at_ids(self.document, told_once(self.document, wake.left_of(found), self.parts))
        found += [tear.finding() for tear in torn]
        found += self.joint
        suppressions: list[Suppression] = []
        for remark in self._remarks():
            found += remark.secrets
            suppressions += remark.suppressions
        found = excused(self.document, found, suppressions, self._judged)
        return weighed(found, self.settings)


def check(
    document: Document,
    catalog: Catalog,
    settings: WorkspaceSettings | None = None,
    previous: Checked | None = None,
    *,
    is_named: bool = False,
) -> Checked:
    """Everything wrong in *document*.

    *previous*: what was found before the edit that made *document*, under the same catalog and settings.
    *is_named*: somebody named this file, so it is checked whatever it looks like.
    """
    checker = previous.checker if previous is not None else Checker(catalog)
    beside = selection(catalog, settings, is_named=is_named)
    parts: list[Part | None] = []
    for root_index in range(len(document.roots)):
        before = None
        if previous is not None and len(previous.parts) == len(document.roots):
            before = previous.parts[root_index]
        parts.append(checker.part(document, root_index, before, beside))
    checked = Checked(document, tuple(parts), settings, checker)
    if previous is not None and previous.joint:
        return checked.joined(carried(previous.joint, previous.document, document), frozenset())
    return checked


class Checker:
    """The rules with the schemas of a catalog."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._items: dict[str, ItemCheck] = {}

    def unknown_types(self, document: Document) -> Iterator[Finding]:
        """About comments that name graph types which the catalog does not hold."""
        return unknown_graph_type(document, self._catalog)

    def items(self, name: str) -> ItemCheck:
        if name not in self._items:
            self._items[name] = ItemCheck(self._catalog, self._catalog.graph_type(name))
        return self._items[name]

    def part(
        self, document: Document, root_index: int, before: Part | None, beside: Selection
    ) -> Part | None:
        change = document.change
        if before is not None and change is not None and change.root_index != root_index:
            return self._moved(document, before, root_index)
        if before is not None and change is not None and is_within_list(document, change):
            name: str | None = before.projection.graph_type.name
        else:
            name = graph_type_of(document, root_index, beside)
        if name is None or name not in self._catalog.names:
            return None
        if before is not None and before.projection.graph_type.name != name:
            before = None
        items = self.items(name)
        if before is not None and change is not None and is_quiet(items, document, change, before):
            return _quieted(items, document, change, before)
        old = before.projection if before is not None else None
        succession = None
        if old is not None:
            succession = Succession(old.document.roots[root_index], document.roots[root_index], change)
        projection = project(document, root_index, items.graph_type, old, succession)
        faulty = faulty_segments(
            items, projection, before.faulty if before is not None else (), old, succession
        )
        sweep = swept(document, root_index, before.sweep if before is not None else None, succession)
        refers = referring(projection, before.referring if before is not None else None, old, succession)
        known = before.mentioned if before is not None else None
        mentions = mentioned(projection, refers.references, known, old, succession)
        if before is None or change is None or projection.carriers != before.projection.carriers:
            header = tuple(items.header(projection.header))
            return Part(projection, faulty, header, _graph_findings(projection), sweep, refers, mentions)
        moves = moves_lines(change)
        header = before.header
        is_same = projection.misplaced == before.projection.misplaced
        if (moves and header) or not is_same or not is_listed(projection, change):
            header = tuple(items.header(projection.header))
        graph = before.graph
        if not keeps_graph_findings(before.projection, graph, projection, change, moves=moves):
            graph = _graph_findings(projection)
        return Part(projection, faulty, header, graph, sweep, refers, mentions)

    def _moved(self, document: Document, before: Part, root_index: int) -> Part:
        """*before* in a document of which only another root has changed."""
        old = before.projection
        roots = old.document.roots[root_index], document.roots[root_index]
        succession = Succession(*roots, None)
        projection = project(document, root_index, old.graph_type, old, succession)
        assert document.change is not None
        if not moves_lines(document.change):
            return before._replace(projection=projection)
        header = tuple(self.items(old.graph_type.name).header(projection.header))
        graph = _graph_findings(projection)
        refers = referring(projection, before.referring, old, succession)
        mentions = mentioned(projection, refers.references, before.mentioned, old, succession)
        return before._replace(
            projection=projection, header=header, graph=graph, referring=refers, mentioned=mentions
        )

    def of_items(self, part: Part) -> Iterator[Finding]:
        """What is said of nodes and edges by themselves."""
        for section, segments in part.faulty:
            for segment in segments:
                yield from self.located(part.projection, section, segment)

    def located(self, projection: Projection, section: int, segment: int) -> tuple[Finding, ...]:
        """The findings of one segment at their places in the document."""
        found = projection.document.roots[projection.root_index].sections[section].segment(segment)
        start = projection.document.segment_start(projection.root_index, section, segment)
        relative = self.items(projection.graph_type.name).segment(found, projection.facts(section, segment))
        known: tuple[int, object, tuple[Finding, ...]] | None = found.memo.get(_LOCATED)
        if known is None or known[0] != start or known[1] is not relative:
            known = (start, relative, tuple([finding.moved(start) for finding in relative]))
            found.memo[_LOCATED] = known
        return known[2]


_LOCATED = f"{__name__}.located"


def _quieted(items: ItemCheck, document: Document, change: Change, before: Part) -> Part:
    """*before* in *document*, after an edit that matters to references at most."""
    old = before.projection
    projection = Projection(document, old.root_index, old.graph_type, old.carriers, old.graph)
    if refers_to_the_same(items, document, change, before):
        return before._replace(projection=projection)
    roots = old.document.roots[old.root_index], document.roots[old.root_index]
    refers = referring(projection, before.referring, old, Succession(*roots, change))
    return before._replace(projection=projection, referring=refers)


def _graph_findings(projection: Projection) -> tuple[Finding, ...]:
    return tuple([finding for rule in GRAPH_RULES for finding in rule(projection)])


def finding_of(problem: Problem) -> Finding:
    """What the engine says of a text, as a finding."""
    severity = WARNING if problem.code in WARNINGS else ERROR
    fixes = (Fix(*problem.repair),) if problem.repair is not None else ()
    return Finding(problem.code, severity, problem.span, problem.message, problem.related, fixes)
