"""Which decisions make a condition true."""

import pytest

from darwinflow.check.cel import parsed
from darwinflow.check.references.decisions import comparisons, is_never_true, outcome

A, B = {"": "a"}, {"": "b"}


@pytest.mark.parametrize(
    ("text", "for_a", "for_b"),
    [
        ("output.decision == 'a'", True, False),
        ("'a' == output.decision", True, False),
        ("output[\"decision\"] != 'a'", False, True),
        ("!(output.decision == 'a')", False, True),
        ("output.decision in ['a', 'c']", True, False),
        ("output.decision in ['a', input.x]", True, None),
        ("output.decision == 'a' && input.ok", None, False),
        ("output.decision == 'a' || input.ok", True, None),
        ("output.decision == 'a' ? true : false", True, False),
        ("input.ok ? output.decision == 'a' : output.decision == 'a'", True, False),
        ("output.decision == 'a' && output.decision == 'b'", False, False),
        ("other.output.decision == 'a'", None, None),
        ("output.decision.size() == 1", None, None),
        ("output.decision.x == 'a'", None, None),
        ("input.list.exists(x, x == output.decision)", None, None),
        ("false", False, False),
        ("false && input.ok", False, False),
    ],
)
def test_a_decision_settles_a_condition_or_does_not(
    text: str, for_a: bool | None, for_b: bool | None
) -> None:
    tree = parsed(text).tree
    assert tree is not None
    assert outcome(tree, A.get) is for_a
    assert outcome(tree, B.get) is for_b


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("false", True),
        ("!true || false", True),
        ("output.decision == 'a' && output.decision == 'b'", True),
        ("output.decision == 'a' && output.decision != 'a'", True),
        ("output.decision != 'a' && output.decision != 'b'", False),
        ("output.decision == 'a' && x.output.decision == 'b'", False),
        ("output.ok == false", False),
        ("'a' == 'b'", False),
        ("output.decision == 'a' && false", True),
    ],
)
def test_a_condition_that_no_decision_makes_true_is_known(text: str, never: bool) -> None:
    tree = parsed(text).tree
    assert tree is not None
    assert is_never_true(tree) is never


def test_comparisons_are_found_with_who_decides_and_where_the_answer_stands() -> None:
    text = "output.decision == 'a' && (nodes[\"n n\"].output.decision in ['b', \"c\"] || 'd' != m.output.decision)"
    tree = parsed(text).tree
    assert tree is not None
    found = [(one.decider, one.answer, text[one.offset :][:3]) for one in comparisons(tree)]
    assert found == [("", "a", "'a'"), ("n n", "b", "'b'"), ("n n", "c", '"c"'), ("m", "d", "'d'")]
