"""What a fault of syntax leads to is not told beside it."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document

from .typos import MAIN


def found_in(text: str, catalog: Catalog) -> list[tuple[int, str]]:
    """Line, from 1, and code of every finding."""
    found = check(Document.parse(text), catalog, is_named=True).findings()
    return [(one.span.line + 1, one.code) for one in found]


def written(row: int, *lines: str, instead: bool = False) -> str:
    """The sound workflow with *lines* above line *row*, or *instead* of it."""
    old = MAIN.split("\n")
    return "\n".join([*old[: row - 1], *lines, *old[row if instead else row - 1 :]])


@pytest.mark.parametrize(
    "text",
    {
        "a node that opens a brace": written(9, "  - {id: prices", instead=True),
        "an edge that opens a brace": written(55, "  - {from: [guide, prices]", instead=True),
        "a list that opens a bracket": written(4, "nodes: [", instead=True),
        "a mark of a conflict above a config": written(26, "<<<<<<< HEAD"),
        "both sides of a conflict": written(28, "<<<<<<< HEAD", "    config:", "=======", "    configs:", ">>>>>>> main", instead=True),
        "a quote where an item should be": written(9, '  "'),
        "a word at the beginning of a line": written(15, "x"),
        "a node behind an asterisk": written(5, "  * id: guide", instead=True),
        "a value at the beginning of a line": written(54, "    to:", "[guide, prices]", instead=True),
        "a key whose quote is never closed": written(8, '      "path: guide.md', instead=True),
        "a text in braces that is never closed": written(66, '  - {from: search, to: "mend}', instead=True).replace("    to: mend\n", "", 1),
    }.items(),
    ids=lambda case: case[0],
)  # fmt: skip
def test_what_a_fault_of_syntax_leads_to_is_not_told(text: tuple[str, str], catalog: Catalog) -> None:
    found = found_in(text[1], catalog)
    assert [code for _, code in found] == ["yaml-syntax"], found
    old, new = MAIN.split("\n"), text[1].split("\n")
    changed = next(at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other)
    assert found[0][0] in (changed + 1, changed + 2)


def test_a_conflict_is_told_as_one(catalog: Catalog) -> None:
    marks = written(26, "<<<<<<< HEAD").split("\n")
    marks[30:30] = ["<<<<<<< HEAD", "=======", ">>>>>>> main"]
    found = check(Document.parse("\n".join(marks)), catalog, is_named=True).findings()
    assert [(one.span.line + 1, one.message.split(";")[0]) for one in found] == [
        (26, "a merge left this mark of a conflict"),
        (31, "a merge left this mark of a conflict"),
    ]


def test_a_fault_far_from_another_is_told_too(catalog: Catalog) -> None:
    lines = written(9, "  - {id: prices", instead=True).split("\n")
    lines[44] = lines[44].replace("- id", "- {id")
    assert found_in("\n".join(lines), catalog) == [(9, "yaml-syntax"), (45, "yaml-syntax")]


def test_what_else_is_wrong_stays_where_a_fault_spills_nothing(catalog: Catalog) -> None:
    text = written(12, '      path: "prices.md', instead=True).replace("type: TOOL_CALL", "type: TOOL_CAL")
    assert found_in(text, catalog) == [(12, "yaml-syntax"), (20, "unknown-node-type")]


def test_nodes_that_may_be_there_are_not_missed(catalog: Catalog) -> None:
    """In the list that is torn; a slip in a name that is known is told all the same."""
    text = written(20, "x").replace("to: mend", "to: mendd")
    assert found_in(text, catalog) == [(20, "yaml-syntax"), (68, "edge-unknown-node")]
