"""What a reference rule looks at: one condition, or one text that refers to something, with its places."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Final

from darwinflow.check.cel import MAX_CHARACTERS, Parsed, parsed
from darwinflow.check.finding import Fix
from darwinflow.check.inside import Letters
from darwinflow.check.meant import meant
from darwinflow.check.references.before import SILENT, Before, Verdict, before
from darwinflow.check.references.reference import Reference, has_form, in_a_row, reference_of
from darwinflow.check.references.writing import is_behind_dash, rewritten, split_items
from darwinflow.document.lines import Edit
from darwinflow.document.node import SCALAR, Node
from darwinflow.model.nearest import Index, nearest
from darwinflow.model.span import Span
from darwinflow.projection.facts import TARGET, EdgeFact, NodeFact, Reading
from darwinflow.projection.places import Path, find, token
from darwinflow.projection.projection import Projection

Options = Mapping[str, tuple[str, ...]]
"""The answers that each node that decides may give."""
_FEW: Final = 4
"""Names to look for one by one before all ids are put in order for more."""


class Scope:
    """What every condition and context of a document may refer to."""

    def __init__(self, projection: Projection, options: Options) -> None:
        self.projection = projection
        self.graph = projection.graph
        self.options = options
        self._answers: dict[str, _Slips] = {}

    @cached_property
    def _before(self) -> Before:
        return before(self.projection)

    def nearest_answer(self, decider: str, answer: str) -> str | None:
        """The answer of *decider*, a node that decides, that *answer* is clearly a slip of."""
        if decider not in self._answers:
            self._answers[decider] = _Slips(self.options[decider])
        return self._answers[decider].nearest(answer)

    def is_node(self, name: str) -> bool:
        """Whether a node that is listed has the name."""
        return self.graph.implicit <= self.graph.numbers.get(name, self.graph.known) < self.graph.known

    def is_always_there(self, name: str) -> bool:
        return name in self.projection.graph_type.implicit

    def without_output(self, name: str) -> str:
        """What to say of a use of a node that is always there."""
        if self.projection.may_be_end(name, TARGET):
            return f"{name} gives no output"
        return f"{name} gives no output; what the run is given is 'input'"

    def verdict(self, reader: str, read: str) -> Verdict:
        """About a node that is listed."""
        return self._before.verdict(reader, read)

    def leads(self, read: str, reader: str) -> bool:
        """Whether some way from START to *reader* passes a node that is listed."""
        return self._before.leads(read, reader)

    def prepare(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Make ready for `leads` about many pairs of reader and read."""
        self._before.prepare(pairs)

    def nearest_node(self, name: str) -> str | None:
        """The listed node that *name* is clearly a slip of."""
        if name in self.graph.unknown:
            found = meant(self.graph).get(name)
            if found is not None and self.is_node(found):
                return found
        known = self.graph.memo.setdefault(__name__, _Slips(self.listed))
        assert isinstance(known, _Slips)
        return known.nearest(name)

    @cached_property
    def listed(self) -> list[str]:
        return self.graph.names[self.graph.implicit : self.graph.known]


class _Slips:
    """Names that no node has, with what is meant by them."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._meant: dict[str, str | None] = {}
        self._index: Index | None = None

    def nearest(self, word: str) -> str | None:
        if word not in self._meant:
            if self._index is None and len(self._meant) >= _FEW:
                self._index = Index(self._names)
            find = self._index.nearest if self._index is not None else partial(nearest, names=self._names)
            self._meant[word] = find(word)
        return self._meant[word]


class Writing:
    """One text of a node or an edge."""

    def __init__(self, item: Node, path: Path, lines: Sequence[str]) -> None:
        """*lines*: of the segment that *item* counts from."""
        self.item = item
        self.path = path
        found = find(item, path)
        self._found = found
        is_own = found is not None and not found.rest and found.value.kind == SCALAR
        self._letters = Letters(found.value, lines) if found is not None and is_own else None

    @property
    def own(self) -> Node | None:
        """The scalar, where it is written right there."""
        return self._letters.node if self._letters is not None else None

    def whole(self) -> Span:
        return token(self._found) if self._found is not None else self.item.span

    @property
    def is_behind_dash(self) -> bool:
        return self._letters is not None and is_behind_dash(self._letters)

    def split(self, title: str, parts: Sequence[tuple[int, int]]) -> tuple[Fix, ...]:
        """A fix that makes each part of an item of a list an item of its own; none where that is not plain."""
        if self._letters is None:
            return ()
        edits = split_items(self._letters, parts)
        return (Fix(title, edits),) if edits else ()

    def span(self, start: int, end: int) -> Span:
        """Of some characters of the text; of the whole where nobody can tell."""
        return self.exact(start, end) or self.whole()

    def exact(self, start: int, end: int) -> Span | None:
        """Of some characters of the text; None where nobody can tell."""
        return self._letters.span(start, end) if self._letters is not None else None

    def change(self, title: str, start: int, end: int, text: str) -> tuple[Fix, ...]:
        """A fix that writes *text* for some characters; none where an alias brings them, or nobody can tell."""
        edit: Edit | None = rewritten(self._letters, start, end, text) if self._letters is not None else None
        return (Fix(title, (edit,)),) if edit is not None else ()


class Condition:
    """The condition of one edge."""

    def __init__(self, scope: Scope, edge: EdgeFact, text: str, lines: Sequence[str]) -> None:
        self.scope = scope
        self.text = text
        self.sources = [end.name for end in edge.sources]
        self.writing = Writing(edge.item, ("condition",), lines)

    @cached_property
    def read(self) -> Parsed | None:
        """None where it is too long to be read."""
        return parsed(self.text) if len(self.text) <= MAX_CHARACTERS else None

    def verdict(self, source: str, read: str) -> Verdict:
        """About a node that is listed; the edge's own source has just run."""
        return self.scope.verdict(source, read) if source != read else SILENT

    def is_known(self, read: str) -> bool:
        """Whether the node has run on some way to each of the edge's sources."""
        return all(source == read or self.scope.leads(read, source) for source in self.sources)


class Citation:
    """One text of a node that refers to something, or should."""

    def __init__(self, scope: Scope, node: NodeFact, reading: Reading, lines: Sequence[str]) -> None:
        self.scope = scope
        self.node = node
        self.text = reading.text
        self.is_meant = reading.is_meant
        self.writing = Writing(node.item, reading.path, lines)

    @cached_property
    def reference(self) -> Reference:
        found = reference_of(self.text)
        return found._replace(is_sound=False) if found.is_sound and self.parts else found

    @cached_property
    def parts(self) -> list[tuple[int, int]]:
        """Where the references stand of which the text is several with nothing between them."""
        head, is_sound = reference_of(self.text)
        if " " in head and self.scope.is_node(head):
            return []
        return in_a_row(self.text) or ([] if is_sound else in_a_row(self.text, self.scope.is_node))

    @property
    def is_a_reference(self) -> bool:
        return self.is_meant or (self.reference.is_sound and has_form(self.text))

    def is_known(self, read: str) -> bool:
        return self.scope.leads(read, self.node.name)
