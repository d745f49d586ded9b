"""Damage done to a text: what a slip, a merge gone wrong, a broken disk or an attacker makes of it."""

import random
from collections.abc import Callable

PIECES = (
    "\n", "\r", "\r\n", "\t", " ", "  ", "- ", ": ", ":", "? ", "[", "]", "{", "}", ",", '"', "'", "|\n", ">\n", "&a ", "*a",
    "<<: *a\n", "!!str ", "!x ", "---\n", "...\n", "%YAML 1.2\n", "#", "\0", "\ufeff", "\u2028", "\x85", "\U0001f600", "é",
    "\ud800", "- - - ", "{{", "}}", '\\', '"\\', "nodes:\n", "edges:\n", "id: ", "from: ", "0x", "1e999", "~",
)  # fmt: skip


def _cut(text: str, rng: random.Random) -> str:
    start = rng.randrange(len(text) + 1)
    return text[:start] + text[start + rng.choice([1, 1, 3, 20, 300]) :]


def _put(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    return text[:at] + rng.choice(PIECES) * rng.choice([1, 1, 1, 2, 40]) + text[at:]


def _copied(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    block = lines[at : at + rng.randint(1, 15)]
    to = rng.randrange(len(lines))
    margin = " " * rng.choice([0, 0, 1, 2, 7])
    return "\n".join([*lines[:to], *(margin + line for line in block), *lines[to:]])


def _truncated(text: str, rng: random.Random) -> str:
    return text[: rng.randrange(len(text) + 1)]


def _shifted(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    for row in range(at, min(len(lines), at + rng.randint(1, 30))):
        lines[row] = " " + lines[row] if rng.random() < 0.5 else lines[row][1:]
    return "\n".join(lines)


def _replaced(text: str, rng: random.Random) -> str:
    old, new = rng.choice(PIECES), rng.choice(PIECES)
    return text.replace(old, new, rng.choice([1, 1, 5, 1000]))


def _repeated(text: str, rng: random.Random) -> str:
    start = rng.randrange(len(text) + 1)
    piece = text[start : start + rng.choice([2, 10, 60])]
    return text[:start] + piece * rng.choice([3, 30, 300]) + text[start:]


KINDS: tuple[Callable[[str, random.Random], str], ...] = (
    _cut, _put, _put, _copied, _truncated, _shifted, _replaced, _repeated,
)  # fmt: skip


def damaged(text: str, rng: random.Random) -> str:
    """*text* after one to eight kinds of damage."""
    for _ in range(rng.choice([1, 1, 2, 3, 8])):
        text = rng.choice(KINDS)(text, rng)
    return text
