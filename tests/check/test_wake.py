"""What a fault of syntax leads to is not told beside it."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.fixes import fixed
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


@pytest.mark.parametrize(
    "condition",
    [
        '"o"utput.decision == \'bug\'"',
        "\"output.decision == 'bug'",
        "\"output.decision == 'bug\"'",
        "'output.decision == 'bog''",
        "\"output.decisoin == 'bug' \\d\"",
        "@output.decision",
    ],
)
@pytest.mark.parametrize("is_flow", [False, True])
def test_nothing_is_said_of_a_condition_that_is_no_sound_text(
    condition: str, is_flow: bool, catalog: Catalog
) -> None:
    block = "  - from: classify\n    to: search\n    condition: output.decision == 'bug'\n"
    flow = f"  - {{from: classify, to: search, condition: {condition}}}\n"
    assert MAIN.count(block) == 1
    edge = flow if is_flow else block.replace("output.decision == 'bug'", condition)
    assert [code for _, code in found_in(MAIN.replace(block, edge), catalog)] == ["yaml-syntax"]


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


def messages(text: str, catalog: Catalog) -> list[tuple[int, str]]:
    """Line, from 1, and message of every finding."""
    found = check(Document.parse(text), catalog, is_named=True).findings()
    return [(one.span.line + 1, one.message) for one in found]


def test_a_lost_dash_is_told_where_the_item_begins(catalog: Catalog) -> None:
    assert messages(written(13, "    id: classify", instead=True), catalog) == [
        (13, "'id', 'type' and 'config' are given twice in one item; write '- id' if another begins here")
    ]
    assert messages(written(19, "    id: search", "    id: other", instead=True), catalog) == [
        (19, "'id', 'type' and 'config' are given twice in one item; write '- id' if another begins here")
    ]


def test_keys_that_are_given_twice_for_other_reasons_are_told_one_by_one(catalog: Catalog) -> None:
    answers = "      options: [bug, money, other]"
    text = written(17, answers, "      prompt: x", answers, instead=True)
    assert found_in(text, catalog) == [(18, "duplicate-key"), (19, "duplicate-key")]
    text = written(46, "    type: HUMAN_INPUT").replace("    retry:", "    type: CLAUDE_CODE\n    retry:")
    assert found_in(text, catalog) == [(25, "duplicate-key"), (48, "duplicate-key")]


@pytest.mark.parametrize("row", [4, 5, 6, 8, 18, 27, 52, 53, 54, 60])
def test_a_mark_that_tears_a_workflow_is_told_and_its_fix_mends_it(row: int, catalog: Catalog) -> None:
    checked = check(Document.parse(written(row, "---")), catalog)
    (finding,) = checked.findings()
    assert (finding.code, finding.span.line + 1) == ("yaml-syntax", row)
    assert fixed(checked.document, [finding]).lines.text() == MAIN


@pytest.mark.parametrize(
    "text",
    [
        MAIN + "---\n" + MAIN.replace("support", "other"),
        MAIN + "---\n" + "\n".join("  " + line for line in MAIN.replace("support", "other").split("\n")),
        MAIN + "---\na: 1\n",
        MAIN + "...\n---\n  - a\n",
    ],
)
def test_documents_of_their_own_are_not_torn(text: str, catalog: Catalog) -> None:
    assert not any("'---'" in one.message for one in check(Document.parse(text), catalog).findings())


def test_a_key_that_is_broken_in_two_is_told_where_it_breaks(catalog: Catalog) -> None:
    assert found_in(written(6, "    ty", "    pe: FILE_READ", instead=True), catalog) == [(6, "yaml-syntax")]
    assert found_in(written(6, "    ty", "    po: FILE_READ", instead=True), catalog) == [
        (6, "yaml-syntax"),
        (7, "unknown-field"),
    ]


def test_a_first_key_that_stands_too_far_is_told_itself(catalog: Catalog) -> None:
    text = written(13, "  -  id: classify", instead=True)
    assert messages(text, catalog) == [
        (13, "this key is indented by 5, those below it by 4; align them"),
    ]


def test_a_blank_that_is_no_space_is_named(catalog: Catalog) -> None:
    text = written(14, "\u00a0\u00a0\u00a0\u00a0type: LLM_DECISION", instead=True)
    assert messages(text, catalog) == [
        (14, "this blank is no space and cannot indent a line; use spaces"),
    ]
