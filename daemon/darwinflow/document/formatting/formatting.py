"""A document in a style, as few edits: for `fmt`, and for document and range formatting in an editor."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.form import Form
from darwinflow.document.formatting.comments import place_comments
from darwinflow.document.formatting.layout import Layout
from darwinflow.document.formatting.ordering import put_in_order
from darwinflow.document.formatting.sheet import Sheet
from darwinflow.document.formatting.style import HOUSE_STYLE, Style
from darwinflow.document.grammar.scan import BLANKS, BYTE_ORDER_MARK
from darwinflow.document.lines import Edit, Lines
from darwinflow.document.node import BLOCK, EMPTY, FOLDED, LITERAL, MAP, SEQ, Node
from darwinflow.document.problem import DOCUMENT_LIMIT, YAML_SYNTAX, Problem
from darwinflow.document.reading import read
from darwinflow.document.stream import Extent, edge_lines, extents
from darwinflow.model.span import Span

_HEADER = re.compile(r"[|>][0-9+]*[ \t]*(#.*)?$")
_REFUSED = frozenset({YAML_SYNTAX, DOCUMENT_LIMIT})


class Formatting(NamedTuple):
    edits: tuple[Edit, ...]
    """In the order of the text, none overlapping; empty where the text is in style, or is refused."""
    refusal: Problem | None = None
    """Why the text is left as it is."""


def formatting(document: Document, style: Style = HOUSE_STYLE) -> Formatting:
    """What is to be edited so that *document* is in *style*; its data stay exactly as they are.

    A text with faults of syntax is refused: nobody knows what it means.
    """
    refusal = next((problem for problem in document.problems() if problem.code in _REFUSED), None)
    if refusal is not None:
        return Formatting((), refusal)
    edits = _edits(document.lines, style)
    text = applied(document.lines, edits)
    ordered = _in_order(document, text, style) if style.key_order else None
    if ordered is not None:
        return Formatting(tuple(_line_edits(document.lines, Lines.of(ordered))))
    if edits and not says_the_same(document, text):
        return Formatting((), Problem(YAML_SYNTAX, *_unsafe(document.lines)))
    return Formatting(edits)


def _unsafe(lines: Lines) -> tuple[str, Span]:
    """Why a layout cannot be changed, and where."""
    for row, line in enumerate(lines):
        column = line.find(BYTE_ORDER_MARK, 0 if row else 1)
        if column >= 0:
            message = "a byte order mark stands in the middle of the text, and is seen nowhere; remove it"
            return message, Span(row, column, row, column + 1)
    return "this layout cannot be changed safely", Span(0, 0, 0, 0)


def _in_order(document: Document, text: str, style: Style) -> str | None:
    """*text*, which is *document* in its layout, with the keys in order; None where they are, or cannot be safely."""
    ordered = _ordered(Document.parse(text), style)
    if ordered is None:
        return None
    found = applied(ordered, _edits(ordered, style))
    return found if says_the_same(document, found, in_order=False) else None


def range_formatting(
    document: Document, first_line: int, last_line: int, style: Style = HOUSE_STYLE
) -> Formatting:
    """The same for some lines, the last one included.

    Where the lines cannot be indented without those around them, only the blanks within them are edited.
    """
    whole = formatting(document, style._replace(key_order={}))
    inner = tuple(
        [edit for edit in whole.edits if first_line <= edit.span.line and edit.span.end_line <= last_line]
    )
    if says_the_same(document, applied(document.lines, inner)):
        return Formatting(inner, whole.refusal)
    within = tuple([edit for edit in inner if edit.span.column])
    return Formatting(within if says_the_same(document, applied(document.lines, within)) else ())


def _edits(lines: Lines, style: Style) -> tuple[Edit, ...]:
    sheet = Sheet(lines)
    for extent in extents(sheet.rows, edge_lines(sheet.rows)):
        first, end = _body(sheet.rows, extent, sheet.count)
        layout = Layout(sheet, first, end, style)
        node = _node(sheet.rows, extent, first)
        sheet.ends_in_text = _ends_in_text(sheet.rows, extent, first, node)
        if node is not None:
            layout.root(node)
        else:
            layout.keep(first, end - 1)
        place_comments(sheet, extent.start, min(extent.end, sheet.count))
    return sheet.edits()


def _body(rows: list[str], extent: Extent, count: int) -> tuple[int, int]:
    """The first row of a document's content and the one behind its last."""
    end = min(extent.body_end, count)
    first = extent.body
    while first < end and rows[first].strip(" \t")[:1] in ("", "#"):
        first += 1
    return first, end


