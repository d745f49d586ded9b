"""`--fix` changes a use that is the odd one, never what is declared, and nothing where a fix leads to what was not wrong."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.fixes import fixed
from darwinflow.check.mending import mended
from darwinflow.check.odd_one import is_odd
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

TEXT = """\
id: a
version: 1
nodes:
  - id: ask
    type: LLM_DECISION
    config: {prompt: "?", options: [Ship, Stop]}
  - id: read_notes
    type: FILE_READ
    config: {path: n.txt}
  - id: ship
    type: CLAUDE_CODE
    config: {prompt: "s", context: [read_notes.output]}
edges:
  - from: START
    to: read_notes
  - {from: read_notes, to: ask}
  - {from: ask, to: ship, condition: "output.decision == 'Ship'"}
  - {from: ask, to: END, condition: "output.decision == 'Stop'"}
  - {from: ship, to: END}
"""


def after_fixes(text: str, catalog: Catalog) -> tuple[str, list[str]]:
    def checked(document: Document) -> Checked:
        return check(document, catalog)

    found, _ = mended(checked(Document.parse(text)), checked)
    return found.document.lines.text(), [finding.code for finding in found.findings()]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        pytest.param("to: read_notes", "to: read_note", id="one of three uses"),
        pytest.param("from: read_notes", "from: raed_notes", id="another of three uses"),
        pytest.param("from: START", "form: START", id="a key"),
    ],
)
def test_the_odd_spelling_is_mended(right: str, wrong: str, catalog: Catalog) -> None:
    assert after_fixes(TEXT.replace(right, wrong, 1), catalog) == (TEXT, [])


@pytest.mark.parametrize("where", ["to: %s", "context: [%s.output]", "condition: \"nodes.%s.output == 'x'\""])
def test_a_name_that_texts_take_in_too_is_one_finding_and_one_fix(where: str, catalog: Catalog) -> None:
    right = TEXT.replace('prompt: "s"', 'prompt: "s ${read_notes.output} ${read_notes.output.x}"')
    right = right.replace(
        "{from: ship, to: END}", "{from: ship, to: END, condition: \"nodes.read_notes.output == 'x'\"}"
    )
    wrong = right.replace("${read_notes.", "${raed_notes.").replace(
        where % "read_notes", where % "raed_notes"
    )
    assert wrong.count("raed_notes") == 3
    (finding,) = check(Document.parse(wrong), catalog).findings()
    assert len(finding.related) == 2
    assert after_fixes(wrong, catalog) == (right, [])


@pytest.mark.parametrize("new", ["read_note", "raed_notes", "Read_notes", "read.notes", "END", "input", "7"])
def test_an_id_that_its_uses_do_not_follow_is_left_as_it_is(new: str, catalog: Catalog) -> None:
    """Its author may have just renamed the node; the editor offers to put the old name back, too."""
    text = TEXT.replace("- id: read_notes", f"- id: {new}")
    assert after_fixes(text, catalog)[0] == text
    assert TEXT in offered(text, catalog)


def test_what_is_not_certain_names_both_ways(catalog: Catalog) -> None:
    text = TEXT.replace("- id: read_notes", "- id: read_note")
    (finding,) = check(Document.parse(text), catalog).findings()
    assert finding.message == (
        "no node is called 'read_notes'; did you mean 'read_note', or is that node to be called 'read_notes'?"
    )
    assert [fix.title for fix in finding.fixes] == [
        "Change to 'read_note'",
        "Change the id 'read_note' to 'read_notes'",
    ]
    assert text.replace("read_notes", "read_note") in offered(text, catalog)


@pytest.mark.parametrize("new", ["[ship, stop]", "[Ships, Stop]"])
def test_options_that_conditions_do_not_follow_are_left_as_they_are(new: str, catalog: Catalog) -> None:
    text = TEXT.replace("[Ship, Stop]", new)
    assert after_fixes(text, catalog)[0] == text


def test_a_node_that_only_texts_still_call_by_its_old_name_keeps_the_new_one(catalog: Catalog) -> None:
    text = TEXT.replace("[read_notes.output]", "[raed_notes.output]")
    assert after_fixes(text, catalog) == (TEXT, [])


def test_an_option_that_all_conditions_spell_otherwise_is_left_to_people(catalog: Catalog) -> None:
    text = TEXT.replace(
        "  - {from: ship,",
        "  - {from: ask, to: ask, condition: \"output.decision == 'Ship' && input.x\"}\n  - {from: ship,",
    )
    wrong = text.replace("[Ship", "[Shp")
    assert after_fixes(wrong, catalog) == (wrong, ["condition-never-true"])
    assert text in offered(wrong, catalog)


@pytest.mark.parametrize(("right", "wrong"), [("[Ship", "[Shp"), ("'Ship'", "'Shp'"), ("[Ship", "[Sihp")])
def test_an_answer_that_is_given_once_and_asked_for_once_is_left_to_people(
    right: str, wrong: str, catalog: Catalog
) -> None:
    """Which of the two is the slip, nothing tells; the editor offers both ways."""
    text = TEXT.replace(right, wrong)
    assert after_fixes(text, catalog) == (text, ["condition-never-true"])
    assert TEXT in offered(text, catalog)
    assert len(offered(text, catalog)) == 2


def offered(text: str, catalog: Catalog) -> list[str]:
    """What each fix makes of *text*, none of which is certain."""
    checked = check(Document.parse(text), catalog)
    (finding,) = checked.findings()
    assert not any(fix.is_certain for fix in finding.fixes)
    alone = [finding._replace(fixes=(fix,)) for fix in finding.fixes]
    return [fixed(checked.document, [one]).lines.text() for one in alone]


@pytest.mark.parametrize("wrong", ["- id: sihp", "to: sihp"])
def test_an_id_that_is_used_once_is_left_to_people(wrong: str, catalog: Catalog) -> None:
    right = TEXT.replace("  - {from: ship, to: END}\n", "  - {from: ask, to: END}\n")
    text = right.replace(wrong.replace("sihp", "ship"), wrong, 1)
    checked = check(Document.parse(text), catalog)
    (finding,) = [one for one in checked.findings() if one.code == "edge-unknown-node"]
    assert [fix.title.split()[1] for fix in finding.fixes] == ["to", "the"]
    assert "sihp" in after_fixes(text, catalog)[0]


@pytest.mark.parametrize(("declared", "read"), [("regoin", "region"), ("region", "regoin")])
def test_an_input_that_is_declared_once_and_read_once_is_left_to_people(
    declared: str, read: str, catalog: Catalog
) -> None:
    text = TEXT.replace("nodes:", f"inputs: {{{declared}: string}}\nnodes:").replace(
        'prompt: "s"', f'prompt: "s ${{input.{read}}}"'
    )
    assert after_fixes(text, catalog) == (text, ["unknown-input"])
    assert offered(text, catalog) == [text.replace(read, declared), text.replace(declared, read)]
    more = text.replace("path: n.txt", f'path: "${{input.{declared}}}"')
    assert after_fixes(more, catalog) == (more.replace(read, declared), [])


@pytest.mark.parametrize(
    ("uses", "other_uses", "odd"),
    [(1, 0, False), (3, 0, False), (1, 1, True), (1, 2, True), (2, 1, False), (2, 2, True)],
)
def test_a_use_is_odd_where_as_many_others_agree_with_what_is_declared(
    uses: int, other_uses: int, odd: bool
) -> None:
    assert is_odd(uses, other_uses) is odd


def test_what_a_fix_brings_to_light_does_not_hold_it_up(catalog: Catalog) -> None:
    lost = TEXT.replace("edges:", "  - {id: lost, type: HUMAN_INPUT}\nedges:") + "  - {from: lost, to: END}\n"
    assert after_fixes(lost.replace("from: START", "form: START"), catalog) == (lost, ["unreachable-node"])


@pytest.mark.parametrize(
    ("replacement", "is_made"),
    [("type: FILE_READ", True), ("tpye: FILE_READ", False), ("type: FILE_READ\n    type: FILE_READ", False)],
)
def test_a_fix_of_syntax_is_held_to_what_others_are(
    replacement: str,
    is_made: bool,
    catalog: Catalog,
) -> None:
    """What it brings to light elsewhere was there before; on the lines that it writes, nothing may be wrong."""
    broken = TEXT.replace("type: FILE_READ", "type FILE_READ").replace("options:", "optoins:")
    row = broken.split("\n").index("    type FILE_READ")
    fix = Fix("Write it anew", (Edit(Span(row, 4, row, len("    type FILE_READ")), replacement),))

    def checked(document: Document) -> Checked:
        found = check(document, catalog)
        return found.replaced(
            tuple(
                [
                    one._replace(fixes=(fix,)) if one.code == "yaml-syntax" else Finding(*one[:5])
                    for one in found.findings()
                ]
            )
        )

    before = checked(Document.parse(broken))
    assert [(one.severity, one.code) for one in before.findings()][-1] == (ERROR, "yaml-syntax")
    after, count = mended(before, checked)
    assert count == is_made
    assert (after.document.lines.text() == broken) is not is_made


@pytest.mark.parametrize(
    ("right", "wrong", "mend"),
    [
        pytest.param("edges:\n", "    edges:\n", "edges:\n", id="the key of a list below a node"),
        pytest.param(
            "[read_notes.output]", '["read_notes.output[0].x"]', '["read_notes.output.0.x"]', id="an index"
        ),
        pytest.param(
            "{from: read_notes, to: ask}",
            "{from: read_notes, to: [ask ship]}",
            "{from: read_notes, to: [ask, ship]}",
            id="a comma in brackets",
        ),
        pytest.param("[read_notes.output]", '["read_notes.*"]', None, id="a reference to everything"),
        pytest.param("output.decision == 'Ship'", "output.decisi.n == 'Ship'", None, id="a field of a slip"),
        pytest.param(
            "output.decision == 'Ship'", "output.decision.n == 'Ship'", None, id="a field of a decision"
        ),
    ],
)
def test_one_slip_is_one_finding_whose_fix_mends_the_slip_itself(
    right: str, wrong: str, mend: str | None, catalog: Catalog
) -> None:
    text = TEXT.replace(right, wrong, 1)
    (finding,) = check(Document.parse(text), catalog).findings()
    assert finding.severity == ERROR
    if mend is None:
        assert after_fixes(text, catalog) == (text, [finding.code])
    else:
        assert after_fixes(text, catalog) == (TEXT.replace(right, mend, 1), [])


def test_a_list_below_a_node_with_its_key_is_one_finding(catalog: Catalog) -> None:
    head, edges = TEXT.split("edges:\n")
    text = f"{head}    edges:\n" + "".join([f"    {line}\n" for line in edges.splitlines()])
    (finding,) = check(Document.parse(text), catalog).findings()
    assert finding.message.startswith("'edges' is out of line")
    assert after_fixes(text, catalog)[1] == []


@pytest.mark.parametrize(
    ("wrong", "is_certain"),
    [
        ("outpu.tdecision", False),
        ("outputd.ecision", False),
        ("outpu.decision", True),
        ("outputs.decision", True),
    ],
)
def test_a_dot_that_may_stand_a_letter_off_is_not_put_right_for_certain(
    wrong: str, is_certain: bool, catalog: Catalog
) -> None:
    text = TEXT.replace("output.decision ==", f"{wrong} ==", 1)
    (finding,) = check(Document.parse(text), catalog).findings()
    assert [fix.is_certain for fix in finding.fixes] == [is_certain]
