"""Fixes that put keys into the mapping beside them that they belong in."""

from collections.abc import Sequence

from darwinflow.check.finding import Fix
from darwinflow.check.subject import Subject
from darwinflow.document.lines import Edit
from darwinflow.document.node import BLOCK, EMPTY, FLOW, FOLDED, LITERAL, MAP, Node
from darwinflow.model.span import Span
from darwinflow.projection.places import Path

_Pairs = Sequence[tuple[Node, Node]]


def put_under(subject: Subject, path: Path, names: Sequence[str], home: str) -> tuple[Fix, ...]:
    """The keys *names* of the mapping at *path* put into its mapping *home*, where they stand side by side.

    Where there is no *home* it is written above them; of one that is there they have to be the next keys.
    """
    place = subject.locate(path)
    if place is None or place[0].rest or place[0].value.kind != MAP:
        return ()
    found, base = place
    pairs = found.value.pairs
    at = [index for index, (key, _) in enumerate(pairs) if key.source in names]
    moved = pairs[at[0] : at[-1] + 1] if at else ()
    if len(moved) != len(names) or len(at) != len(names) or any(_is_fixed(value) for _, value in moved):
        return ()
    before = [value for key, value in pairs if key.source == home]
    edits: tuple[Edit, ...] = ()
    if not before and found.value.style == FLOW:
        edits = _braced(moved, home, base)
    elif not before and found.value.style == BLOCK and at[0] > 0:
        edits = _below(moved, home, base)
    elif before and found.value.style == BLOCK and at[0] > 0 and pairs[at[0] - 1][1] is before[0]:
        edits = _deeper(moved, before[0], base)
    what = "it" if len(names) == 1 else f"all {len(names)}"
    return (Fix(f"Put {what} under '{home}'", edits),) if edits else ()


def put_beside(subject: Subject, path: Path, name: str) -> tuple[Fix, ...]:
    """The last key of the mapping at *path* put behind that mapping, where another key is left in it."""
    place = subject.locate(path)
    if place is None or place[0].rest or place[0].key is None or not subject.owns_key(path, name):
        return ()
    found, base = place
    pairs, owner = found.value.pairs, place[0].key
    if found.value.style != BLOCK or len(pairs) < 2 or pairs[-1][0].source != name or _is_fixed(pairs[-1][1]):
        return ()
    key, value = pairs[-1]
    depth = key.column - owner.column
    rows = range(key.line, max(value.end_line, key.line) + 1)
    edits = [Edit(Span(row, 0, row, depth).moved(base), "") for row in rows]
    return (Fix(f"Put it beside '{path[-1]}'", tuple(edits)),) if depth > 0 else ()


def _is_fixed(value: Node) -> bool:
    """Whether its lines must not be moved, as they may say themselves how deep they stand."""
    return value.style in (LITERAL, FOLDED)


def _braced(moved: _Pairs, home: str, base: int) -> tuple[Edit, ...]:
    (key, _), (_, last) = moved[0], moved[-1]
    if last.style == EMPTY:
        return ()
    start = Span(key.line, key.column, key.line, key.column).moved(base)
    end = Span(last.end_line, last.end_column, last.end_line, last.end_column).moved(base)
    return (Edit(start, f"{home}: {{"), Edit(end, "}"))


def _below(moved: _Pairs, home: str, base: int) -> tuple[Edit, ...]:
    key = moved[0][0]
    start = Span(key.line, key.column, key.line, key.column).moved(base)
    first = Edit(start, f"{home}:\n{' ' * (key.column + 2)}")
    return (first, *_indented(key.line + 1, moved[-1][1].end_line, 2, base))


def _deeper(moved: _Pairs, home: Node, base: int) -> tuple[Edit, ...]:
    key = moved[0][0]
    if home.kind != MAP or home.style != BLOCK or not home.pairs:
        return ()
    depth = home.pairs[0][0].column - key.column
    return _indented(key.line, moved[-1][1].end_line, depth, base) if depth > 0 else ()


def _indented(first: int, last: int, depth: int, base: int) -> tuple[Edit, ...]:
    return tuple([Edit(Span(row, 0, row, 0).moved(base), " " * depth) for row in range(first, last + 1)])
