"""What every part of the grammar shares: the lines, what was found wrong, what was named.

The grammar is one class in several files, each a layer that uses only the
layers before it: `Reader`, `Properties`, `Quoted`, `Plain`, `BlockScalars`,
`Flow`, `Collections`, `Parser`. It works on the lines of one segment and never
raises: what is wrong is reported, and reading goes on.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from darwinflow.document import tall
from darwinflow.document.grammar.colons import SLASHES
from darwinflow.document.grammar.scan import BLANKS, BYTE_ORDER_MARK, after_blanks, first_column, is_ended
from darwinflow.document.grammar.simple_flow import Tried
from darwinflow.document.lines import Edit
from darwinflow.document.node import ALIAS, EMPTY, MAP, SCALAR, SEQ, Node
from darwinflow.document.problem import (
    ADRIFT,
    BREAKING,
    CONTAINED,
    DOCUMENT_LIMIT,
    DUPLICATE_KEY,
    LOOSE,
    MAX_RELATED,
    YAML_SYNTAX,
    Problem,
    Related,
    Repair,
    again,
)
from darwinflow.document.tall import Reread
from darwinflow.model.span import Span

MAX_DEPTH: Final = 128
"""Open collections, the root counted as one. Keeps the recursion far from Python's own limit."""

MAX_PROBLEMS: Final = 200
"""Of one segment. Whoever sees that many fixes the first."""

NO_HANDLES: Final[Mapping[str, str]] = MappingProxyType({})


