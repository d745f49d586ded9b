"""One document in any number of layouts: the same data, comments and styles of values, other blanks and line ends."""

import random
from typing import Any

from darwinflow.document.formatting.style import STEP

WORDS = ("a", "look up", "3", "true", "it's", "ticket-42", "größe", "x: y"[:1], "日本", "-1", "~")
COMMENTS = ("# why", "#", "# 'quoted' \"and\" {so} on: yes", "#: no blank")


class Text:
    """A scalar with the style it is written in."""

    def __init__(self, rng: random.Random) -> None:
        self.words = [rng.choice(WORDS) for _ in range(rng.randint(1, 6))]
        self.style = rng.choice(["plain", "plain", "double", "single", "literal", "folded"])
        self.marks = rng.choice(["", "-", "+"])
        self.step = rng.choice([0, 0, 2])
        self.deeper = [rng.randint(0, 2) if at else 0 for at in range(len(self.words))]
        self.empty = rng.randint(0, 2)


def tree(rng: random.Random, depth: int = 0) -> Any:
    """Mappings, lists and texts; `("flow", tree)` is written in brackets."""
    kind = rng.random()
    if depth and (kind < 0.45 or depth > 4):
        return Text(rng)
    if kind < 0.55 and depth:
        return ("flow", flow(rng, 0))
    if kind < 0.8 or not depth:
        return {f"key_{at}": (_comments(rng), tree(rng, depth + 1)) for at in range(rng.randint(1, 4))}
    return [(_comments(rng), tree(rng, depth + 1)) for _ in range(rng.randint(1, 4))]


def _comments(rng: random.Random) -> list[str]:
    """Above an entry; an empty one is an empty line."""
    return [rng.choice(("", *COMMENTS)) for _ in range(rng.choice([0, 0, 0, 1, 2]))]


def flow(rng: random.Random, depth: int) -> Any:
    kind = rng.random()
    if depth and (kind < 0.5 or depth > 2):
        return rng.choice(['"a, b: c"', "plain text", "'it''s'", "3", "null", "&x a", "!!str 1"])
    if kind < 0.75:
        return {f"k{at}": flow(rng, depth + 1) for at in range(rng.randint(0, 3))}
    return [flow(rng, depth + 1) for _ in range(rng.randint(0, 3))]


class Layout:
    """Writes a tree with blanks and line ends that *rng* chooses where the layout is free."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._step = rng.choice([1, 2, 3, 4, 7])
        self._dash = rng.choice([1, 2, 3])
        self._is_flush = rng.random() < 0.4
        self._keeps_line_ends = False
        """Whether the last text that was written counts the empty lines behind it."""

    def text(self, node: Any) -> str:
        lines = self._collection(node, self._rng.choice([0, 0, 3]))
        out: list[str] = []
        for line in lines:
            if line is not None:
                out.append(line)
            elif not out or out[-1].strip():
                # Of no more than one blank, or it would be a line of the text in a block above.
                out += [self._blanks(0, 1)] * self._rng.randint(1, 3)
        if self._keeps_line_ends:
            return "\n".join(out) + "\n"
        return "\n".join(out) + ("" if self._rng.random() < 0.2 else "\n" * self._rng.randint(1, 3))

    def _blanks(self, least: int, most: int) -> str:
        return " " * self._rng.randint(least, most)

    def _collection(self, node: Any, column: int) -> list[str | None]:
        lines: list[str | None] = []
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        for name, (comments, value) in pairs:
            for comment in comments:
                if comment:
                    lines.append(" " * column + comment + self._blanks(0, 2))
                elif not self._keeps_line_ends:
                    lines.append(None)
                self._keeps_line_ends = self._keeps_line_ends and not comment
            if isinstance(node, dict):
                colon = name + self._blanks(0, 2) + ":"
                lines += self._value(value, column, " " * column + colon, is_item=False)
            else:
                lines += self._value(value, column, " " * column + "-", is_item=True)
        return lines

    def _value(self, value: Any, column: int, head: str, *, is_item: bool) -> list[str | None]:
        self._keeps_line_ends = False
        if isinstance(value, Text):
            return self._scalar(value, column, head)
        if isinstance(value, tuple):
            return self._flow(value[1], column, head)
        first_comments = next(iter(value.values() if isinstance(value, dict) else value))[0]
        if is_item and not first_comments:
            inner = self._collection(value, column + 1 + self._dash)
            assert inner[0] is not None
            return [head + " " * self._dash + inner[0].lstrip(" "), *inner[1:]]
        deeper = 0 if self._is_flush and not is_item and isinstance(value, list) else self._step
        return [head + self._blanks(0, 2), *self._collection(value, column + deeper)]

    def _scalar(self, text: Text, column: int, head: str) -> list[str | None]:
        words = text.words
        if text.style in ("literal", "folded"):
            inner = column + (text.step or self._step)
            mark = (
                ("|" if text.style == "literal" else ">") + (str(text.step) if text.step else "") + text.marks
            )
            lines: list[str | None] = [head + self._blanks(1, 3) + mark + self._blanks(0, 2)]
            lines += [" " * (inner + more) + word for more, word in zip(text.deeper, words, strict=True)]
            lines[1:1] = [""] * text.empty
            self._keeps_line_ends = text.marks == "+"
            return [*lines, *([""] * text.empty if text.marks == "+" else [])]
        joined = " ".join(["w", *words[1:]]) if text.style == "plain" else " ".join(words)
        if text.style == "double":
            joined = '"' + joined + '"'
        elif text.style == "single":
            joined = "'" + joined.replace("'", "''") + "'"
        return [head + self._blanks(1, 4) + joined + self._blanks(0, 3)]

    def _flow(self, node: Any, column: int, head: str) -> list[str | None]:
        return [head + self._blanks(1, 3) + self._bracketed(node) + self._blanks(0, 2)]

    def _bracketed(self, node: Any) -> str:
        if isinstance(node, str):
            return node
        if isinstance(node, dict):
            parts = [f"{key}:{self._blanks(1, 3)}{self._bracketed(value)}" for key, value in node.items()]
            return "{" + f"{self._blanks(0, 2)},{self._blanks(0, 2)}".join(parts) + "}"
        return "[" + f"{self._blanks(0, 2)},{self._blanks(0, 2)}".join(map(self._bracketed, node)) + "]"


assert STEP == 2, "texts with a digit after '|' are written for it"
