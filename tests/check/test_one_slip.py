"""One slip of a mark or a blank: one finding, on what is wrong, which says what belongs there, and mends it where that is certain."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.check.mending import mended
from darwinflow.document.document import Document

TEXT = """\
id: assistant
version: 1
nodes:
  - id: ask
    type: LLM_DECISION
    config:
      prompt: Who signs?
      options: [Anna, Otto]
  - id: sign
    type: CLAUDE_CODE
    config: {prompt: Sign it}
  - {id: help, type: HUMAN_INPUT}
  - id: wait
    type: HUMAN_INPUT
edges:
  - {from: START, to: ask}
  - {from: ask, to: sign, condition: "output.decision == 'Anna'"}
  - {from: ask, to: help, condition: "output.decision == 'Otto'"}
  - from: sign
    to: wait
  - from: help
    to: wait
  - {from: wait, to: END}
"""
LAST = "{from: wait, to: END}"


def checked(text: str, catalog: Catalog) -> Checked:
    return check(Document.parse(text), catalog, is_named=True)


def said(text: str, catalog: Catalog) -> list[str]:
    """Of each finding: the token, its code, what it says."""
    found = checked(text, catalog)
    lines = found.document.lines
    return [
        f"{lines[one.span.line][one.span.column : one.span.end_column]} | {one.code}: {one.message}"
        for one in found.findings()
    ]


def after_fixes(text: str, catalog: Catalog) -> str:
    found, _ = mended(checked(text, catalog), lambda document: check(document, catalog, is_named=True))
    assert found.findings() == ()
    return found.document.lines.text()


def test_the_text_is_sound(catalog: Catalog) -> None:
    assert said(TEXT, catalog) == []


COMMAS = [
    ("{from: wait to: END}", "to | yaml-syntax: a ',' is missing before 'to'"),
    ("{from: wait -> to: END}", "-> | yaml-syntax: a ',' stands between two entries, not '->'"),
    ("{from: wait: to: END}", ": | yaml-syntax: a ',' stands between two entries, not ':'"),
    ("{from: wait; to: END}", "; | yaml-syntax: a ',' stands between two entries, not ';'"),
    ("{from: wait\uff0c to: END}", "\uff0c | yaml-syntax: a ',' stands between two entries, not '\uff0c'"),
    ('{from: "wait" to: END}', "to | yaml-syntax: a ',' is missing before 'to'"),
]  # fmt: skip


@pytest.mark.parametrize(("slip", "finding"), COMMAS)
def test_a_comma_that_is_missing_is_told_where_it_belongs(slip: str, finding: str, catalog: Catalog) -> None:
    text = TEXT.replace(LAST, slip)
    assert said(text, catalog) == [finding]
    assert after_fixes(text, catalog).replace('"wait"', "wait") == TEXT


def test_a_comma_is_missing_before_a_condition(catalog: Catalog) -> None:
    text = TEXT.replace("to: sign, condition", "to: sign condition")
    assert said(text, catalog) == ["condition | yaml-syntax: a ',' is missing before 'condition'"]
    assert after_fixes(text, catalog) == TEXT


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("Note: sign it", ": | yaml-syntax: a value without quotes cannot hold ': '; quote it"),
        ("Please note this: sign", "this | yaml-syntax: a ',' is missing before 'this'; a text that holds ': ' wants quotes"),
    ],
)  # fmt: skip
def test_a_colon_in_a_text_wants_quotes(text: str, finding: str, catalog: Catalog) -> None:
    found = said(TEXT.replace("{prompt: Sign it}", f"{{prompt: {text}}}"), catalog)
    assert found == [finding]
