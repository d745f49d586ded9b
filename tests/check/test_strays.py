"""A character at the first column before the dash of an item: one finding, and the rules of the graph wait for what is torn off."""

from time import process_time

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import TEXT, after_fixes, said


@pytest.mark.parametrize(
    ("right", "slip", "mark"),
    [
        ("  - {from: ask, to: sign", "_ - {from: ask, to: sign", "_"),
        ("  - {from: ask, to: help", "x - {from: ask, to: help", "x"),
        ("  - from: sign", ". - from: sign", "."),
        ("  - id: sign", "_ - id: sign", "_"),
        ("  - {id: help", "jk  - {id: help", "jk"),
    ],
)
def test_a_mark_before_a_dash_is_one_finding(right: str, slip: str, mark: str, catalog: Catalog) -> None:
    text = TEXT.replace(right, slip)
    assert said(text, catalog) == [
        f"{mark} | yaml-syntax: '{mark}' stands before the '-' of an item; remove it"
    ]
    assert after_fixes(text, catalog) == TEXT


def test_text_where_no_list_goes_on_is_no_such_mark(catalog: Catalog) -> None:
    assert not any("stands before the '-'" in one for one in said(f"a - b\nx: c\n{TEXT}", catalog))


def test_many_such_marks_cost_little(catalog: Catalog) -> None:
    text = TEXT.replace("edges:\n", "edges:\n" + "x - a: b: c\n" * 5_000)
    begun = process_time()
    assert said(text, catalog)
    assert process_time() - begun < 2
