"""One file of a graph type: its text, what it says as a module, and what is wrong in it, at its place."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from darwinflow.document.document import Document
from darwinflow.document.problem import MAX_RELATED, WARNINGS, Related
from darwinflow.graph.graph_type import GraphTypeInvalid, Module
from darwinflow.model.span import Span
from darwinflow.settings.fault import Fault, fault_of
from darwinflow.settings.places import Pieces, entries_of, key_span, value_span

GRAPH_TYPE_INVALID: Final = "graph-type-invalid"


class TypeFile(NamedTuple):
    """One file, read. Where it has problems, nothing of it holds."""

    path: str
    document: Document
    module: Module
    """Empty where the text is no mapping."""
    problems: tuple[Fault, ...]
    """With absolute places, in the order of the text."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing wrong is known so far."""
        return all(problem.code in WARNINGS for problem in self.problems)

    @property
    def extends(self) -> str | None:
        """The name of the graph type that it adds to; None where it is a whole type, or no such text is there."""
        value = self.module.get("extends")
        return value if isinstance(value, str) else None

    def with_faults(self, faults: Iterable[GraphTypeInvalid]) -> "TypeFile":
        """The same file with these faults at their places."""
        found: dict[tuple[str, str], Fault] = {}
        pieces = Pieces(self.document)
        placed = [(self._place(fault, pieces), fault) for fault in faults]
        for span, fault in sorted(placed, key=lambda one: one[0]):
            same = str(fault), fault.word or fault.pointer.rstrip("0123456789")  # items of one list
            first = found.setdefault(
                same,
                Fault(GRAPH_TYPE_INVALID, str(fault), span, (), fault.word, fault.words),
            )
            if first.span != span:
                found[same] = first._replace(
                    related=(*first.related, Related(span, "and here again"))[:MAX_RELATED]
                )
        problems = sorted([*self.problems, *found.values()], key=lambda problem: problem.span)
        return self._replace(problems=tuple(problems))

    def _place(self, fault: GraphTypeInvalid, pieces: Pieces) -> Span:
        return place_of(self.document, fault.pointer, is_key=fault.is_key, pieces=pieces)


def type_file(path: str, text: str) -> TypeFile:
    """What *text* says; what is wrong in it beyond its syntax shows when it is loaded."""
    document = Document.parse(text)
    problems = [fault_of(problem) for problem in document.problems()]
    data: Any = document.data(0) if document.roots else None
    if not isinstance(data, dict):
        if not problems:
            message = "a graph type is a mapping with 'name' and '$defs', or with 'extends' and '$defs'"
            problems = [Fault(GRAPH_TYPE_INVALID, message, _first_token(document))]
        data = {}
    elif len(document.roots) > 1:
        line = document.roots[0].line_count
        message = "a file holds one graph type; put each into a file of its own"
        problems.append(Fault(GRAPH_TYPE_INVALID, message, Span(line, 0, line, len(document.lines[line]))))
    return TypeFile(path, document, data, tuple(problems))


def place_of(document: Document, pointer: str, *, is_key: bool = False, pieces: Pieces | None = None) -> Span:
    """One token for what a JSON pointer names, or for the nearest thing around it that is there.

    *is_key*: the key is meant where there is one, and not its value. *pieces*: those of *document*, where many are asked for.
    """
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    path = tuple([int(part) if part.isdecimal() else part for part in parts])
    if not path or not document.roots:
        return _first_token(document)
    pieces = pieces if pieces is not None else Pieces(document)
    if path[0] not in pieces:
        return _first_token(document)
    return key_span(pieces, path) if is_key else value_span(pieces, path)


def _first_token(document: Document) -> Span:
    """The first key of the text, or its first line."""
    if document.roots:
        span = next((span for _, span, *_ in entries_of(document)), None)
        if span is not None:
            return span
    line = next((at for at, text in enumerate(document.lines) if text.strip()), 0)
    return Span(line, 0, line, len(document.lines[line]))
