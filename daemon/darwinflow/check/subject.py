"""What an item rule looks at: one mapping that a schema governs, with its faults and their places."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from darwinflow.check.faults import Fault
from darwinflow.check.finding import ERROR, About, Finding, Fix
from darwinflow.check.words import with_article
from darwinflow.document.lines import Edit
from darwinflow.document.node import ALIAS, BROKEN, EMPTY, MAP, SEQ, Node
from darwinflow.document.problem import WARNINGS, Problem
from darwinflow.graph.graph_type import Field
from darwinflow.model.span import Span
from darwinflow.projection.places import Found, Path, first_token, token

_NO_FIELDS: Final[Mapping[str, Field]] = {}
Locate = Callable[[Path], tuple[Found, int] | None]
"""Where a path leads, and the line that the place counts from."""


class Subject:
    """A node, an edge, or the document around them."""

    __slots__ = ("data", "faults", "fields", "kind", "locate", "meant_kind", "noun", "problems", "type_names")

    def __init__(
        self,
        noun: str,
        data: Any,
        faults: list[Fault],
        locate: Locate,
        problems: Sequence[Problem],
        *,
        kind: str = "",
        meant_kind: str = "",
        type_names: Sequence[str] = (),
        fields: Mapping[str, Field] = _NO_FIELDS,
    ) -> None:
        self.noun = noun
        """`node`, `edge`, or the name of the graph type for the document itself."""
        self.data = data
        self.faults = faults
        self.locate = locate
        self.problems = problems
        """What the engine says of the same lines."""
        self.kind = kind
        """What `type` says in a node; empty where it says nothing."""
        self.meant_kind = meant_kind
        """The type whose schema the faults come from: `kind`, or the one that it is a slip of."""
        self.type_names = type_names
        self.fields = fields
        """The keys that a node of this type may have; of anything else nobody asks."""

    @property
    def is_broken(self) -> bool:
        """Whether the engine finds fault with its lines."""
        return any(problem.code not in WARNINGS for problem in self.problems)

    def code(self, fault: Fault, name: str) -> str:
        """The finding's code: faults of a node's config have codes of their own."""
        inner = fault.path[:1] == ("config",) or (fault.kind == "missing" and fault.name == "config")
        return f"config-{name}" if self.noun == "node" and inner and self.meant_kind else name

    def owner(self, fault: Fault) -> str:
        """The mapping that *fault* is about, as the start of a sentence."""
        if not fault.path:
            return with_article(self.meant_kind if fault.name == "config" and self.meant_kind else self.noun)
        if fault.path == ("config",) and self.meant_kind:
            return with_article(self.meant_kind)
        return self.name(fault.path)

    def name(self, path: Path) -> str:
        """What stands at *path*, as the start of a sentence."""
        if not path:
            return with_article(self.noun)
        step = path[-1]
        if isinstance(step, int):
            return f"item {step + 1} of {self.name(path[:-1])}"
        return f"'{step}'"

    def value_span(self, path: Path) -> Span | None:
        """One token for the value at *path*; None where a fault of syntax stands there, which says enough."""
        place = self.locate(path)
        if place is None:
            return None
        found, base = place
        if found.value.style == BROKEN or (found.value.style == EMPTY and found.value.tag is not None):
            return None  # what was meant as a value is a tag, which is told
        if found.value.kind == ALIAS and found.rest:
            return found.value.span.moved(base)
        span = token(found).moved(base)
        return None if self._is_troubled(span) else span

    def key_span(self, path: Path, key: str) -> Span | None:
        """The key in the mapping at *path*; None as in `value_span`."""
        place = self.locate((*path, key))
        if place is None:
            return None
        found, base = place
        here = found.value if found.rest or found.key is None else found.key
        span = here.span.moved(base)
        return None if self._is_troubled(span) else span

    def owns_key(self, path: Path, key: str) -> bool:
        """Whether the key is written right there, not brought by an alias or a merge."""
        place = self.locate((*path, key))
        return place is not None and place[0].key is not None and not place[0].rest

    def first_span(self, path: Path) -> Span | None:
        """The first key of the mapping at *path*; None where its lines have a fault of syntax."""
        place = self.locate(path)
        if place is None or self.is_broken:
            return None
        found, base = place
        if found.value.kind == MAP and not found.value.pairs and found.key is not None:
            return found.key.span.moved(base)
        return first_token(found.value).moved(base)

    def own_node(self, path: Path) -> Node | None:
        """The value at *path* where it is written right there, not brought by an alias."""
        place = self.locate(path)
        if place is None or place[0].rest or place[0].value.kind in (ALIAS, MAP, SEQ):
            return None
        return place[0].value

    def about(self, fault: Fault, meant: str = "") -> About:
        is_of_key = fault.name or fault.kind in ("unknown", "missing")
        return About(self.noun, fault.path, (fault.name,) if is_of_key else (), meant)

    def _is_troubled(self, span: Span) -> bool:
        return any(
            problem.code not in WARNINGS
            and problem.span.line <= span.end_line
            and span.line <= problem.span.end_line
            for problem in self.problems
        )


def error(
    code: str, span: Span, message: str, fixes: tuple[Fix, ...] = (), about: About | None = None
) -> Finding:
    return Finding(code, ERROR, span, message, (), fixes, about)


def replacement(title: str, span: Span, text: str) -> tuple[Fix, ...]:
    return (Fix(title, (Edit(span, text),)),)
