"""What aliases stand for is worked out again only where an edit may have changed it, and lazily."""

import os
import random
import time
from collections.abc import Callable

import pytest

from bench.documents import workflow
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.opening import segments_of
from darwinflow.document.reading import links_of
from darwinflow.document.segment import Segment
from darwinflow.document.values import Scope
from darwinflow.model.span import Span

from .portrait import portrait_of
from .test_incremental import SEED, check_change, edited_text, note_memos

EDITS = int(os.environ.get("DARWINFLOW_FUZZ_EDITS", "3000")) // 5
EDITS_A_DOCUMENT = 30

ANCHORS = (
    "x-a: &a {k: 1}", "x-a: &a text", "x-a: &a [1, 2]", "x-a: &a [{k: 1}, {l: 2}]", "x-a: &a", "x-a: &a ~",
    "x-a: &a\n  k: 1\n  l: {m: 2}", "x-a: &a\n  - {k: 1}\n  - n", "x-a: &a {k: &b {c: 1}}", "x-a: &b {k: 1}",
    "x-a: &a [[1, 2, 3], {k: [4, 5]}]", "x-a: {k: &a {b: 1}, l: *a}", "x-a: &a [*a]", "x-b: &b [*a, *a]", "x: 1",
)  # fmt: skip
USES = (
    "*a", "{<<: *a}", "{<<: [*a, *b]}", "[*a, *a]", "{? *a : x}", "{*a : x}", "{<<: *a, k: 2}", "*b", "&c [*a]", "*c",
    "\n      <<: *a\n      z: 1", "{<<: [*a, x]}", "*a x", "a *a text", "{\"<<\": *a}",
)  # fmt: skip


def used(rng: random.Random) -> str:
    """Anchors above a list of items that use them, some of them below it."""
    lines = [rng.choice(ANCHORS) for _ in range(rng.randint(1, 3))]
    lines.append("nodes:" + rng.choice(["", "", " &n"]))
    uses = [rng.choice(USES) for _ in range(3)]
    for number in range(rng.choice([3, 12, 30])):
        lines += [f"  - id: n{number}", f"    v: {rng.choice(uses)}"]
    lines.append(rng.choice([*ANCHORS, "y: *n"]))
    return "\n".join(lines) + "\n"


def anchor_edit(document: Document, rng: random.Random) -> Edit:
    """Mostly another anchor in the place of one; now and then another use, or a line less."""
    lines = list(document.lines)
    anchors = [at for at, line in enumerate(lines) if line.startswith("x")]
    choice = rng.random()
    if anchors and choice < 0.6:
        at = rng.choice(anchors)
        end = next((row for row in range(at + 1, len(lines)) if lines[row][:1] != " "), at + 1)
        return Edit(Span(at, 0, end - 1, len(lines[end - 1])), rng.choice(ANCHORS))
    at = rng.randrange(len(lines))
    if choice < 0.8 and lines[at].startswith("    v: "):
        return Edit(Span(at, 7, at, len(lines[at])), rng.choice(USES))
    if choice < 0.9:
        return Edit(
            Span(at, 0, at, 0), rng.choice(["x-c: &a 1\n", "  - v: *a\n", "---\n", "  - &a {v: 1}\n"])
        )
    return Edit(Span(at, 0, at + rng.randint(0, 2), 0), "")


