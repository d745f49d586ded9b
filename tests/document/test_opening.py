"""A text read in slices is the text read at once, and the part that is looked at comes first."""

import random

from bench.documents import workflow
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.document.opening import Opening, problems_within, segments_of
from darwinflow.model.span import Span

from .portrait import portrait_of
from .test_incremental import beginning, random_edit

BROKEN_LINE = "    descr"


def read_count(document: Document) -> int:
    return sum(segment.is_read for segment in segments_of(document))


def test_slices_end_with_what_a_reading_in_one_go_gives() -> None:
    rng = random.Random(11)
    for _ in range(60):
        text = Document.parse(beginning(rng)).edit(random_edit(Document.parse("a: b\n"), rng)).lines.text()
        document = Document.parse(text)
        opening = Opening(document)
        while not opening.go_on(0):
            pass
        assert all(segment.is_read for segment in segments_of(document))
        assert portrait_of(document) == portrait_of(Document.parse(text))


def test_a_slice_reads_one_segment_where_there_is_no_time_for_more() -> None:
    document = Document.parse(workflow(300))
    opening = Opening(document)
    before = read_count(document)
    assert not opening.go_on(0)
    assert read_count(document) == before + 1
    assert not opening.is_done


def test_what_is_wrong_in_some_lines_is_told_without_reading_the_others() -> None:
    lines = workflow(2000).split("\n")
    for at in (150, 5000, 15_000):
        place = next(row for row in range(at, len(lines)) if lines[row].startswith("    type:"))
        lines.insert(place, BROKEN_LINE)
    document = Document.parse("\n".join(lines))
    found = problems_within(document, 0, 200)
    assert read_count(document) < 60
    assert [problem.span.line for problem in found] == [
        row for row in range(200) if lines[row] == BROKEN_LINE
    ]
    middle = problems_within(document, 4900, 5100)
    assert read_count(document) < 120
    whole = document.problems()
    assert [*found, *middle] == whole[:2]
    assert len(whole) == 3


def test_the_problems_of_a_part_are_those_of_the_whole_that_stand_there() -> None:
    rng = random.Random(3)
    for _ in range(150):
        document = Document.parse(beginning(rng))
        for _ in range(6):
            document = document.edit(random_edit(document, rng))
        text = document.lines.text()
        first = rng.randrange(len(document.lines))
        behind = first + rng.randint(1, 30)
        part = problems_within(Document.parse(text), first, behind)
        whole = [one for one in Document.parse(text).problems() if first <= one.span.line < behind]
        assert [one for one in whole if one in part] == sorted(part, key=lambda one: one.span[:2]), text
        assert all(
            one.code == "duplicate-key" or one.code == "document-limit" for one in whole if one not in part
        )


def test_edits_while_a_document_is_read_cost_what_they_always_do_and_keep_what_was_read() -> None:
    rng = random.Random(4)
    document = Document.parse(workflow(400))
    while True:
        opening = Opening(document)
        if opening.go_on(0.0005):
            break
        before = read_count(document)
        line = rng.choice([at for at, text in enumerate(document.lines) if "description: " in text])
        document = document.edit(Edit(Span(line, 20, line, 20), rng.choice(["x", "\n      ", '"'])))
        assert document.change is not None
        assert before - 1 <= read_count(document) <= before + 3
    assert portrait_of(document) == portrait_of(Document.parse(document.lines.text()))
