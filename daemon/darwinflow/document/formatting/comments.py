"""Lines that hold a comment alone stand where what they are about stands."""

from darwinflow.document.formatting.sheet import Columns, Sheet
from darwinflow.document.grammar.scan import first_column


def place_comments(sheet: Sheet, first: int, end: int) -> None:
    """Let the comments between two rows move with the collections around them."""
    opening = [row for row in range(first, end) if row in sheet.open]
    following = 0
    ceiling: int | None = None
    for row in range(first, end):
        while following < len(opening) and opening[following] <= row:
            following += 1
        text = sheet.rows[row]
        column = first_column(text)
        is_comment = text[column : column + 1] == "#" and row not in sheet.inside
        if is_comment:
            below = sheet.open[opening[following]] if following < len(opening) else ()
            above = sheet.open[opening[following - 1]] if following else ()
            wanted = _column(column, below, above)
            sheet.gap(row, 0, column, " " * (wanted if ceiling is None else min(wanted, ceiling)))
        if row in sheet.ceilings:
            ceiling = sheet.ceilings[row]
        elif column < len(text):
            ceiling = None


def _column(column: int, below: Columns, above: Columns) -> int:
    """Where a comment at *column* goes between what is open on the next line and on the one before."""
    for columns in (below, above):
        for old, new in reversed(columns):
            if old == column:
                return new
    outer = max(((old, new) for old, new in (*below, *above) if old < column), default=(0, 0))
    return outer[1] + column - outer[0]
