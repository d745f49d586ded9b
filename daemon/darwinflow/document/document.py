"""A YAML text and everything read from it: an immutable value.

`Document.edit` gives a new document that shares with the old one every segment
whose text is the same. What a keystroke costs does not depend on the length of
the text.
"""

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate
from typing import Any, Final, NamedTuple

from darwinflow.document.content import MAX_BYTES
from darwinflow.document.editing import replaced_segments
from darwinflow.document.form import Form
from darwinflow.document.grammar.scan import BLANKS
from darwinflow.document.keeping import Kept
from darwinflow.document.lines import Edit, LineChange, Lines
from darwinflow.document.linking import is_linked_locally, linked
from darwinflow.document.path import NodePath, path_in_section
from darwinflow.document.problem import DOCUMENT_LIMIT, WARNINGS, Problem
from darwinflow.document.recutting import recut_sections
from darwinflow.document.root import Root
from darwinflow.document.section import Section
from darwinflow.document.segment import Segment
from darwinflow.document.stream import MAX_DOCUMENTS, edge_lines, extents, root_of, without_byte_order_marks
from darwinflow.model.span import Span

MAX_LINES: Final = 200_000
MAX_PROBLEMS: Final = 1_000


class Change(NamedTuple):
    """What an edit did where everything but some neighbouring segments of one section stayed."""

    root_index: int
    section_index: int
    first_segment: int
    removed: tuple[Segment, ...]
    added: tuple[Segment, ...]
    row: int = -1
    """Of one segment that replaced one, the only line that changed, counted from its first; -1: there may be others."""


class Place(NamedTuple):
    """Where a line belongs. An index is -1 where the line is in nothing of that kind."""

    root_index: int
    section_index: int
    """-1: before the first section or after the last one of the root."""
    segment_index: int
    """-1: the head of the section."""
    start_line: int
    """The first line of the segment, or of the root where there is no section."""


class Document:
    """One version of a text. Nothing in it changes once it is made."""

    def __init__(self, lines: Lines, roots: tuple[Root, ...], change: Change | None) -> None:
        self.lines = lines
        self.roots = roots
        """At least one, unless the text is beyond a limit; then none."""
        self.change = change
        """What the edit that made this document changed; None: no edit made it, or more than segments changed."""

    @classmethod
    def parse(cls, text: str) -> "Document":
        """Read a text, whatever it is; what is wrong in it is among `problems`."""
        return _read(Lines.of(text), Kept())

    def edit(self, edit: Edit) -> "Document":
        """The document after *edit*, whose span is cut to fit the text."""
        edit = Edit(self.lines.clamped(edit.span), edit.text)
        lines, change = self.lines.edited(edit)
        if self.roots and not _is_too_long(lines):
            document = self._edited_within(lines, change)
            if document is not None:
                return document
        return _read(lines, Kept(self._segments(), change))

    def _edited_within(self, lines: Lines, change: LineChange) -> "Document | None":
        """The document after an edit that stays inside one root, unless that root has to be cut anew."""
        root_index, section_index, _, _ = place = self.locate(change.start)
        end = self.locate(change.start + change.removed - 1) if change.removed > 1 else place
        root = self.roots[root_index]
        root_start = self._root_starts[root_index]
        if root_index != end.root_index:
            return None
        if section_index < 0 and end.section_index < 0:
            return self._with_comments(lines, root_index, change)
        if section_index < 0 or end.section_index < 0:
            return None
        if section_index == end.section_index:
            section = root.sections[section_index]
            start = root_start + root.start(section_index)
            if replaced := replaced_segments(
                section, place.segment_index, end.segment_index, start, self.lines, lines, change
            ):
                changed = root.with_sections(section_index, [section], [section.replaced(*replaced)])
                told = Change(root_index, section_index, *replaced)
                if len(replaced[1]) == len(replaced[2]) == change.removed == len(change.added) == 1:
                    told = told._replace(row=change.start - start - section.start(replaced[0]))
                if is_linked_locally(changed, section.head, *replaced[1:]):
                    return self._with_root(lines, root_index, changed, told)
                return self._with_links(lines, root_index, changed, told)
        recut = recut_sections(root, root_start, self.lines, lines, change)
        if recut is None:
            return None
        return self._with_links(lines, root_index, root.with_sections(*recut), _change_of(root_index, *recut))

    def _with_comments(self, lines: Lines, root_index: int, change: LineChange) -> "Document | None":
        """The document after an edit of the comments above a root's sections."""
        root = self.roots[root_index]
        removed = self.lines.slice(change.start, change.start + change.removed)
        is_above = change.start + change.removed <= self._root_starts[root_index] + root.lead
        if not is_above or not len(root.sections) or root.edge_problems[0]:
            return None
        if any(line.strip(BLANKS)[:1] not in ("", "#") for line in (*removed, *change.added)):
            return None
        moved = root.with_lead(root.lead + len(change.added) - change.removed)
        return self._with_root(lines, root_index, moved, Change(root_index, 0, 0, (), ()))

    def _with_links(self, lines: Lines, root_index: int, root: Root, change: Change | None) -> "Document":
        """The document with another root, whose aliases are to be resolved."""
        result = linked(root)
        # Aliases elsewhere may have come to mean something else; then more than `change` has changed.
        return self._with_root(lines, root_index, result, change if result is root else None)

    def _with_root(self, lines: Lines, root_index: int, root: Root, change: Change | None) -> "Document":
        return Document(lines, (*self.roots[:root_index], root, *self.roots[root_index + 1 :]), change)

    def _segments(self) -> Iterator[tuple[int, list[Segment]]]:
        """The segments of each root, heads included, behind their first line."""
        for root, line in zip(self.roots, self._root_starts, strict=False):
            yield line + root.lead, root.pieces()

    def problems(self) -> list[Problem]:
        """Everything wrong, in the order of the text; at most `MAX_PROBLEMS`, and one that says there are more."""
        if not self.roots:
            return [_limit_problem(self.lines)]
        found: list[Problem] = []
        limits: set[str] = set()
        for root, line in zip(self.roots, self._root_starts, strict=False):
            for problem in root.problems():
                if problem.code == DOCUMENT_LIMIT:
                    if problem.message in limits:
                        continue
                    limits.add(problem.message)
                found.append(problem.moved(line))
        found.sort(key=_place_of)
        if len(found) > MAX_PROBLEMS:
            message = f"there are {len(found)} problems; {MAX_PROBLEMS} are shown, errors before warnings"
            limit = Problem(DOCUMENT_LIMIT, message, found[MAX_PROBLEMS].span)
            found.sort(key=_is_warning)
            found = sorted([*found[:MAX_PROBLEMS], limit], key=_place_of)
        return found

    @cached_property
    def _root_starts(self) -> list[int]:
        return list(accumulate([root.line_count for root in self.roots], initial=0))

    def segment_start(self, root_index: int, section_index: int, segment_index: int) -> int:
        """The first line of a segment; index -1 is the section's head."""
        root = self.roots[root_index]
        within = root.start(section_index) + root.sections[section_index].start(segment_index)
        return self._root_starts[root_index] + within

    def locate(self, line: int) -> Place:
        """The segment to which a line belongs. Raises `IndexError` when the document is beyond a limit."""
        starts = self._root_starts
        root_index = max(min(bisect_right(starts, line) - 1, len(self.roots) - 1), 0)
        root = self.roots[root_index]
        start = starts[root_index]
        within = line - start - root.lead
        if within < 0 or within >= root.sections.line_count:
            return Place(root_index, -1, -1, start)
        section_index = root.sections.at_line(within)
        section = root.sections[section_index]
        first = root.sections.start(section_index)
        segment_index = section.at_line(within - first)
        return Place(
            root_index, section_index, segment_index, start + root.lead + first + section.start(segment_index)
        )

    def path_at(self, line: int, column: int) -> NodePath:
        """The nodes around a place, outermost first; see `darwinflow.document.path`."""
        place = self.locate(line)
        root_index, section_index, segment_index, _ = place
        if section_index < 0:
            return NodePath(root_index, section_index, segment_index, (), is_on_key=False)
        section = self.roots[root_index].sections[section_index]
        start = self.segment_start(root_index, section_index, -1)
        steps, is_key = path_in_section(section, start, segment_index, line, column)
        return NodePath(root_index, section_index, segment_index, tuple(steps), is_on_key=is_key)

    def data(self, root_index: int) -> Any:
        """The data of one document of the stream: shared, never to be changed by whoever reads it."""
        return self.roots[root_index].data

    def item_data(self, root_index: int, section_index: int, segment_index: int) -> Any:
        """The data of one segment, kept with it: a list for items, a dict for entries."""
        return self.roots[root_index].sections[section_index].segment(segment_index).data


