"""A bracket that has no other on its line is one finding, at the bracket."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import LAST, TEXT, said

NEVER = "[ | yaml-syntax: '[' is never closed; add the ']', or remove it"
NOTHING = "] | yaml-syntax: ']' closes nothing; remove it, or add the '['"


@pytest.mark.parametrize(
    ("slip", "finding"),
    [
        ("{from: wait,] to: END}", NOTHING),
        ("{from: wait], to: END}", NOTHING),
        ("{fr[om: wait, to: END}", NEVER),
        ("{from: wait, t[o: END}", NEVER),
        ("{from: [wait, to: END}", NEVER),
        ("{from: [wait, help, to: END}", NEVER),
        ("{from: wait, to: END]", "] | yaml-syntax: ']' cannot close '{'; write '}'"),
    ],
)
def test_a_bracket_without_its_other_is_one_finding(slip: str, finding: str, catalog: Catalog) -> None:
    assert said(TEXT.replace(LAST, slip), catalog) == [finding]


def test_a_bracket_in_a_text_is_none(catalog: Catalog) -> None:
    text = TEXT.replace("      prompt: Who signs?\n", "      prompt: Who [signs: this: \tit\n")
    assert not [one for one in said(text, catalog) if "never closed" in one]
