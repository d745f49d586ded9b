"""An edited document is the document that a fresh reading of its text gives, after every single edit."""

import os
import random
from collections import Counter
from collections.abc import Iterator

import pytest

from bench.documents import workflow
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

from .portrait import portrait_of, segments_of

EDITS = int(os.environ.get("DARWINFLOW_FUZZ_EDITS", "3000"))
SEED = int(os.environ.get("DARWINFLOW_SEED", "20261124"))
EDITS_A_DOCUMENT = 40

TYPED = (
    "x", " ", "\n", "\n  ", "\n    ", ":", ": ", "- ", '"', "'", "[", "]", "{", "}", "#", " # c", "&a ", "*a", "\t",
    "|", ">", "foo: bar", "\n---\n", "---", "...", "\n- a", "é", "\U0001f600", "!!str ", "!x ", "<<: *a\n", "?", "? ",
    "%", "%YAML 1.2\n", "\r\n", "\r", "\n\r", "key", ",", "\u2028", "\x85", "\x0c", "\0", "\ud83d", "\ufeff", "-", "=",
    '"]', '["\n', "']", "{a: 1\n", "\n<<<<<<< HEAD\n", "\n  - id: new\n    type: TOOL_CALL\n", "\nx-more:\n  a: &a {b: 1}\n  c: [*a]\n",
)  # fmt: skip

ODD = (
    "",
    "\n",
    "a",
    "# only a comment\n",
    "- a\n- b:\n    c\n- - d\n  - e\n",
    "a: 1\nb:\n- x\n- y\nc: {d: [1, 2], e: f}\n",
    "--- &r\na: *r\n--- |\n text\n...\n%YAML 1.2\n---\nb: 2\n",
    "%TAG !e! tag:e,2000:\n---\na: !e!x y\nb: !e!z {c: d}\n",
    "a: &x {k: 1}\nb: &y {<<: *x, l: 2}\nc:\n  <<: [*x, *y]\n  m: 3\n",
    "\ufeffid: x\r\nnodes:\r\n  - id: a\r\n    type: B\r\n",
    "a: 1\rb: 2\rc:\r  - d\r  - e\r",
    "[a, {b: c}, 'd\n  e', \"f\\\n  g\"]\n",
    '{\n"a": 1,\n"b": [true,\nnull]\n}\n',
    "? a\n: b\n? - c\n: - d\n",
    "big:\n" + "".join(f"  key{n}: {{a: {n}}}\n" for n in range(20)) + "  key3: twice\n<<: {a: 1}\n",
    "base: &b\n" + "".join(f"  k{n}: {n}\n" for n in range(15)) + "other:\n" + "".join(f"  o{n}: {{<<: *b}}\n" for n in range(15)),
    "list: &all\n" + "".join(f"  - {{n: &n{n} {n}, m: *n{max(n - 1, 0)}}}\n" for n in range(15)) + "copy: *all\n",
    "".join(f"- id: {n}\n  v: |+\n    t\n\n" for n in range(20)),
    'top: ["\n  a\n  b\n"]\nnext: [\n  a\n]\n' + "long:\n" + "".join(f'  k{n}: ["\n    t\n  "]\n' for n in range(12)),
)  # fmt: skip


def anchored(rng: random.Random) -> str:
    """A workflow in which many items merge one anchor."""
    lines = workflow(rng.choice([3, 8, 20])).split("\n")
    lines.insert(1, "x-defaults: &a {type: TOOL_CALL, retry: 2}")
    items = [at for at, line in enumerate(lines) if line.startswith("  - id: ")]
    for at in reversed(rng.sample(items, min(len(items), 5))):
        lines.insert(at + 1, "    <<: *a")
    return "\n".join(lines)