class Reader:
    """The lines of one segment, and what reading them has brought to light."""

    __slots__ = (
        "aliases",
        "anchors",
        "count",
        "depth",
        "handles",
        "is_misaligned",
        "is_too_deep",
        "lines",
        "open_text_row",
        "problems",
        "reach",
        "reread",
        "tall_from",
        "tried",
        "unclosed_row",
    )

    def __init__(
        self,
        lines: list[str],
        *,
        depth: int = 0,
        handles: Mapping[str, str] = NO_HANDLES,
        reread: Reread | None = None,
    ) -> None:
        self.lines = lines
        self.count = len(lines)
        self.depth = depth
        """Collections open around what is being read."""
        self.handles = handles
        """Prefixes that ``%TAG`` lines gave to tag handles."""
        self.problems: list[Problem] = []
        self.anchors: list[str] = []
        """Names, in the order in which the nodes end."""
        self.aliases: list[str] = []
        self.is_too_deep = False
        self.unclosed_row = -1
        """The last line of a bracket that was given up, as what follows cannot belong to it."""
        self.open_text_row = -1
        """The last line on which a text was found that is never closed."""
        self.tried = Tried()
        self.is_misaligned = False
        """Whether the segment as a whole was reported to be indented wrongly."""
        self.tall_from = tall.TALL if self.count > tall.TALL_SEGMENT else 0
        """Lines of the least collection whose turns are kept; 0: of none."""
        self.reread = reread
        """What is known of these lines from before an edit."""
        self.reach = -1
        """The furthest line that was looked at although it may belong to something else, since the turn began."""

    def report(
        self,
        row: int,
        column: int,
        end_row: int,
        end_column: int,
        message: str,
        reach: int = CONTAINED,
        repair: Repair | None = None,
    ) -> None:
        self.add(Problem(YAML_SYNTAX, message, Span(row, column, end_row, end_column), (), reach, repair))

    @property
    def has_room(self) -> bool:
        """Whether one more problem is kept; if not, none is looked for at length."""
        return len(self.problems) < MAX_PROBLEMS

    def add(self, problem: Problem) -> None:
        if self.has_room:
            self.problems.append(problem)

    def report_depth(self, row: int, column: int, end_column: int) -> None:
        """Said once a segment: what lies deeper is not read at all."""
        if not self.is_too_deep:
            self.is_too_deep = True
            message = f"this is nested deeper than {MAX_DEPTH} levels; what lies deeper is not read"
            self.add(Problem(DOCUMENT_LIMIT, message, Span(row, column, row, end_column)))

    def report_slashes(self, row: int, column: int) -> None:
        """Report a comment as other languages write it."""
        edit = Edit(Span(row, column, row, column + 2), "#")
        reach = LOOSE if column else ADRIFT
        self.report(row, column, row, column + 2, SLASHES, reach, Repair("Write '#'", (edit,)))

    def report_tab(self, row: int, column: int) -> None:
        end = first_column(self.lines[row])
        self.report(row, column, row, end, "a tab cannot indent a line; use spaces", BREAKING)

    def report_indent(self, row: int, indent: int, others: str) -> None:
        """Report a line that is out of line, unless the whole segment is known to be."""
        if not self.is_misaligned:
            message = f"this line is indented by {indent}, {others}; align them"
            self.report(row, 0, row, indent, message, ADRIFT)

    def check_repeats(self, pairs: list[tuple[Node, Node]]) -> None:
        """Report keys that a mapping gives more than once."""
        names = [key.source for key, _ in pairs if key.kind == SCALAR]
        if len(set(names)) == len(names):
            return
        seen: dict[str, Node] = {}
        repeats: dict[str, list[Node]] = {}
        for key, _ in pairs:
            if key.kind == SCALAR and seen.setdefault(key.source, key) is not key:
                repeats.setdefault(key.source, [seen[key.source]]).append(key)
        self.report_repeats(repeats)

    def check_merge(self, key: Node, value: Node) -> None:
        """``<<`` takes mappings; what an alias stands for is seen when aliases are resolved."""
        if not key.is_merge:
            return
        sources = value.value if value.kind == SEQ else (value,)
        for source in sources:
            if source.kind not in (MAP, ALIAS):
                message = "'<<' takes a mapping or a list of mappings, as a rule an alias: '<<: *name'"
                self.report(source.line, source.column, source.end_line, source.end_column, message)

    def report_repeats(self, repeats: Mapping[str, list[Node]]) -> None:
        """One problem a key, at its second place, with the other places beside it."""
        for key, nodes in repeats.items():
            first, second, *more = nodes
            related = [Related(first.span, f"'{key}' is given here first")]
            related += again([node.span for node in more[:MAX_RELATED]], len(more))
            self.add(Problem(DUPLICATE_KEY, repeat_message(key), second.span, tuple(related)))

    def next_content(self, row: int) -> int:
        """The first row from *row* on that is neither blank nor a comment; `count` where none is left."""
        lines = self.lines
        for at in range(row, self.count):
            text = lines[at].lstrip(" ")
            if not text:
                continue
            first = text[0]
            if first == "#":
                continue
            if first == "\t" or first == BYTE_ORDER_MARK:
                text = text.strip(BLANKS + BYTE_ORDER_MARK)
                if not text or text[0] == "#":
                    continue
            return at
        return self.count

    def check_tail(self, row: int, column: int, what: str) -> None:
        """Report text behind a value that is complete at *column*."""
        line = self.lines[row]
        if is_ended(line, column):
            return
        at = after_blanks(line, column)
        if line[at] == "#":
            self.report(row, at, row, len(line), "a comment needs a space before its '#'")
        elif line.startswith("//", at):
            self.report_slashes(row, at)
        else:
            end = len(line.rstrip(BLANKS))
            message, repair = f"nothing may follow {what} on its line; quote the whole value", None
            if line[at:end] in ("}", "]") and line[column - 1] in "}]":
                message = f"'{line[at]}' closes nothing; remove it"
                repair = Repair(f"Remove '{line[at]}'", (Edit(Span(row, column, row, at + 1), ""),))
            self.report(row, at, row, end, message, LOOSE, repair)

    @staticmethod
    def empty(row: int, column: int) -> Node:
        """The value of a place where nothing is written."""
        return Node(SCALAR, None, row, column, row, column, EMPTY)


def repeat_message(key: str) -> str:
    if key == "<<":
        return "'<<' is given twice in one mapping; list what to merge in one: '<<: [*a, *b]'"
    return f"'{key}' is given twice in one mapping; keep one"
