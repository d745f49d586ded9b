"""Long segments are read again in part, and what comes out is what a reading of all their lines gives."""

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from darwinflow.document import tall
from darwinflow.document.document import Document
from darwinflow.document.grammar.turns import Turning
from darwinflow.document.lines import Edit
from darwinflow.document.tall import Turns
from darwinflow.model.span import Span

from .layouts import Layout, tree
from .portrait import portrait_of
from .test_incremental import EDITS, SEED, beginning, check_change, edited_text, note_memos, random_edit

EDITS_OF_TALL = EDITS // 3
EDITS_A_DOCUMENT = 40
NEVER = 10**9

VALUES = (
    "x", "1", '"q"', "[a,", "[a, b]", "{a: b}", '"open', "'open", "&a x", "*a", "|\n{}    t\n\n{}    u", "<<: *a",
    "plain\n{}   more", "? y", "!x z", "# c", "", "&b {c: *a}", ">-\n{}    t", "[a: [\n{}    b, c]]", "\tx",
)  # fmt: skip
LOOSE = ("", "# c", "  # d", " x", "]", "}", '"', "    - y", "  z: 1")


@contextmanager
def bounds(segment: int, collection: int) -> Iterator[None]:
    """Lines from which on segments are read again in part, and from which on turns of collections are kept."""
    before = tall.TALL_SEGMENT, tall.TALL
    tall.TALL_SEGMENT, tall.TALL = segment, collection  # type: ignore[misc]
    try:
        yield
    finally:
        tall.TALL_SEGMENT, tall.TALL = before  # type: ignore[misc]


def nested(rng: random.Random) -> str:
    """Lists and mappings in one another, below one item of a list or below a key, some of them broken."""
    is_item = rng.random() < 0.6
    lines = ["nodes:", "  - id: a", "    config:"] if is_item else ["top:"]
    _write(lines, 6 if is_item else rng.choice([0, 2]), 0, rng)
    while len(lines) < 16:
        lines.append(" " * rng.choice([2, 4, 6]) + rng.choice(["- x", "k: v", f"key{len(lines)}:"]))
    lines += ["  - id: b"] if is_item else ["next: 1"]
    return "\n".join(lines) + rng.choice(["", "\n"])


def _write(lines: list[str], indent: int, depth: int, rng: random.Random) -> None:
    is_list = rng.random() < 0.5
    margin = " " * indent
    for number in range(rng.randint(2, 6)):
        head = margin + ("-" if is_list else f"k{number % 5}:")
        if depth < 4 and rng.random() < 0.5:
            if is_list:
                lines += [head + " a: 1", margin + "  b:"]
                _write(lines, indent + 4, depth + 1, rng)
            else:
                lines.append(head)
                _write(lines, indent + 2, depth + 1, rng)
        else:
            lines += f"{head} {rng.choice(VALUES)}".replace("{}", margin).split("\n")
    if rng.random() < 0.2:
        lines.append(rng.choice(LOOSE))


def tall_beginning(rng: random.Random) -> str:
    choice = rng.random()
    if choice < 0.5:
        return nested(rng)
    return Layout(rng).text(tree(rng)) if choice < 0.7 else beginning(rng)


def in_full(text: str) -> dict[str, Any]:
    """The portrait of a text that is read without keeping turns."""
    with bounds(NEVER, NEVER):
        return portrait_of(Document.parse(text))


def run(edits: int, seed: int) -> int:
    """Compare after each of many edits; how many there were."""
    count = 0
    for number in range(max(edits // EDITS_A_DOCUMENT, 1)):
        rng = random.Random(seed * 1_000_003 + number)
        with bounds(rng.choice([0, 0, 10, 40]), rng.choice([1, 2, 3])):
            document = Document.parse(tall_beginning(rng))
            past = [document]
            for step in range(EDITS_A_DOCUMENT):
                if rng.random() < 0.9:
                    note_memos(document)
                edit = random_edit(document, rng)
                after = document.edit(edit)
                label = f"DARWINFLOW_SEED={seed}, document {number}, edit {step}: {edit}"
                text = edited_text(document.lines.text(), edit)
                fresh, seen = in_full(text), portrait_of(after)
                for part in fresh:
                    assert seen[part] == fresh[part], f"{part}\n{label}\nbefore: {document.lines.text()!r}"
                check_change(document, after)
                past.append(after)
                document = past[rng.randrange(len(past))] if rng.random() < 0.1 else after
                count += 1
    return count


@pytest.mark.timeout(0)
def test_a_long_segment_read_in_part_is_the_segment_read_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: Counter[str] = Counter()
    take = Turning._take

    def counted(self: Turning, *args: Any) -> None:
        taken["further down" if args[4] else "in place"] += 1
        take(self, *args)

    monkeypatch.setattr(Turning, "_take", counted)
    count = run(EDITS_OF_TALL, SEED)
    print(f"\nDARWINFLOW_SEED={SEED}, {count} edits; turns were taken over: {dict(taken)}")
    assert taken["in place"] > count / 10
    assert taken["further down"] > count / 100


FAR_BRACKET = (
    "nodes:\n  - id: a\n    config:\n"
    "      k: [a\n        b: 1\n" + "        c: 2\n" * 15 + "        d: 3\n      e: 1\n"
)


def test_an_end_typed_far_below_is_seen_by_what_looked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bracket that was given up had looked for its end in lines that became something else."""
    line = FAR_BRACKET.split("\n").index("        d: 3")
    edit = Edit(Span(line, 12, line, 12), "]")
    with bounds(0, 1):
        document = Document.parse(FAR_BRACKET)
        document.problems()
        assert portrait_of(document.edit(edit)) == in_full(edited_text(FAR_BRACKET, edit))

        def blind(self: Turns, row: int) -> int:
            return max(min(bisect_left(self.rows, row), len(self)) - 1, 0)

        monkeypatch.setattr(Turns, "unaffected", blind)
        assert portrait_of(document.edit(edit)) != in_full(edited_text(FAR_BRACKET, edit))


def a_long_item(entries: int) -> str:
    listed = "".join(
        f"          - name: item {at}\n            value: {at}\n            tags: [a, {{b: c}}]\n"
        for at in range(entries)
    )
    return f"nodes:\n  - id: n\n    config:\n      args:\n        list:\n{listed}    description: last\n  - id: m\n"


def test_an_edit_of_a_long_item_reads_a_few_lines_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    text = a_long_item(400)
    document = Document.parse(text)
    document.data(0)
    read: list[int] = []
    turn = Turning.turn

    def counted(self: Turning, *args: Any) -> int:
        read.append(args[0])
        return turn(self, *args)

    monkeypatch.setattr(Turning, "turn", counted)
    line = 5 + 3 * 200
    for edit in (
        Edit(Span(line, 22, line, 22), "x"),
        Edit(Span(line, 22, line, 22), "\n            more: "),
        Edit(Span(line, 0, line + 3, 0), ""),
        Edit(Span(5, 20, 5, 20), "first"),
        Edit(Span(line, 18, line, 18), '"'),
    ):
        read.clear()
        after = document.edit(edit)
        assert after.change is not None
        assert 0 < len(read) < 50 or edit.text == '"'
        assert repr(after.data(0)) == repr(Document.parse(after.lines.text()).data(0))
        assert portrait_of(after) == in_full(after.lines.text())
