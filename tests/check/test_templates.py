"""Texts are texts: what only looks like a template of this document may be meant for somebody else."""

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document

TEXT = """\
id: a
version: 1
inputs: {lang: string}
nodes:
  - id: build
    type: TOOL_CALL
    config: {tool: bash, args: {script: 'echo "SCRIPT"'}}
  - {id: say, type: CLAUDE_CODE, config: {prompt: "In ${input.lang}: PROMPT", context: [input.lang]}}
edges:
  - {from: START, to: build}
  - {from: build, to: say}
  - {from: say, to: END}
"""


def said(text: str, catalog: Catalog) -> list[tuple[str, str]]:
    return [(one.severity, one.code) for one in check(Document.parse(text), catalog).findings()]


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("PROMPT", "In Terraform use ${input.region}"),
        ("SCRIPT", "${result.output} ${steps.build.output} ${{ steps.build.output }}"),
    ],
)
def test_what_no_name_of_the_document_is_near_is_not_told(place: str, words: str, catalog: Catalog) -> None:
    assert said(TEXT.replace(place, words), catalog) == []


@pytest.mark.parametrize(
    ("words", "code"), [("${input.lagn}", "unknown-input"), ("${biuld.output}", "template-unknown-node")]
)
def test_a_slip_in_a_text_is_a_warning(words: str, code: str, catalog: Catalog) -> None:
    assert said(TEXT.replace("PROMPT", words), catalog) == [("warning", code)]


def test_a_slip_that_a_context_holds_too_is_an_error_once(catalog: Catalog) -> None:
    assert said(TEXT.replace("input.lang", "input.lagn"), catalog) == [("error", "unknown-input")]


TWICE = """\
id: mentioning
version: 1
inputs: {topic: string}
nodes:
  - id: fetch
    type: FILE_READ
    config: {path: "${input.topic}/docs"}
  - id: answer
    type: CLAUDE_CODE
    config:
    config:
      prompt: |
        Say of ${input.topci} what is there.
      prompt: |
        Say of ${input.topci} what is there.
      context: [fetch.output]
edges:
  - {from: START, to: fetch}
  - {from: fetch, to: answer}
  - {from: answer, to: END}
"""


def test_of_a_text_whose_key_is_given_twice_the_last_is_read(catalog: Catalog) -> None:
    found = check(Document.parse(TWICE), catalog).findings()
    (told,) = [one for one in found if one.code != "duplicate-key"]
    assert (told.code, told.span.line, told.related) == ("unknown-input", 14, ())
    first, last = TWICE.split("      context")
    mended = "topic".join(first.rsplit("topci", 1)) + "      context" + last
    assert said(mended, catalog) == [("error", "duplicate-key")] * 2
