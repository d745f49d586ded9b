"""A stretch of lines that is read by itself, and what stands in it.

A segment is the unit of reuse: as long as its text stays, so does the object,
wherever it moves. Data, problems and whatever upper layers keep in `memo` hang
on it and are never wrong: a segment whose aliases come to mean something else
is replaced by a new one.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from darwinflow.document.form import Content, Form, Kind, Later
from darwinflow.document.node import SCALAR, Node, Pairs
from darwinflow.document.problem import Problem
from darwinflow.document.values import Bound, Outside, Scope, merge, plain_value

_UNREAD: Final = object()
_READ: Final = frozenset([*Content._fields, "parse_problems"])
_UNLINKED: Final[Mapping[str, Any]] = {
    "bindings": None,
    "allowance": None,
    "exports": {},
    "size": 0,
    "expanded": 0,
    "_sources": (),
}
"""What a segment without anchors and aliases has no room for."""


class Segment:
    """What one stretch of lines holds. Its lines are read when somebody first looks at what is in them.

    ``items``: ``items`` are items of a list. ``entries``: ``pairs`` are entries
    of a mapping. ``value``: ``node`` is one value, of ``key`` where that is not
    None. ``head``: the lines of ``key`` alone, whose value is in the segments
    after it.
    """

    __slots__ = (
        "_data",
        "_later",
        "_sources",
        "aliases",
        "allowance",
        "anchors",
        "bindings",
        "children",
        "expanded",
        "exports",
        "form",
        "key",
        "kind",
        "lasting",
        "line_count",
        "memo",
        "outside",
        "parse_problems",
        "problems",
        "rows",
        "size",
    )
    kind: Kind
    key: Node | None
    children: Any
    parse_problems: tuple[Problem, ...]
    problems: tuple[Problem, ...]
    """Relative to the segment's first line."""
    anchors: tuple[str, ...]
    aliases: tuple[str, ...]
    rows: int
    memo: dict[object, Any]
    """What upper layers derived from this segment, each under a key of its own."""
    lasting: dict[object, Any]
    """The same of what comes from its text alone: one with all segments of the very text, whatever their aliases mean."""
    outside: Outside | None
    """While it is not read: the anchors above it, once they are known."""
    bindings: Mapping[str, Bound] | None
    allowance: int | None
    exports: Mapping[str, Bound]
    size: int
    expanded: int
    _sources: Sequence[Any]

    def __init__(self, form: Form, line_count: int, content: "Content | Later | Segment") -> None:
        """*content*: another segment gives what is in its lines, but nothing that its aliases mean."""
        self.form = form
        self.line_count = line_count
        self._data: Any = _UNREAD
        self._later: Later | None = None
        if isinstance(content, Segment):
            self._take_over(content)
        elif isinstance(content, Content):
            self._take(content)
        else:
            self._later = content

    def __getattr__(self, name: str) -> Any:
        """What the lines hold, which is not there before they are read, and what most segments never need."""
        if name == "memo":
            self.memo = {}
            return self.memo
        if name == "lasting":
            self.lasting = {}
            return self.lasting
        if name == "outside":
            return None
        if self._later is not None and (name in _READ or name in _UNLINKED):
            self.read()
            return getattr(self, name)
        if name in _UNLINKED:
            return _UNLINKED[name]
        raise AttributeError(name)

    def read(self) -> None:
        """Read the lines, if that was not done yet, and bind their aliases to what stands above."""
        later = self._later
        if later is not None:
            outside = self.outside
            self._take(later.read())
            if outside is not None and (self.aliases or self.anchors):
                self.bind(outside.bindings(self.aliases), None)

    def unread(self, outside: Outside) -> "Segment | None":
        """This segment as long as it is not read, below the anchors *outside*; itself if it is below them already.

        None where it is read, or may have anchors of its own.
        """
        later = self._later
        if later is None or later.may_have_anchors:
            return None
        known = self.outside
        if known is not None and (known is outside or is_same(known.known, outside.known)):
            return self
        segment = self if known is None else Segment(self.form, self.line_count, later)
        segment.outside = outside
        return segment

    def _take(self, content: Content) -> None:
        self.kind, self.key, self.children, self.parse_problems, self.anchors, self.aliases, self.rows = (
            content
        )
        self.problems = self.parse_problems
        self._later = None

    def _take_over(self, other: "Segment") -> None:
        self.kind = other.kind
        self.key = other.key
        self.children = other.children
        self.parse_problems = self.problems = other.parse_problems
        self.anchors = other.anchors
        self.aliases = other.aliases
        self.rows = other.rows
        self.lasting = other.lasting

    @property
    def is_read(self) -> bool:
        """Whether its lines were read already."""
        return self._later is None

    @property
    def items(self) -> tuple[Node, ...]:
        """The items of a segment of that kind, none of any other."""
        return self.children if self.kind == "items" else ()

    @property
    def pairs(self) -> Pairs:
        """The entries of a segment of that kind, none of any other."""
        return self.children if self.kind == "entries" else ()

    @property
    def node(self) -> Node | None:
        """The node of a segment of kind ``value``."""
        return self.children if self.kind == "value" else None

    @property
    def is_troubled(self) -> bool:
        return bool(self.problems)

    @property
    def is_linked(self) -> bool:
        """Whether it has anchors or aliases; as long as it is not read, whether it may have."""
        later = self._later
        if later is not None:
            return later.may_have_anchors or later.alias_limit > 0
        return bool(self.anchors or self.aliases)

    @property
    def alias_limit(self) -> int:
        """How many aliases it has at most."""
        return len(self.aliases) if self._later is None else self._later.alias_limit

    @property
    def data(self) -> Any:
        """A list for ``items``, a dict for ``entries`` (merges not yet in it), else the value's data."""
        if self._data is _UNREAD:
            self._compute()
        return self._data

    @property
    def sources(self) -> Sequence[Any]:
        """The data of the ``<<`` keys among ``entries``, which yield to all other keys of the mapping."""
        if self._data is _UNREAD:
            self._compute()
        return self._sources

    def _compute(self) -> None:
        if self.bindings is not None:
            self._walk(Scope(self.bindings, self.allowance))
        elif self.kind == "items":
            self._data = [
                child.value if child.kind == SCALAR else plain_value(child) for child in self.children
            ]
        elif self.kind == "value":
            self._data = plain_value(self.children)
        elif self.kind == "entries":
            scope = Scope({}, None)
            self._data, self._sources = scope.entries(self.children)
        else:
            self._data = None

    def resolved(self, bindings: Mapping[str, Bound], allowance: int | None) -> "Segment":
        """This segment with its aliases resolved: itself where they already mean exactly this."""
        if not (self.aliases or self.anchors):
            return self
        if self.bindings is not None and self.allowance == allowance and is_same(self.bindings, bindings):
            return self
        segment = self if self.bindings is None else Segment(self.form, self.line_count, self)
        segment.bind(bindings, allowance)
        return segment

    def bind(self, bindings: Mapping[str, Bound], allowance: int | None) -> None:
        """Resolve the aliases of a segment of which nobody has seen the data yet."""
        self.bindings = bindings
        self.allowance = allowance
        scope = Scope(bindings, allowance)
        self._walk(scope)
        self.problems = (*self.parse_problems, *scope.problems)
        self.exports = scope.exports
        self.size = scope.size
        self.expanded = scope.expanded

    def retold(self, bindings: Mapping[str, Bound], more: int) -> "Segment":
        """This segment, which has no anchors, with aliases that stand for other data, but nothing else is wrong with.

        They stand for *more* nodes than before. The data is worked out when somebody asks for it.
        """
        segment = Segment.__new__(
            Segment
        )  # with what `__init__` and `_take_over` give, for thousands at once
        segment.form = self.form
        segment.line_count = self.line_count
        segment._data = _UNREAD  # noqa: SLF001 - of the same class
        segment._later = None  # noqa: SLF001
        segment.kind = self.kind
        segment.key = self.key
        segment.children = self.children
        segment.parse_problems = self.parse_problems
        segment.problems = self.problems
        segment.anchors = self.anchors
        segment.aliases = self.aliases
        segment.rows = self.rows
        segment.lasting = self.lasting
        segment.bindings = bindings
        segment.allowance = None
        segment.size = self.size + more
        segment.expanded = self.expanded + more
        return segment

    def _walk(self, scope: Scope) -> None:
        """Work out the data, with aliases resolved in *scope*."""
        if self.key is not None:
            scope.value(self.key)
        if self.kind == "items":
            self._data = [scope.value(child) for child in self.children]
        elif self.kind == "value":
            self._data = scope.value(self.children)
        elif self.kind == "entries":
            self._data, self._sources = scope.entries(self.children)
        else:
            self._data = None


def is_same(left: Mapping[str, Bound], right: Mapping[str, Bound]) -> bool:
    """Whether all anchors stand for the very same data."""
    return left.keys() == right.keys() and all(left[name] is right[name] for name in left)


def merged(own: dict[str, Any], sources: list[Any]) -> dict[str, Any]:
    """*own* completed by its merges."""
    if not sources:
        return own
    result = dict(own)
    merge(result, sources)
    return result
