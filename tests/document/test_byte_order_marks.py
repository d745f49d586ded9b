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