def _place_of(problem: Problem) -> tuple[int, int]:
    return problem.span.line, problem.span.column


def _is_warning(problem: Problem) -> bool:
    return problem.code in WARNINGS


def _limit_problem(lines: Lines) -> Problem:
    if lines.byte_size > MAX_BYTES:
        message = f"this file has {lines.byte_size} bytes; one of more than {MAX_BYTES} (8 MiB) is not read"
    elif _is_too_long(lines):
        message = f"this file has {len(lines)} lines; one of more than {MAX_LINES} is not read"
    else:
        message = f"this file has more than {MAX_DOCUMENTS} YAML documents, and is not read; part it"
    return Problem(DOCUMENT_LIMIT, message, Span(0, 0, 0, min(len(lines[0]), 80)))


def _is_too_long(lines: Lines) -> bool:
    count = len(lines)
    if lines.byte_size > MAX_BYTES or count > MAX_LINES + 1:
        return True
    return count == MAX_LINES + 1 and lines[count - 1] != ""


def _read(lines: Lines, kept: Kept) -> Document:
    """Read everything but what is *kept* from before."""
    if _is_too_long(lines):
        return Document(lines, (), None)
    texts = list(lines)
    bare = without_byte_order_marks(texts)

    def take(form: Form, start: int, end: int) -> Segment:
        if bare is not texts and bare[start] != texts[start]:
            form = form._replace(has_mark=True)
        return kept.take(form, start, end, texts, ends_text=True)

    edges = edge_lines(bare)
    found = extents(bare, edges)
    if len(found) > MAX_DOCUMENTS:
        return Document(lines, (), None)
    roots = [root_of(bare, edges, extent, take) for extent in found]
    return Document(lines, tuple([linked(root) for root in roots]), None)


def _change_of(root_index: int, first: int, removed: list[Section], added: list[Section]) -> Change | None:
    """The change, where one section was replaced by one of the same key and shape."""
    if len(removed) != 1 or len(added) != 1:
        return None
    old, new = removed[0], added[0]
    if (old.key is None) != (new.key is None) or old.key_text != new.key_text or old.kind != new.kind:
        return None
    if (old.head is None) != (new.head is None):
        return None
    before, after = tuple(old.segments), tuple(new.segments)
    shorter = min(len(before), len(after))
    same = next((at for at in range(shorter) if before[at] is not after[at]), shorter)
    rest = shorter - same
    alike = next((at for at in range(rest) if before[-1 - at] is not after[-1 - at]), rest)
    return Change(
        root_index, first, same, before[same : len(before) - alike], after[same : len(after) - alike]
    )
