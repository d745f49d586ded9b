"""Typing inside a text gives what a reading of the lines gives, and mostly without one."""

import random
from collections import Counter

import pytest

import darwinflow.document.editing as editing
from bench.documents import workflow
from darwinflow.document.cutting import MIN_SPLIT
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.retyping import retyped
from darwinflow.model.span import Span

from .layouts import Layout, tree
from .portrait import portrait_of
from .test_incremental import EDITS, SEED, check_step

TEXTS = max(30, EDITS // 100)
EDITS_A_TEXT = 40
MORE = "".join(f"  - id: more_{at}\n" for at in range(MIN_SPLIT))
"""So that each item of a list is read by itself."""
TYPED = (
    *(("x", "7", "_", " ", "é", "two words", "a b ", " a", "true", "0", "") * 4),
    *(
        "'",
        '"',
        "\\",
        "#",
        " #",
        ":",
        ": ",
        "- ",
        ",",
        "]",
        "}",
        "{",
        "&",
        "*",
        "!",
        "|",
        "\t",
        "\0",
        "\u2028",
    ),
)


def texts(rng: random.Random) -> str:
    """Items of a list, in any layout."""
    if rng.random() < 0.3:
        return workflow(rng.choice([2, 6]), seed=rng.randrange(100))
    items = []
    for _ in range(rng.randint(1, 3)):
        written = Layout(rng).text({"key": ([], tree(rng, 1))})
        lines = written.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        items.append("".join(f"    {line}\n" if line.strip() else f"{line}\n" for line in lines))
    return "nodes:\n" + "".join(f"  - id: n\n{item}" for item in items) + MORE


def typing(document: Document, rng: random.Random) -> Edit:
    line = rng.randrange(len(document.lines))
    length = len(document.lines[line])
    start = rng.randint(0, length)
    end = min(length, start + rng.choice([0, 0, 0, 1, 1, 2, 5]))
    return Edit(Span(line, start, line, end), rng.choice(TYPED))


@pytest.mark.timeout(0)
def test_what_is_typed_gives_what_a_fresh_reading_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    counts: Counter[str] = Counter()

    def counted(*arguments: object) -> object:
        content = retyped(*arguments)  # type: ignore[arg-type]
        counts["typed inside a text" if content is not None else "left to the grammar"] += 1
        return content

    monkeypatch.setattr(editing, "retyped", counted)
    for number in range(TEXTS):
        rng = random.Random(SEED * 1_000_003 + number)
        document = Document.parse(texts(rng))
        for step in range(EDITS_A_TEXT):
            edit = typing(document, rng)
            after = document.edit(edit)
            try:
                check_step(document, after, edit)
            except AssertionError:
                print(
                    f"\nDARWINFLOW_SEED={SEED}, text {number}, edit {step}: {edit}\n{document.lines.text()!r}"
                )
                raise
            if rng.random() < 0.5:
                document = after
            if after.problems() and rng.random() < 0.7:
                document = Document.parse(texts(rng))
    print(f"\nDARWINFLOW_SEED={SEED}, {TEXTS * EDITS_A_TEXT} edits: {dict(counts)}")
    assert counts["typed inside a text"] > TEXTS * EDITS_A_TEXT / 20, counts


ITEM = """nodes:
  - id: a
    text: some words # why
    quoted: "x == 'y'" # why
    flow: {a: one, b: [two, three four], c: 'five'} # why
    double: "one \\u00e9 and a hundred words \\ud83d\\ude00 more than that" # why
    single: 'it''s as good, and that''s that' # why
    literal: |
      first: line

        deeper
    last: word
  - id: b
"""
ITEM += MORE


@pytest.mark.parametrize(
    ("where", "column", "typed"),
    [
        ("some words", 3, "x"), ("some words", 4, "x "), ("some words", 5, "x"), ("some words", 10, "x"), ("x == 'y'", 2, "output.n "),
        ("one", 1, "x"), ("two", 3, "x"), ("three four", 4, "a b"), ("five", 0, "# "), ("five", 4, "x"),
        ("first: line", 5, " #:"), ("deeper", 3, "'"), ("last: word", 10, "s"),
        ("one \\u", 3, "x"), ("than that", 9, "x"), ("it''s", 2, "x"), ("that''s that", 8, " x"),
    ],
)  # fmt: skip
def test_typing_in_a_value_reads_nothing_again(where: str, column: int, typed: str) -> None:
    document = Document.parse(ITEM)
    row = next(at for at, line in enumerate(ITEM.split("\n")) if where in line)
    old = ITEM.split("\n")[row]
    at = old.index(where) + column
    segment = document.roots[0].sections[0].segments[0]
    assert segment.items
    content = retyped(segment, row - 1, old, old[:at] + typed + old[at:])
    assert content is not None
    after = document.edit(Edit(Span(row, at, row, at), typed))
    assert portrait_of(after) == portrait_of(Document.parse(after.lines.text()))


@pytest.mark.parametrize(
    ("where", "column", "typed"),
    [
        ("some words", 0, "x"), ("some words", 4, ":"), ("some words", 4, " #"), ("some words", 10, " "), ("# why", 2, "x"),
        ("x == 'y'", 2, '"'), ("x == 'y'", 2, "\\"), ("one", 0, "7"), ("three four", 5, ","), ("five", 2, "'"),
        ("first: line", 0, " "), ("literal: |", 10, "x"), ("text: ", 2, "x"), ("quoted: ", 8, "x"), ("- id: b", 7, "\0"),
        ("one \\u", 7, "0"), ("hundred words", 13, "x"), ("ude00 more", 5, "x"), ("it''s", 3, "x"), ("good, and", 4, "x"),
    ],
)  # fmt: skip
def test_what_may_be_more_than_typing_is_left_to_the_grammar(where: str, column: int, typed: str) -> None:
    document = Document.parse(ITEM)
    row = next(at for at, line in enumerate(ITEM.split("\n")) if where in line)
    old = ITEM.split("\n")[row]
    at = old.index(where) + column
    segments = document.roots[0].sections[0].segments
    first, second = segments[0], segments[1]
    assert first.items
    assert second.items
    start = 1 if row < 12 else 12
    assert retyped(first if row < 12 else second, row - start, old, old[:at] + typed + old[at:]) is None
