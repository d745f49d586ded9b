"""Of several slips in one place, of which each shows when the one before it is mended, `--fix` mends all or none."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.check.mending import mended
from darwinflow.document.document import Document

from .test_one_slip import LAST, TEXT


def after_fixes(text: str, catalog: Catalog) -> tuple[Checked, int]:
    def checked(document: Document) -> Checked:
        return check(document, catalog, is_named=True)

    return mended(checked(Document.parse(text)), checked)


@pytest.mark.parametrize(
    ("right", "wrong", "count"),
    [
        (LAST, "{from:wait, to:EDN}", 2),
        (LAST, "{form: wiat, to: END}", 2),
        ("type: CLAUDE_CODE", "type:CLAUDE_COED", 2),
        ("type: CLAUDE_CODE", "tpye: CLAUDE_COED", 2),
        ("condition: \"output.decision == 'Anna'\"", "conditon: \"output.decison = 'Anna'\"", 3),
        ("{id: help, type: HUMAN_INPUT}", "{id: help type: HUMAN_INPTU}", 2),
        ("- from: sign\n", "- form: sing\n", 2),
    ],
)
def test_all_are_mended(right: str, wrong: str, count: int, catalog: Catalog) -> None:
    found, fixes = after_fixes(TEXT.replace(right, wrong), catalog)
    assert (found.document.lines.text(), fixes, found.findings()) == (TEXT, count, ())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("condition: \"output.decision == 'Anna'\"", "condition: \"output.decision = 'Ana'\""),
        ("options: [Anna, Otto]", "optons: [Ana, Otto]"),
        (LAST, f"{LAST}\n  - {{from: wait, to: EDN}}"),
    ],
)
def test_the_first_alone_is_not_mended(right: str, wrong: str, catalog: Catalog) -> None:
    """What the last slip is meant to be is not plain, or would be taken away."""
    text = TEXT.replace(right, wrong)
    found, fixes = after_fixes(text, catalog)
    assert (found.document.lines.text(), fixes) == (text, 0)