def _ends_in_text(rows: list[str], extent: Extent, first: int, node: Node | None) -> bool:
    """Whether the last row belongs to a text after `|` or `>` that keeps its last line end.

    By the letter of YAML 1.2 such a text ends without one where the file does, and most parsers read it so.
    """
    if extent.end < len(rows) or not rows[-1]:
        return False
    if node is None:
        return any(_HEADER.search(row) is not None for row in rows[extent.start : -1])
    while node.kind in (MAP, SEQ) and node.style == BLOCK:
        key, value = node.pairs[-1] if node.kind == MAP else (node, node.items[-1])
        node = key if value.style == EMPTY and node.kind == MAP else value
    if node.style not in (LITERAL, FOLDED) or "-" in rows[first + node.line][node.column : node.column + 3]:
        return False
    behind = rows[first + max(node.end_line, node.line) + 1 :]
    return first + node.line < len(rows) - 1 and not any(row.strip(BLANKS) for row in behind)


def _node(rows: list[str], extent: Extent, first: int) -> Node | None:
    """The content of a document in one piece; None where there is none, or it begins behind '---'.

    None also where a reading in one piece takes for a slip what is sound in sections, as `-x:` below a list.
    """
    if extent.is_inline or first >= extent.body_end:
        return None
    form = Form("whole", handles=extent.handles)
    content = read(form, rows[first : extent.body_end], ends_text=extent.body_end == len(rows))
    return None if any(problem.code in _REFUSED for problem in content.problems) else content.node


def _ordered(document: Document, style: Style) -> Lines | None:
    """The lines with their keys in order; None where they are."""
    sheet = Sheet(document.lines)
    before = list(sheet.rows)
    for extent in extents(before, edge_lines(before)):
        first, _ = _body(before, extent, sheet.count)
        node = _node(before, extent, first)
        if node is not None:
            put_in_order(sheet.rows, node, first, style.key_order)
    if sheet.rows == before:
        return None
    if any(line.startswith(BYTE_ORDER_MARK) for line in list(document.lines)[1:]):
        return None  # nobody knows what such a mark belongs to
    end = document.lines.end_of(0) or "\n"
    mark = document.lines[0][: len(document.lines[0]) - len(before[0])]
    return Lines.of(mark + end.join(sheet.rows))


def _line_edits(old: Lines, new: Lines) -> Iterator[Edit]:
    """Whole lines, where *new* differs."""
    before, after = ([text + lines.end_of(at) for at, text in enumerate(lines)] for lines in (old, new))
    for kind, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            yield Edit(old.clamped(Span(start, 0, end, 0)), "".join(after[first:last]))


def applied(lines: Lines, edits: tuple[Edit, ...]) -> str:
    """The text after *edits*, which are in order and do not overlap."""
    parts: list[str] = []
    row = column = 0
    for span, text in edits:
        parts += _between(lines, row, column, span.line, span.column)
        parts.append(text)
        row, column = span.end_line, span.end_column
    last = len(lines) - 1
    return "".join([*parts, *_between(lines, row, column, last, len(lines[last]))])


def _between(lines: Lines, row: int, column: int, end_row: int, end_column: int) -> Iterator[str]:
    if row == end_row:
        yield lines[row][column:end_column]
        return
    yield lines[row][column:]
    yield lines.end_of(row)
    for at in range(row + 1, end_row):
        yield lines[at]
        yield lines.end_of(at)
    yield lines[end_row][:end_column]


def says_the_same(document: Document, text: str, *, in_order: bool = True) -> bool:
    """Whether *text* has the data and faults of *document*, and but for blanks and line ends its characters.

    *in_order*: False where lines may have changed places.
    """
    other = Document.parse(text)
    if len(other.roots) != len(document.roots):
        return False
    if sorted(problem.code for problem in other.problems()) != sorted(
        problem.code for problem in document.problems()
    ):
        return False
    roots = range(len(other.roots))
    if in_order:
        return "".join(text.split()) == "".join(document.lines.text().split()) and all(
            repr(other.data(at)) == repr(document.data(at)) for at in roots
        )
    return sorted(filter(None, _words(other))) == sorted(filter(None, _words(document))) and all(
        repr(_sorted(other.data(at))) == repr(_sorted(document.data(at))) for at in roots
    )


def _words(document: Document) -> list[str]:
    return ["".join(line.split()).removeprefix("-") for line in document.lines]


def _sorted(data: object) -> object:
    if isinstance(data, dict):
        return sorted((key, _sorted(value)) for key, value in data.items())
    return [_sorted(item) for item in data] if isinstance(data, list) else data
