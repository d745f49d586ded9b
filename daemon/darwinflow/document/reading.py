"""From the lines of one segment to the segment."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

from darwinflow.document import tall
from darwinflow.document.characters import encodable, report_unprintable, shift, shifted_problem, stray_mark
from darwinflow.document.form import Content, Form, Kind, Later
from darwinflow.document.grammar.collections import grow
from darwinflow.document.grammar.parser import Parser
from darwinflow.document.grammar.reader import MAX_PROBLEMS
from darwinflow.document.grammar.scan import (
    BLANKS,
    BYTE_ORDER_MARK,
    first_column,
    indent_of,
    is_mark,
    key_colon,
)
from darwinflow.document.node import MAP, SCALAR, SEQ, Node, Pairs
from darwinflow.document.problem import ADRIFT
from darwinflow.document.segment import Segment
from darwinflow.document.short import SHORT
from darwinflow.document.tall import Reread

_MAX_STRAYS: Final = 200
"""Stretches of a segment that fit nowhere and are read all the same."""


_LINK_START: Final = r"""(?:^|[-?:\[\]{},>"'\ufeff]|[!&*][^\s,\[\]{}]*+(?=[ \t]))[ \t]*+"""
"""Where an anchor or alias may begin, however broken the text: at the beginning of a line, or behind a mark or a tag."""
_ANCHOR: Final = re.compile(_LINK_START + r"&[^\s,\[\]{}]", re.MULTILINE)
_ALIAS: Final = re.compile(_LINK_START + r"\*[^\s,\[\]{}]", re.MULTILINE)


class Before(NamedTuple):
    """What began where a segment begins, before an edit."""

    segment: Segment
    start: int
    """The first line of the edit, counted from the segment's first."""
    removed: int
    added: int


def read(form: Form, lines: list[str], *, ends_text: bool, before: Before | None = None) -> Segment:
    """The segment that *lines*, which belong to it wholly, make in this form.

    Where they end the text and the text ends with a line end, the last of them
    is empty and no line to YAML.
    """
    return Segment(form, len(lines), content_of(form, lines, ends_text=ends_text, before=before))


def read_later(form: Form, lines: list[str], *, ends_text: bool, before: Before | None = None) -> Segment:
    """The same segment, its lines unread."""
    reader = partial(content_of, form, lines, ends_text=ends_text, before=before)
    return Segment(form, len(lines), Later(reader, *links_of(lines)))


def links_of(lines: list[str]) -> tuple[bool, int]:
    """Whether anchors may be among these lines, and how many aliases at most."""
    text = "\n".join(lines)
    may_have_anchors = "&" in text and _ANCHOR.search(text) is not None
    may_have_aliases = "*" in text and _ALIAS.search(text) is not None
    return may_have_anchors, text.count("*") if may_have_aliases else 0


def content_of(form: Form, lines: list[str], *, ends_text: bool, before: Before | None = None) -> Content:
    """What is in the lines of a segment; of a long one, only what an edit can have changed is read."""
    if len(lines) == 1 and form.name in SHORT and (short := SHORT[form.name](form, lines[0])) is not None:
        return short
    body = lines[:-1] if ends_text and lines[-1] == "" else lines
    has_mark = bool(lines) and lines[0].startswith(BYTE_ORDER_MARK)
    if has_mark:
        body = [body[0][1:], *body[1:]]
    if form.name == "inline":
        body = ["   " + body[0][3:], *body[1:]]
    reread = _reread(form, body, before) if before is not None and not has_mark else None
    is_printable = "".join(body if reread is None else reread.new_lines(body)).isprintable()
    parser = Parser(
        body if is_printable else encodable(body),
        depth=form.depth,
        handles=form.handles,
        reread=reread if is_printable else None,
    )
    kind, key, children = _READERS[form.name](parser, form)
    if not is_printable:
        report_unprintable(parser, body)
    problems = tuple(dict.fromkeys(parser.problems)) if parser.problems else ()
    is_complete = is_printable and not has_mark and not parser.is_too_deep and len(problems) < MAX_PROBLEMS
    rows = len(body) if parser.tall_from and is_complete and len(parser.problems) < MAX_PROBLEMS else 0
    content = Content(kind, key, children, problems, tuple(parser.anchors), tuple(parser.aliases), rows)
    if has_mark:
        shift(content)
        problems = tuple(map(shifted_problem, problems))
        content = content._replace(problems=problems if form.has_mark else (stray_mark(0, 0), *problems))
    return content


def _reread(form: Form, body: list[str], before: Before) -> Reread | None:
    """What the segment that began here tells of these lines."""
    segment, start, removed, added = before
    if len(body) <= tall.TALL_SEGMENT or segment.form != form or not segment.is_read or not segment.rows:
        return None
    nodes = [segment.node] if segment.node is not None else [*segment.items]
    for pair in segment.pairs:
        nodes += pair
    start = min(start, segment.rows)
    behind = segment.rows - start - removed
    has_same_tail = behind >= 0 and len(body) - start - added == behind
    return Reread.of(nodes, start, removed, added, has_same_tail=has_same_tail)


_Read = tuple[Kind, Node | None, Any]


def _read_items(parser: Parser, form: Form) -> _Read:
    items: list[Node] = []
    row = parser.next_content(0)
    if row < parser.count:
        node, row = parser.sequence(row, form.column, form.column - 1)
        items.extend(node.items)
    for node in _strays(parser, row, form):
        if node.kind == SEQ:
            items.extend(node.value)
        elif node.kind == MAP and items and items[-1].kind == MAP:
            grow(items[-1], node)
    return "items", None, tuple(items)


def _read_pairs(parser: Parser, form: Form) -> Pairs:
    row = parser.next_content(0)
    if row >= parser.count:
        return ()
    node, row = parser.mapping(row, form.column, form.column - 1)
    pairs = node.pairs
    for stray in _strays(parser, row, form):
        pairs += stray.pairs
    return pairs


def _read_entries(parser: Parser, form: Form) -> _Read:
    return "entries", None, _read_pairs(parser, form)


def _read_root_entry(parser: Parser, form: Form) -> _Read:
    """One key of the root with its value; broken text may hold several."""
    pairs = _read_pairs(parser, form)
    if len(pairs) != 1:
        return "entries", None, pairs
    key, value = pairs[0]
    if key.kind != SCALAR:
        return "entries", None, pairs
    return "value", key, value


def _read_head(parser: Parser, form: Form) -> _Read:
    _, key, value = _read_root_entry(parser, form)
    return "head", key, value


def _read_crowded_head(parser: Parser, form: Form) -> _Read:
    """A key that has a value on its line although a list follows below."""
    content = _read_head(parser, form)
    key, value = content[1:]
    if key is not None:
        message = f"'{key.source}' has this value and a list below; keep one of them"
        parser.report(value.line, value.column, value.end_line, value.end_column, message)
    return content


def _read_leading(parser: Parser, form: Form) -> _Read:
    """What stands above the items of a list and is indented deeper than they are: taken for an item."""
    row = parser.next_content(0)
    if parser.lines[row][form.column] == "\t":
        parser.report_tab(row, form.column)
    elif form.name == "leading":
        parser.report_indent(row, form.column, "the list below by less")
    parser.is_misaligned = True
    node, row = parser.block(row, first_column(parser.lines[row]), -1)
    items = [*node.items] if node.kind == SEQ else [node] if node.kind == MAP else []
    for stray in _strays(parser, row, form):
        items.extend(stray.items)
    return "items", None, tuple(items)


def _read_prelude(parser: Parser, form: Form) -> _Read:
    """Indented lines before the first key of a root mapping."""
    row = parser.next_content(0)
    indent = indent_of(parser.lines[row])
    if indent < len(parser.lines[row]) and parser.lines[row][indent] == "\t":
        parser.report_tab(row, indent)
        indent = first_column(parser.lines[row])
    parser.report_indent(row, indent, "the keys below by 0")
    node, row = parser.block(row, indent, -1)
    pairs = node.pairs
    for stray in _strays(parser, row, form):
        pairs += stray.pairs
    return "entries", None, pairs


def _read_whole(parser: Parser, form: Form) -> _Read:
    """A root that is read in one piece."""
    row = parser.next_content(0)
    if row >= parser.count:
        return "value", None, parser.empty(0, 0)
    line = parser.lines[row]
    column = indent_of(line)
    if line[column] == "\t":
        first = first_column(line)
        if key_colon(line, first) >= 0 or is_mark(line, first, "-"):
            parser.report_tab(row, column)
        column = first
    root, row = parser.block(row, column, -1, is_inline=form.name == "inline" and row == 0)
    for stray in _strays(parser, row, form):
        if stray.kind == root.kind and root.kind in (MAP, SEQ):
            grow(root, stray)
    return "value", None, root


def _strays(parser: Parser, row: int, form: Form) -> Iterator[Node]:
    """What is left of a segment where its first node has ended."""
    for _ in range(_MAX_STRAYS):
        row = parser.next_content(row)
        if row >= parser.count:
            return
        line = parser.lines[row]
        indent = first_column(line)
        if line.startswith("//", indent):
            parser.report_slashes(row, indent)
            row += 1
            continue
        parser.report(row, indent, row, len(line.rstrip(BLANKS)), _stray_message(form, indent), ADRIFT)
        node, behind = parser.block(row, indent, min(0 if form.depth else -1, indent - 1))
        row = max(behind, row + 1)
        yield node


def _stray_message(form: Form, indent: int) -> str:
    if indent == form.column and form.name == "item":
        return "an item of a list begins with '- '; put it in front"
    return f"this belongs to nothing above; the lines it could belong to are indented by {form.column}"


_READERS: Final[dict[str, Callable[[Parser, Form], _Read]]] = {
    "item": _read_items,
    "entry": _read_entries,
    "root entry": _read_root_entry,
    "head": _read_head,
    "crowded head": _read_crowded_head,
    "crowded head over dashes": _read_crowded_head,
    "leading": _read_leading,
    "quiet leading": _read_leading,
    "prelude": _read_prelude,
    "whole": _read_whole,
    "inline": _read_whole,
}
