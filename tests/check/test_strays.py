"""A character at the first column before what belongs further in: one finding, and what is torn off is not judged."""

from time import process_time

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import TEXT, after_fixes, checked, said


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


@pytest.mark.parametrize("is_typed_over", [True, False])
@pytest.mark.parametrize("mark", ["_", "x", "."])
def test_at_every_line_it_is_one_finding_and_mended(mark: str, is_typed_over: bool, catalog: Catalog) -> None:
    """But for a letter behind one: the two may have been on one line."""
    lines = TEXT.splitlines(keepends=True)
    tried = 0
    for row, line in enumerate(lines):
        if not line.startswith(" "):
            continue
        text = "".join([*lines[:row], mark + line[is_typed_over:], *lines[row + 1 :]])
        (found,) = checked(text, catalog).findings()
        assert (found.span.line, found.span.end_column) == (row, 1)
        if mark.isalnum() and lines[row - 1].rstrip()[-1:].isalnum():
            assert [fix.is_certain for fix in found.fixes] == [False]
        else:
            assert after_fixes(text, catalog) == TEXT
        tried += 1
    assert tried == 19


def test_a_key_of_two_words_that_fits_in_nowhere_stays_one(catalog: Catalog) -> None:
    assert said(TEXT.replace("nodes:", "my key: 1\nnodes:"), catalog)[0].startswith("my key | unknown-field")


def test_a_key_below_an_item_in_brackets_belongs_to_nothing_there(catalog: Catalog) -> None:
    text = "edges:\n- {from: START, to: a}\n, retry: 0\nid: x\nversion: 1\nnodes: []\n"
    found = checked(text, catalog).findings()
    assert not any("belongs to what is above" in one.message for one in found)


def test_many_such_marks_cost_little(catalog: Catalog) -> None:
    text = TEXT.replace("edges:\n", "edges:\n" + "x - a: b: c\n" * 5_000)
    begun = process_time()
    assert said(text, catalog)
    assert process_time() - begun < 2
