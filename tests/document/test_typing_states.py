"""What survives while somebody is typing, and where the finding stands."""

from typing import Any

import pytest

from bench.documents import node_id, workflow
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

from .typing_states import NODES, State, states

STATES = list(states())


def ids_in(document: Document) -> set[str]:
    """Ids of items anywhere in a root's lists of items, also where a broken line cut the list in two."""
    return {
        item["id"]
        for section in document.roots[0].sections
        if section.kind == "items"
        for item in section.data
        if isinstance(item, dict) and "id" in item
    }


def edge_count(data: Any) -> int:
    return sum(isinstance(edge, dict) and "to" in edge for edge in data["edges"])


EDGES = edge_count(Document.parse(workflow(NODES)).data(0))


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_a_half_typed_place_is_one_finding_and_costs_no_other_node(state: State) -> None:
    document = Document.parse(state.text)
    problems = document.problems()
    assert [problem.span.line for problem in problems] == [state.line], problems
    untouched = {node_id(number) for number in range(NODES)} - {state.touched}
    assert untouched <= ids_in(document)
    if state.keeps_id and state.touched:
        assert state.touched in ids_in(document)
    assert edge_count(document.data(0)) == EDGES


def test_messages_speak_plainly() -> None:
    for state in STATES:
        for problem in Document.parse(state.text).problems():
            assert problem.message[0].islower() or problem.message[0] in "'U:", problem.message
            assert (
                not any(word in problem.message for word in ("invalid", "unexpected", "please", "!"))
                or "'!" in problem.message
            )
            assert not problem.message.endswith(".")


@pytest.mark.parametrize("closing", ['"', "'"])
def test_a_quote_typed_in_a_large_document_costs_one_node_its_text_and_nothing_else(closing: str) -> None:
    document = Document.parse(workflow(300))
    line = next(
        at for at, text in enumerate(document.lines) if at > 1000 and text.startswith("    description: ")
    )
    column = len("    description: ")
    after = document.edit(Edit(Span(line, column, line, len(document.lines[line])), closing))
    assert [problem.span.line for problem in after.problems()] == [line]
    assert after.change is not None
    assert len(after.change.added) == 1
    assert len(ids_in(after)) == 300


def test_duplicate_keys_name_the_other_places() -> None:
    (problem,) = Document.parse("a: 1\nb: 2\na: 3\na: 4\n").problems()
    assert problem.code == "duplicate-key"
    assert problem.span == Span(2, 0, 2, 1)
    assert [related.span.line for related in problem.related] == [0, 3]


def test_a_key_given_a_thousand_times_names_twenty_places_and_how_many_there_are() -> None:
    for text in ("k: 1\n" * 1000, "a:\n" + "  k: 1\n" * 1000, "{" + "k: 1, " * 1000 + "}\n"):
        (problem,) = Document.parse(text).problems()
        assert len(problem.related) == 21
        assert problem.related[-1].message == "and here again, and at 978 more places"


def test_keys_count_as_they_are_written() -> None:
    document = Document.parse("1: a\ntrue: b\n~: c\n017: d\n'x y': e\n? [f, 1]\n: g\n")
    assert document.data(0) == {"1": "a", "true": "b", "~": "c", "017": "d", "x y": "e", '["f",1]': "g"}
    assert [problem.code for problem in Document.parse("1: a\n'1': b\n").problems()] == ["duplicate-key"]


def test_the_core_schema_resolves_what_it_names_and_nothing_else() -> None:
    text = (
        "[yes, on, 1_000, 0b1, 12:30:45, 2024-01-31, 0o17, 017, 1e3, 0x1F, .5, ~, null, TRUE, '1', -.inf, 1.]"
    )
    values = [
        "yes",
        "on",
        "1_000",
        "0b1",
        "12:30:45",
        "2024-01-31",
        15,
        17,
        1000.0,
        31,
        0.5,
        None,
        None,
        True,
        "1",
    ]
    assert Document.parse(text).data(0) == [*values, float("-inf"), 1.0]


def test_a_tab_behind_a_colon_is_accepted_and_a_pair_of_surrogates_is_one_character() -> None:
    document = Document.parse('a:\tb\nc: "\\ud83d\\ude00"\n')
    assert (document.data(0), document.problems()) == ({"a": "b", "c": "\U0001f600"}, [])
    (problem,) = Document.parse('c: "x\\ud83d"\n').problems()
    assert (problem.code, problem.span) == ("yaml-syntax", Span(0, 5, 0, 11))


def test_merges_yield_to_own_keys_and_earlier_merges_to_none() -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  x: 0\n  <<: [*a, *b]\n"
    document = Document.parse(text)
    assert document.data(0)["c"] == {"x": 0, "y": 1, "z": 2}
    assert document.problems() == []
    problems = Document.parse(text + "  <<: *a\n").problems()
    assert [(problem.code, problem.span.line) for problem in problems] == [("duplicate-key", 5)]


def test_each_document_of_a_stream_has_its_own_anchors() -> None:
    document = Document.parse("a: &a 1\n---\nb: *a\n")
    assert [root.data for root in document.roots] == [{"a": 1}, {"b": None}]
    assert [(problem.code, problem.span) for problem in document.problems()] == [
        ("undefined-alias", Span(2, 3, 2, 5))
    ]


def test_a_tag_that_means_nothing_is_a_warning_at_the_tag() -> None:
    (problem,) = Document.parse("condition: !output.ok\n").problems()
    assert (problem.code, problem.span) == ("unknown-tag", Span(0, 11, 0, 21))
    assert "'!output.ok'" in problem.message
