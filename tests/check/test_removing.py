"""The fix of an edge that stands twice takes its lines and nothing else."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.fixes import fixed
from darwinflow.document.document import Document

HEAD = """\
id: greet
version: 1
nodes:
  - {id: look, type: FILE_READ, config: {path: names.txt}}
edges:
  - {from: START, to: look}
"""


def mended(catalog: Catalog, edges: str) -> str | None:
    """The text of *edges* once the first finding is mended; None where it has no fix."""
    document = Document.parse(HEAD + edges)
    (finding, *_) = [one for one in check(document, catalog).findings() if one.code == "duplicate-edge"]
    if not finding.fixes:
        return None
    after = fixed(document, [finding])
    assert not [one for one in check(after, catalog).findings() if one.code == "duplicate-edge"]
    return after.lines.text().removeprefix(HEAD)


KEPT = "  - {from: look, to: END}\n"


@pytest.mark.parametrize(
    ("again", "left"),
    [
        ("  - {from: look, to: END}\n", ""),
        ("  - {from: look, to: END}", ""),
        ("  - from: look\n    to: END\n", ""),
        ("  - to: END\n    from: [look]\n", ""),
        ("  - {from: look, to: END} # why\n", "  # why\n"),
        ("  # above\n  - from: look # the first\n    # between\n    to: END\n\n", "  # above\n  # the first\n    # between\n\n"),
        ("  - {from: look,  # half\n     to: [END]}  # whole\n", "  # half\n     # whole\n"),
        ("  - {from: look, to: END}\n  - {to: END, from: look}\n# behind\n", "# behind\n"),
        ("  - {from: look, to: END}\r\n# behind\r\n", "# behind\r\n"),
    ],
)  # fmt: skip
def test_an_edge_goes_and_comments_stay(catalog: Catalog, again: str, left: str) -> None:
    assert mended(catalog, KEPT + again) == KEPT + left


@pytest.mark.parametrize(
    "edges",
    [
        KEPT + "  - {from: look, to: END, metadata: {why: more}}\n",
        KEPT + "  - {from: look, to: [END, look]}\n",
        KEPT + "  - {from: [look, look], to: END}\n",
        KEPT + "  - &again {from: look, to: END}\n",
        KEPT + "  - {from: &name look, to: END}\n",
    ],
)
def test_an_edge_that_says_more_than_the_first_has_no_fix(catalog: Catalog, edges: str) -> None:
    assert mended(catalog, edges) is None


def test_an_edge_in_brackets_has_no_fix(catalog: Catalog) -> None:
    text = HEAD.replace("edges:\n  - {from: START, to: look}\n", "")
    document = Document.parse(
        text + "edges: [{from: START, to: look}, {from: look, to: END}, {from: look, to: END}]\n"
    )
    (finding,) = check(document, catalog).findings()
    assert finding.code == "duplicate-edge"
    assert finding.fixes == ()


def test_a_condition_in_a_block_goes_with_all_its_lines(catalog: Catalog) -> None:
    condition = "  - from: look\n    to: END\n    condition: >-\n      output.ok\n      # no comment\n"
    document = Document.parse(HEAD + condition.replace("      # no comment\n", "") * 2)
    (finding,) = [one for one in check(document, catalog).findings() if one.code == "duplicate-edge"]
    after = fixed(document, [finding]).lines.text()
    assert after == HEAD + condition.replace("      # no comment\n", "")
