"""A node that took an id which it may not have is one finding, though edges still say its own name."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.fixes import fixed

from .test_one_slip import TEXT, checked, said


def with_fix(text: str, catalog: Catalog) -> str:
    """*text* with the fix that is offered, and not made without people."""
    found = checked(text, catalog)
    return fixed(found.document, found.findings()).lines.text()


@pytest.mark.parametrize(
    ("right", "slip", "message"),
    [
        ("id: sign", "id: ask", "ask | duplicate-node-id: two nodes are called 'ask'; an id stands for one"),
        ("id: help", "id: ask", "ask | duplicate-node-id: two nodes are called 'ask'; an id stands for one"),
        (
            "id: wait",
            "id: END",
            "END | reserved-id: 'END' is always there and never listed; call this node something else",
        ),
        (
            "id: sign",
            "id: input",
            "input | reserved-id: 'input' is reserved: references use the word; call this node something else",
        ),
    ],
)
def test_an_id_that_is_not_its_own_is_one_finding(
    right: str, slip: str, message: str, catalog: Catalog
) -> None:
    text = TEXT.replace(right, slip, 1)
    assert said(text, catalog) == [message]
    (found,) = checked(text, catalog).findings()
    (fix,) = found.fixes
    assert fix.title == f"Call this node '{right.removeprefix('id: ')}'"
    assert not fix.is_certain
    assert with_fix(text, catalog) == TEXT


def test_where_two_names_are_lost_each_is_told(catalog: Catalog) -> None:
    text = TEXT.replace("id: sign", "id: ask", 1).replace("id: wait", "id: ask", 1)
    assert sorted(one.partition(" | ")[2].partition(":")[0] for one in said(text, catalog)) == [
        "duplicate-node-id",
        "edge-unknown-node",
        "edge-unknown-node",
    ]


def test_a_name_that_is_a_slip_stays_one(catalog: Catalog) -> None:
    text = TEXT.replace("id: sign", "id: ask", 1).replace("to: help", "to: hepl", 1)
    codes = [one.partition(" | ")[2].partition(":")[0] for one in said(text, catalog)]
    assert sorted(codes) == ["duplicate-node-id", "edge-unknown-node"]


@pytest.mark.parametrize(
    ("slip", "token", "code"), [("id: wa.it", "wa.it", "invalid-value"), ("id: 7", "7", "wrong-type")]
)
def test_an_id_that_is_none_is_told_with_the_name_that_edges_use(
    slip: str, token: str, code: str, catalog: Catalog
) -> None:
    text = TEXT.replace("id: wait", slip, 1)
    (found,) = said(text, catalog)
    assert found.startswith(f"{token} | {code}: 'id' must be text")
    (one,) = checked(text, catalog).findings()
    assert {related.message for related in one.related} == {"this is meant to be it"}
    assert not one.fixes[0].is_certain
    assert with_fix(text, catalog) == TEXT