@pytest.mark.timeout(0)
def test_after_every_edit_of_an_anchor_aliases_stand_for_what_they_do_in_a_fresh_reading() -> None:
    retold = 0
    for number in range(EDITS // EDITS_A_DOCUMENT):
        rng = random.Random(SEED * 1_000_003 + number)
        document = Document.parse(used(rng))
        for step in range(EDITS_A_DOCUMENT):
            if rng.random() < 0.5:
                note_memos(document)
            edit = anchor_edit(document, rng)
            after = document.edit(edit)
            label = f"DARWINFLOW_SEED={SEED}, document {number}, edit {step}: {edit}"
            old = {id(segment.children) for segment in segments_of(document) if segment.is_read}
            seen = set(map(id, segments_of(document)))
            retold += sum(
                id(segment) not in seen and id(segment.children) in old
                for segment in segments_of(after)
                if segment.is_read and segment.aliases
            )
            fresh, told = (
                portrait_of(Document.parse(edited_text(document.lines.text(), edit))),
                portrait_of(after),
            )
            for part in fresh:
                assert told[part] == fresh[part], f"{part}\n{label}\nbefore: {document.lines.text()!r}"
            check_change(document, after)
            document = after
    print(
        f"\nDARWINFLOW_SEED={SEED}, {EDITS} edits, {retold} segments whose aliases came to mean something else"
    )
    assert retold > EDITS / 2


def test_an_anchor_with_many_users_is_edited_without_working_out_what_they_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = workflow(300).split("\n")
    lines.insert(4, "x-shared: &shared {team: core}")
    text = "\n".join(lines).replace("    description: ", "    shared: {<<: *shared}\n    description: ")
    document = Document.parse(text)
    document.problems()
    walked: list[Segment] = []
    value = Scope.value
    monkeypatch.setattr(Scope, "value", lambda self, node: walked.append(node) or value(self, node))
    after = document.edit(Edit(Span(4, 28, 4, 28), "x"))
    assert after.problems() == []
    assert len(walked) < 20
    assert after.data(0)["nodes"][299]["shared"] == {"team": "corxe"}
    assert document.data(0)["nodes"][299]["shared"] == {"team": "core"}
    assert len(walked) > 300


def test_documents_full_of_aliases_are_read_in_time_that_grows_with_their_length() -> None:
    def seconds(count: int) -> float:
        text = "a: &a {b: [1, 2]}\nc:\n" + "  - *a\n" * count
        start = time.process_time()
        document = Document.parse(text)
        document.problems()
        document.data(0)
        return time.process_time() - start

    few, many = min(seconds(1_000) for _ in range(3)), min(seconds(10_000) for _ in range(3))
    print(f"\n1 000 aliases: {few * 1000:.0f} ms, 10 000: {many * 1000:.0f} ms")
    assert many < 40 * few


PIECES = (
    *"&&&***aab!!::--??[]{},'\"#|>  \t\n\n<=%.\ufeff",
    "&a ",
    "*a ",
    "- ",
    "k: ",
    "!<t>",
    "!a!",
    "'x'",
    "? ",
    "---\n",
    "\n  ",
)


def test_no_anchor_or_alias_is_read_in_lines_that_were_said_to_have_none() -> None:
    rng = random.Random(SEED)
    linked = 0
    for _ in range(4_000):
        text = "".join(rng.choice(PIECES) for _ in range(rng.randint(3, 30)))
        segments = list(segments_of(Document.parse(text)))
        may_have_anchors, alias_limit = links_of(text.split("\n"))
        assert may_have_anchors or not any(segment.anchors for segment in segments), repr(text)
        assert alias_limit >= sum(len(segment.aliases) for segment in segments), repr(text)
        linked += any(segment.is_linked for segment in segments)
    assert linked > 600


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("        You are", "        **Important**: so *they* say\n        - *never*\n        You are"),
        lambda text: text.replace("      model:", "      run: cd a && make *.c R&D\n      model:"),
        lambda text: "x-a: &a {b: 1}\n" + text.replace("    description: ", "    more: {<<: *a}\n    description: "),
    ],
    ids=["emphasis", "commands", "users of an anchor"],
)  # fmt: skip
def test_opening_reads_no_segment_for_what_it_may_refer_to(change: Callable[[str], str]) -> None:
    text = change(workflow(200))
    document = Document.parse(text)
    assert sum(segment.is_read for segment in segments_of(document)) <= 4
    edited = document.edit(Edit(Span(0, 0, 0, 0), "x-b: &b 1\n"))
    assert sum(segment.is_read for segment in segments_of(edited)) <= 6
    assert portrait_of(edited) == portrait_of(Document.parse("x-b: &b 1\n" + text))
    assert portrait_of(document) == portrait_of(Document.parse(text))


def test_aliases_that_may_stand_for_too_much_are_counted_at_once() -> None:
    large = "x-a: &a [" + ", ".join(["1"] * 500) + "]\n"
    document = Document.parse(large + "nodes:\n" + "  - {id: n, v: *a}\n" * 300)
    assert document.roots[0].expanded == 300 * 501
    assert [problem.code for problem in document.problems()] == ["document-limit"]
