"""Lines that a fault of syntax took out of the reading, in which nodes may stand that nobody sees."""

import re
from typing import Any, Final

from darwinflow.document.document import Document
from darwinflow.projection import native
from darwinflow.projection.native import Carrier

_WORD: Final = re.compile(r"[\w.-]+")
_LONG_TEXT: Final = 20_000
"""Characters. A longer one is not gone through for each name that is not a word."""
_WORDS: Final = "words of hidden lines"


class Hidden:
    """What is written in segments, and in keys above lists, that have a fault of syntax."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        """Of all texts, without those that are ids of nodes seen there all the same."""
        self._texts: list[tuple[str, frozenset[str]]] = []
        """With those ids."""
        self._characters = 0

    def add(self, lines: list[str], listed: frozenset[str], kept: dict[object, Any]) -> None:
        """*kept* stays with the lines."""
        text = "\n".join(lines)
        words: frozenset[str] | None = kept.get(_WORDS)
        if words is None:
            kept[_WORDS] = words = frozenset(_WORD.findall(text))
        self._words |= words - listed
        self._texts.append((text, listed))
        self._characters += len(text)

    def may_hold(self, name: str) -> bool:
        """Whether a node of this id may stand there."""
        if _WORD.fullmatch(name):
            return name in self._words
        if self._characters > _LONG_TEXT:
            return True
        return any(name in text and name not in listed for text, listed in self._texts)


def hidden(document: Document, root_index: int, carriers: tuple[Carrier, ...]) -> Hidden:
    """Of one document of the stream."""
    found = Hidden()
    root = document.roots[root_index]
    for carrier in carriers:
        if not native.may_hold_nodes(carrier.role):
            continue
        head = root.sections[carrier.section].head
        if head is not None and head.problems:
            start = document.segment_start(root_index, carrier.section, -1)
            found.add(document.lines.slice(start, start + head.line_count), frozenset(), head.lasting)
        start = document.segment_start(root_index, carrier.section, 0)
        for _, line, segment in root.sections[carrier.section].segments.troubled():
            lines = document.lines.slice(start + line, start + line + segment.line_count)
            listed = frozenset([node.name for node in native.read(segment, carrier.role).nodes])
            found.add(lines, listed, segment.lasting)
    return found