def beginning(rng: random.Random) -> str:
    choice = rng.random()
    if choice < 0.4:
        return workflow(rng.choice([1, 2, 5, 30]), seed=rng.randrange(100))
    if choice < 0.55:
        return workflow(rng.choice([2, 12])).replace("\n", "\r\n")
    if choice < 0.75:
        return anchored(rng)
    return rng.choice(ODD)


def random_edit(document: Document, rng: random.Random) -> Edit:
    """Typing, deleting, pasting over, moving a block of lines; sometimes beyond the text."""
    count = len(document.lines)
    line = rng.randrange(count + (rng.random() < 0.02))
    column = rng.randint(0, len(document.lines[line])) if line < count else 0
    choice = rng.random()
    if choice < 0.6:
        return Edit(Span(line, column, line, column), rng.choice(TYPED))
    if choice < 0.75:
        return Edit(
            Span(line, column, line, column + rng.randint(0, 8)),
            rng.choice(TYPED) if rng.random() < 0.4 else "",
        )
    end = min(count - 1, line + rng.choice([0, 1, 1, 2, 3, 10, 40]))
    if choice < 0.9:
        text = "" if rng.random() < 0.6 else rng.choice(TYPED)
        return Edit(Span(line, column, end, rng.randint(0, len(document.lines[end]))), text)
    source = rng.randrange(count)
    block = document.lines.slice(source, min(count, source + rng.randint(1, 12)))
    return Edit(Span(line, 0, line, 0), "\n".join(block) + "\n")


def edited_text(text: str, edit: Edit) -> str:
    """What *edit* makes of a plain string; the model that `Lines` has to agree with."""
    starts, at = [0], 0
    while at < len(text):
        if text[at] == "\r" and text[at : at + 2] == "\r\n":
            at += 2
        elif text[at] in "\r\n":
            at += 1
        else:
            at += 1
            continue
        starts.append(at)

    def offset(line: int, column: int) -> int:
        if line >= len(starts):
            return len(text)
        end = starts[line + 1] if line + 1 < len(starts) else len(text)
        length = len(text[starts[line] : end].rstrip("\r\n"))
        return starts[line] + min(column, length)

    start = offset(edit.span.line, edit.span.column)
    end = max(start, offset(edit.span.end_line, edit.span.end_column))
    return text[:start] + edit.text + text[end:]


