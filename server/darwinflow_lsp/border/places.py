"""Positions of a client in its encoding, and ours in code points, on the lines of one text."""

from typing import Any, NamedTuple

from darwinflow.document.lines import Lines
from darwinflow.document.positions import Encoding, from_code_points, to_code_points
from darwinflow.model.span import Span


class Places(NamedTuple):
    lines: Lines
    encoding: Encoding

    def ours(self, position: tuple[int, int]) -> tuple[int, int]:
        """A client's position as line and column; beyond a line or the text it is their end."""
        line, character = position
        if line >= len(self.lines):
            last = len(self.lines) - 1
            return last, len(self.lines[last])
        return line, to_code_points(self.lines[line], character, self.encoding)

    def span(self, start: tuple[int, int], end: tuple[int, int]) -> Span:
        return Span(*self.ours(start), *self.ours(end))

    def range(self, span: Span) -> dict[str, Any]:
        """LSP's form of *span*."""
        return {
            "start": self._position(span.line, span.column),
            "end": self._position(span.end_line, span.end_column),
        }

    def _position(self, line: int, column: int) -> dict[str, int]:
        if line >= len(self.lines):
            return {"line": line, "character": 0}
        return {"line": line, "character": from_code_points(self.lines[line], column, self.encoding)}


class Ranges:
    """LSP's form of many spans of one text, as JSON: all lines are at hand, which are looked up one by one otherwise."""

    def __init__(self, places: Places) -> None:
        self._texts = list(places.lines)
        self._encoding = places.encoding

    def json(self, span: Span) -> str:
        line, column, end_line, end_column = span
        return (
            f'{{"start":{{"line":{line},"character":{self._units(line, column)}}},'
            f'"end":{{"line":{end_line},"character":{self._units(end_line, end_column)}}}}}'
        )

    def _units(self, line: int, column: int) -> int:
        if line >= len(self._texts):
            return 0
        return from_code_points(self._texts[line], column, self._encoding)
