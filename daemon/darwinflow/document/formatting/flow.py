"""One blank after colons and commas inside brackets, none before them."""

from darwinflow.document.formatting.sheet import Sheet
from darwinflow.document.grammar.scan import BLANKS, after_blanks
from darwinflow.document.node import ALIAS, EMPTY, FLOW, PLAIN, SCALAR, Node


def start_of(node: Node) -> tuple[int, int]:
    """Where it begins, its anchor and tag included."""
    return node.outset if node.outset is not None else (node.line, node.column)


class FlowSpacing:
    """Works on one root, whose nodes count their lines from *offset* on."""

    def __init__(self, sheet: Sheet, offset: int) -> None:
        self._sheet = sheet
        self._offset = offset

    def collection(self, node: Node) -> None:
        """All inside a pair of brackets."""
        children = [(item, item) for item in node.items] or list(node.pairs)
        for at, (first, last) in enumerate(children):
            if first is not last:
                self._pair(first, last)
            else:
                self._child(first)
            following = children[at + 1][0] if at + 1 < len(children) else None
            self._comma(last, following)
        if children:
            self._end(node, children[-1][1])

    def _end(self, node: Node, last: Node) -> None:
        """As much room before the closing bracket as there is behind the opening one, and at most a blank."""
        if last.style == EMPTY or last.end_line != node.end_line:
            return
        row = last.end_line + self._offset
        line = self._sheet.rows[row]
        comma = after_blanks(line, last.end_column)
        end = comma + 1 if line[comma : comma + 1] == "," else last.end_column
        if after_blanks(line, end) == node.end_column - 1 and line[node.end_column - 1 : node.end_column] in (
            "}",
            "]",
        ):
            opening = self._sheet.rows[node.line + self._offset][node.column + 1 :]
            is_open = opening[:1] in BLANKS and opening.strip(BLANKS)[:1] not in ("", "#")
            self._sheet.gap(row, end, node.end_column - 1, " " if is_open and opening[:1] else "")

    def _child(self, node: Node) -> None:
        if node.kind == SCALAR:
            keep_scalar(self._sheet, node, self._offset)
        elif node.style == FLOW:
            self.collection(node)
        else:
            for key, value in node.pairs:  # the one entry of a mapping without braces
                self._pair(key, value)

    def _pair(self, key: Node, value: Node) -> None:
        self._child(key)
        self._child(value)
        if key.style == EMPTY or _is_nothing(value) or self._is_marked(key):
            return
        row = key.end_line + self._offset
        line = self._sheet.rows[row]
        colon = after_blanks(line, key.end_column)
        if line[colon : colon + 1] != ":":
            return
        if key.kind != ALIAS:  # whose name would take a colon in
            self._sheet.gap(row, key.end_column, colon, "")
        self._gap_before(value, row, colon + 1)

    def _is_marked(self, key: Node) -> bool:
        """Whether '?' stands before a key, whose colon may then be anywhere."""
        line, column = start_of(key)
        return self._sheet.rows[line + self._offset][:column].rstrip(BLANKS)[-1:] == "?"

    def _comma(self, node: Node, following: Node | None) -> None:
        if node.style == EMPTY:
            return
        row = node.end_line + self._offset
        line = self._sheet.rows[row]
        comma = after_blanks(line, node.end_column)
        if line[comma : comma + 1] != ",":
            return
        self._sheet.gap(row, node.end_column, comma, "")
        if following is not None and not _is_nothing(following):
            self._gap_before(following, row, comma + 1)

    def _gap_before(self, node: Node, row: int, behind: int) -> None:
        line, column = start_of(node)
        if line + self._offset == row:
            self._sheet.gap(row, behind, column, " ")


def _is_nothing(node: Node) -> bool:
    return node.style == EMPTY and node.outset is None


def keep_scalar(sheet: Sheet, node: Node, offset: int) -> None:
    """Note which rows belong to a scalar that goes on over several."""
    for row in range(node.line + offset, node.end_line + offset):
        if node.style != PLAIN:
            sheet.kept.add(row)
        sheet.inside.add(row + 1)
        if row > node.line + offset:
            sheet.counted.add(row)