def sessions(edits: int, seed: int) -> Iterator[tuple[Document, Document, Edit, str]]:
    """Documents before and after each of many edits, in runs that undo now and then."""
    for number in range(max(edits // EDITS_A_DOCUMENT, 1)):
        rng = random.Random(seed * 1_000_003 + number)
        document = Document.parse(beginning(rng))
        past = [document]
        for step in range(EDITS_A_DOCUMENT):
            edit = random_edit(document, rng)
            after = document.edit(edit)
            yield document, after, edit, f"DARWINFLOW_SEED={seed}, document {number}, edit {step}: {edit}"
            past.append(after)
            document = after
            if rng.random() < 0.1:
                document = past[rng.randrange(len(past))]


def note_memos(document: Document) -> None:
    for segment in segments_of(document):
        segment.memo.setdefault("fuzz", repr((segment.data, segment.problems)))


def check_change(before: Document, after: Document) -> None:
    """What `Document.change` tells is all that happened, and kept segments mean what they meant."""
    for segment in segments_of(after):
        assert segment.memo.get("fuzz", repr((segment.data, segment.problems))) == repr(
            (segment.data, segment.problems)
        )
    change = after.change
    if change is None:
        return
    section = before.roots[change.root_index].sections[change.section_index]
    old = list(section.segments)
    end = change.first_segment + len(change.removed)
    assert all(a is b for a, b in zip(old[change.first_segment : end], change.removed, strict=True))
    old[change.first_segment : end] = change.added
    for root_index, root in enumerate(after.roots):
        for section_index, kept in enumerate(root.sections):
            expected = before.roots[root_index].sections[section_index]
            is_changed = (root_index, section_index) == change[:2]
            wanted = old if is_changed else list(expected.segments)
            assert all(a is b for a, b in zip(kept.segments, wanted, strict=True))
            assert is_changed or kept.head is expected.head
            assert kept.key_text == expected.key_text


def check_step(before: Document, after: Document, edit: Edit) -> None:
    text = edited_text(before.lines.text(), edit)
    assert after.lines.text() == text
    assert after.lines.byte_size == len(text.encode("utf-8", "surrogatepass"))
    fresh = portrait_of(Document.parse(text))
    seen = portrait_of(after)
    for part in fresh:
        assert seen[part] == fresh[part], part
    check_change(before, after)


@pytest.mark.timeout(0)
def test_every_edit_gives_what_a_fresh_reading_gives() -> None:
    counts: Counter[str] = Counter()
    for before, after, edit, label in sessions(EDITS, SEED):
        note_memos(before)
        try:
            check_step(before, after, edit)
        except AssertionError:
            print(f"\n{label}\nbefore: {before.lines.text()!r}")
            raise
        counts["segments alone" if after.change else "cut anew"] += 1
    print(f"\nDARWINFLOW_SEED={SEED}, {sum(counts.values())} edits: {dict(counts)}")


def test_the_comparison_sees_a_segment_that_was_not_read_again() -> None:
    """The twin of the loop: an engine that forgets to read a changed segment is caught."""
    before = Document.parse(workflow(5))
    line = next(at for at, text in enumerate(before.lines) if text.startswith("    type: "))
    edit = Edit(Span(line, 10, line, 10), "X")
    stale = Document(before.edit(edit).lines, before.roots, None)
    with pytest.raises(AssertionError):
        check_step(before, stale, edit)


def test_segments_of_untouched_text_are_the_same_objects() -> None:
    before = Document.parse(workflow(50))
    line = next(at for at, text in enumerate(before.lines) if text.startswith("  - id: step_00025"))
    for edit in (
        Edit(Span(line, 10, line, 10), "x"),
        Edit(Span(line, 0, line, 0), "  - id: new\n    type: TOOL_CALL\n"),
    ):
        after = before.edit(edit)
        assert after.change is not None
        old = set(map(id, segments_of(before)))
        assert sum(id(segment) not in old for segment in segments_of(after)) == len(after.change.added) <= 2
    renamed = before.edit(Edit(Span(line - 1, 0, line - 1, 0), "x"))
    assert sum(id(segment) not in old for segment in segments_of(renamed)) <= 3


def test_dashes_that_were_passed_over_below_a_key_with_a_value_are_still_seen() -> None:
    """A line further left than the items was no item with a key, so it was left where it stands."""
    item = "      - a: 1\n        b:\n" + "          k: x\n" * 8
    text = f"x: *a\n{item} -      - a: 1\n      - b: 2\n  z"
    line = text.count("\n")
    edit = Edit(Span(line, 2, line, 2), "\n  - id: new\n    type: TOOL_CALL\n")
    check_step(Document.parse(text), Document.parse(text).edit(edit), edit)


@pytest.mark.parametrize("mark", ["}", "]"])
def test_a_bracket_above_the_first_key_begins_a_section(mark: str) -> None:
    text = "   a:\n       - b: c\n         d: e\n" + "       - f: g\n" * 12 + "\nh: i"
    line = text.count("\n") - 1
    edit = Edit(Span(line, 0, line, 0), mark)
    check_step(Document.parse(text), Document.parse(text).edit(edit), edit)


def test_a_line_that_only_begins_like_a_marker_ends_no_directives() -> None:
    text = "a: b\n...\n%YAML 1.2\n---foo: bar\nc: d\n"
    (problem,) = Document.parse(text).problems()
    assert problem.message == "a directive needs a line '---' after it"
    edit = Edit(Span(3, 2, 3, 2), "x")
    check_step(Document.parse(text), Document.parse(text).edit(edit), edit)
