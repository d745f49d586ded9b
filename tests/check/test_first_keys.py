"""A first key that stands out of line with those below it is told itself, and mended with a slip in its name."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import TEXT, after_fixes, checked, said

WHOLE = TEXT.replace(
    "version: 1\n", "version: 1\nmetadata:\n  createdBy: user\n  reasoning: First\n"
).replace("    config: {prompt: Sign it}\n", "    config:\n      prompt: Sign it\n      model: small\n")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("      prompt: Who", "     prompt: Who"),
        ("      prompt: Who", "       prompt: Who"),
        ("      prompt: Who", "     p rompt: Who"),
        ("      prompt: Sign", "     promt: Sign"),
        ("      prompt: Sign", "       promt: Sign"),
        ("  createdBy", " createdBy"),
        ("  createdBy", "   created By"),
    ],
)
def test_a_first_key_out_of_line_is_told_and_mended(right: str, wrong: str, catalog: Catalog) -> None:
    text = WHOLE.replace(right, wrong)
    (found,) = said(text, catalog)
    assert "yaml-syntax: this key is indented by" in found
    assert found.startswith(wrong.partition(":")[0].strip())
    assert after_fixes(text, catalog) == WHOLE


@pytest.mark.parametrize(
    "wrong",
    [
        "        prompt: Sign it\n      model: small\n",
        "     prompt: Sign it\n     model: small\n      tools: [a]\n",
    ],
)
def test_where_no_more_keys_are_below_it_nothing_is_mended(wrong: str, catalog: Catalog) -> None:
    text = WHOLE.replace("      prompt: Sign it\n      model: small\n", wrong)
    (found,) = checked(text, catalog).findings()
    assert found.code == "yaml-syntax"
    assert not found.fixes
