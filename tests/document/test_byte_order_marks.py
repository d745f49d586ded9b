"""A byte order mark may begin every document of a stream, and says nothing about what follows it."""

import pytest

from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

MARK = "\ufeff"


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (f"a: 1\n---\n{MARK}  a: 1\n", [{"a": 1}, {"a": 1}]),
        (f"a: 1\n---\n# note\n\n{MARK}a: 1\nb: 2\n", [{"a": 1}, {"a": 1, "b": 2}]),
        (f"a: 1\n---\n{MARK}- 1\n- 2\n", [{"a": 1}, [1, 2]]),
        (f"{MARK}a: 1\n...\n{MARK}%YAML 1.2\n---\nb: 1\n", [{"a": 1}, {"b": 1}]),
        (f"{MARK}  a: 1\n", [{"a": 1}]),
    ],
)
def test_a_mark_before_a_document_is_none_of_its_text(text: str, data: list[object]) -> None:
    document = Document.parse(text)
    assert document.problems() == []
    assert [root.data for root in document.roots] == data


def test_the_place_of_a_key_counts_the_mark() -> None:
    text = f"a: 1\n---\n{MARK}b: 1\nb: 2\n"
    (problem,) = Document.parse(text).problems()
    assert problem.span == Span(3, 0, 3, 1)
    assert problem.related[0].span == Span(2, 1, 2, 2)


def test_a_mark_that_is_typed_or_taken_away_is_read_anew() -> None:
    before = Document.parse("a: 1\n---\n  b: 1\n")
    typed = before.edit(Edit(Span(2, 0, 2, 0), MARK))
    assert typed.data(1) == {"b": 1}
    assert typed.edit(Edit(Span(2, 0, 2, 1), "")).data(1) == {"b": 1}


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (f"id: bo\n{MARK}version: 1\nx: 2\n", 1, 0),
        (f"# note\n{MARK}id: bo\n", 1, 0),
        (f"x-a: b{MARK}c\n", 0, 6),
        (f"x-a: 'b{MARK}c'\n", 0, 7),
        (f"{MARK}x-a: b{MARK}c\n", 0, 7),
        (f"{MARK}{MARK}x-a: b\n", 0, 1),
        (f"a:\n  - b\n  - c {MARK} d\n  - e\n", 2, 6),
        (f"a: |\n  b{MARK}\n", 1, 3),
    ],
)
def test_a_mark_within_a_document_is_told_once_and_taken_away(text: str, line: int, column: int) -> None:
    """PyYAML reads a key of another name there."""
    document = Document.parse(text)
    (problem,) = document.problems()
    assert problem.span == Span(line, column, line, column + 1)
    assert problem.repair is not None
    (edit,) = problem.repair.edits
    mended = document.edit(edit)
    assert mended.problems() == []
    assert mended.data(0) == Document.parse(text[:1] + text[1:].replace(MARK, "")).data(0)


def test_a_mark_that_comes_to_begin_the_text_is_a_fault_no_more() -> None:
    document = Document.parse(f"id: bo\n{MARK}version: 1\n")
    cut = document.edit(Edit(Span(0, 0, 1, 0), ""))
    assert cut.problems() == []
    assert len(cut.edit(Edit(Span(0, 0, 0, 0), "id: bo\n")).problems()) == 1


def test_an_escape_in_quotes_may_stand_for_the_character() -> None:
    document = Document.parse('a: "\\uFEFF"\n')
    assert document.problems() == []
    assert document.data(0) == {"a": MARK}


def test_a_mark_behind_blanks_begins_no_entry_as_it_stands_for_nothing():
    shut = "".join(" " * indent + "}\n" for indent in range(18, 8, -2))
    text = f'a:\n            "b": [\n                  "c": "d"\n{shut}            {MARK}\n          }}\n        }}\n      {MARK}\n    }}\n'
    document = Document.parse(text)
    data = document.data(0)
    assert isinstance(data, dict)
    assert data["a"]["b"] == [{"c": "d"}]
    assert document.problems()
