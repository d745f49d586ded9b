"""Anchors and tags in front of a value."""

import re
from typing import Final, NamedTuple

from darwinflow.document.grammar.core_schema import Scalar, resolved
from darwinflow.document.grammar.reader import Reader
from darwinflow.document.grammar.scan import PROPERTY, after_blanks
from darwinflow.document.node import ALIAS, BROKEN, EMPTY, MAP, SCALAR, SEQ, Node
from darwinflow.document.problem import UNKNOWN_TAG, Problem
from darwinflow.model.nearest import nearest
from darwinflow.model.span import Span

CORE: Final = "tag:yaml.org,2002:"
_TYPES: Final = ("str", "int", "float", "bool", "null", "map", "seq")
_KNOWN: Final = frozenset({"!", *(CORE + name for name in _TYPES)})


class _Wanted(NamedTuple):
    """What a tag asks of a scalar."""

    types: tuple[type, ...]
    words: str


_WANTED: Final = {
    CORE + "int": _Wanted((int,), "a whole number"),
    CORE + "float": _Wanted((float,), "a number"),
    CORE + "bool": _Wanted((bool,), "true or false"),
    CORE + "null": _Wanted((type(None),), "null or ~"),
}
_OF_KINDS: Final = {
    CORE + "map": (MAP, "a mapping"),
    CORE + "seq": (SEQ, "a list"),
    **{CORE + name: (SCALAR, "one value") for name in ("str", "int", "float", "bool", "null")},
}
"""The kind of node that a tag asks for, and what it is called."""
_KINDS: Final = {MAP: "a mapping", SEQ: "a list", SCALAR: "one value"}
_OTHER_NAMES: Final = {
    "string": "str",
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "object": "map",
    "dict": "map",
    "array": "seq",
    "list": "seq",
}
_BREAK: Final = "\n"
_HANDLE: Final = re.compile(r"(![A-Za-z0-9-]*!)(.*)", re.DOTALL)


class Properties(Reader):
    """The layer that reads ``&anchor`` and ``!tag``."""

    __slots__ = ()

    def properties(self, row: int, column: int) -> tuple[str | None, str | None, int]:
        """Anchor, tag, and the column behind them and their blanks."""
        line = self.lines[row]
        anchor = tag = None
        while column < len(line) and line[column] in "&!":
            match = PROPERTY.match(line, column)
            if match is None:
                self.report(row, column, row, column + 1, "an anchor needs a name right behind its '&'")
                column += 1
                break
            end = match.end()
            if match[1] is not None:
                if anchor is not None:
                    self.report(
                        row, column, row, end, f"a value can have one anchor; this one is '{anchor}' already"
                    )
                anchor = match[1]
            else:
                if tag is not None:
                    self.report(row, column, row, end, "a value can have one tag; remove one of the two")
                tag = self._tag(match[2], row, column, end)
            column = after_blanks(line, end)
            if column == end and column < len(line) and line[column] not in ",]}":
                self.report(row, column, row, column + 1, "an anchor or a tag needs a space behind it")
        return anchor, tag, column

    def _tag(self, text: str, row: int, column: int, end: int) -> str:
        """The tag in full; one that no schema of ours knows is warned about."""
        if text.startswith("!<"):
            tag = text[2:-1]
        elif match := _HANDLE.match(text):
            handle, suffix = match.groups()
            if handle in self.handles:
                tag = self.handles[handle] + suffix
            elif handle == "!!":
                tag = CORE + suffix
            else:
                self.report(row, column, row, end, f"the tag handle '{handle}' is declared by no %TAG line")
                return text
        else:
            tag = text
        if tag not in _KNOWN:
            message = _unknown(text, tag)
            self.add(Problem(UNKNOWN_TAG, message, Span(row, column, row, end)))
        return tag

    def with_properties(self, node: Node, anchor: str | None, tag: str | None, row: int, column: int) -> Node:
        """*node* with what stood before it at *row*, *column*."""
        if anchor is None and tag is None:
            return node
        if node.kind == ALIAS:
            self.report(
                row,
                column,
                node.line,
                node.end_column,
                f"'*{node.value}' is an alias and takes no anchor or tag",
            )
            return node
        if anchor is not None:
            if node.anchor is None:
                node.anchor = anchor
                self.anchors.append(anchor)
            else:
                message = f"a value can have one anchor; this one is '{node.anchor}' already"
                self.report(row, column, row, column + 1 + len(anchor), message)
        if tag is not None:
            node.tag = tag
            if node.kind == SCALAR:
                node.value = _tagged(tag, node)
            self._check_tagged(tag, node, row, column)
        node.outset = (row, column)
        return node

    def _check_tagged(self, tag: str, node: Node, row: int, column: int) -> None:
        """Report a value that is not what its tag says."""
        kind, called = _OF_KINDS.get(tag, (node.kind, ""))
        if node.kind != kind and node.kind in _KINDS and node.style not in (EMPTY, BROKEN):
            name = tag.removeprefix(CORE)
            message = f"'!!{name}' stands before {called}, and this is {_KINDS[node.kind]}; remove the tag"
            start = max(self.lines[row].find("!", column), column)
            end = start + len(re.split(r"[\s,\[\]{}]", self.lines[row][start:], maxsplit=1)[0])
            self.report(row, start, row, max(end, start + 1), message)
            return
        wanted = _WANTED.get(tag) if node.kind == SCALAR else None
        if wanted is None or type(node.value) in wanted.types:
            return
        name = tag.removeprefix(CORE)
        message = f"'{node.source.partition(_BREAK)[0]}' is no '!!{name}', {wanted.words}; remove the tag, or write one"
        if node.line == node.end_line and node.end_column > node.column:
            row, column, end = node.line, node.column, node.end_column
        else:
            end = column + 1
        self.report(row, column, row, end, message)


def _unknown(text: str, tag: str) -> str:
    """What to say of the tag *text*, in full *tag*, that no schema of ours knows."""
    if not tag.startswith(CORE):
        return f"the tag '{text}' means nothing here; quote the value if '!' is part of it"
    message = f"YAML 1.2 has no type '{text}', so a value behind it is text"
    name = tag.removeprefix(CORE)
    meant = _OTHER_NAMES.get(name) or nearest(name, _TYPES)
    if meant is not None:
        return f"{message}; did you mean '!!{meant}'?"
    types = [f"!!{name}" for name in _TYPES]
    return f"{message}; the types are {', '.join(types[:-1])} and {types[-1]}"


def _tagged(tag: str, node: Node) -> Scalar:
    """The value of a scalar under *tag*; a tag that is not ours makes it text."""
    text = node.source
    if tag in (CORE + "int", CORE + "float", CORE + "bool", CORE + "null"):
        value = resolved(text)
        if tag == CORE + "float" and type(value) is int:
            return float(value)
        return value
    return text
