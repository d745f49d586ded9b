"""A list under the key of the other one is one finding, at that key, with its right name as the fix."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import TEXT, after_fixes, checked, said


@pytest.mark.parametrize("flush", [False, True])
@pytest.mark.parametrize(("right", "wrong"), [("nodes", "edges"), ("edges", "nodes")])
def test_the_key_of_the_other_list_is_told_where_it_stands(
    right: str, wrong: str, flush: bool, catalog: Catalog
) -> None:
    whole = TEXT.replace("\n  ", "\n") if flush else TEXT
    assert said(whole, catalog) == []
    text = whole.replace(f"\n{right}:\n", f"\n{wrong}:\n")
    (found,) = checked(text, catalog).findings()
    assert text.split("\n")[found.span.line] == f"{wrong}:"
    assert found.span.line == whole.split("\n").index(f"{right}:")
    assert found.message == f"this is the list of '{right}', and its key is '{wrong}'; write '{right}'"
    assert after_fixes(text, catalog) == whole


def test_a_list_that_is_given_twice_is_no_other_one(catalog: Catalog) -> None:
    found = said(TEXT + "edges:\n  - {from: wait, to: END}\n", catalog)
    assert any("'edges' is given twice in one mapping; keep one" in one for one in found)


def test_nodes_and_edges_in_one_list_are_told_as_before(catalog: Catalog) -> None:
    text = TEXT.replace("\nedges:\n", "\n") + "nodes:\n  - {id: late, type: HUMAN_INPUT}\n"
    found = said(text, catalog)
    assert not any("its key is" in one for one in found)
