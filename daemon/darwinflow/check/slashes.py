"""A comment as other languages write it, behind a value that takes none: to YAML it is a part of the value."""

import re
from typing import Any, Final

from darwinflow.check.finding import Finding
from darwinflow.check.subject import Subject, error, replacement
from darwinflow.document.grammar.colons import SLASHES
from darwinflow.document.node import PLAIN, SCALAR
from darwinflow.model.span import Span
from darwinflow.projection.places import Path

_SLASHES: Final = re.compile(r"\S[ \t]+(//)(?:[ \t]|$)")


def slashes(subject: Subject, path: Path, data: Any, code: str) -> Finding | None:
    """What is said of the value *data* at *path*, which is wrong as it stands, if it ends in such a comment."""
    match = _SLASHES.search(data) if isinstance(data, str) else None
    node = subject.own_node(path) if match is not None else None
    if (
        match is None
        or node is None
        or node.kind != SCALAR
        or node.style != PLAIN
        or node.line != node.end_line
    ):
        return None
    whole = subject.value_span(path)
    if whole is None or whole.end_column - whole.column != len(node.source):
        return None
    start = whole.column + match.start(1)
    span = Span(whole.line, start, whole.line, start + 2)
    return error(code, span, SLASHES, replacement("Write '#'", span, "#"))
