"""A comma or a dot lost among references is what is told, and put back only where that is certain."""

import pytest

from darwinflow.catalog.catalog import Catalog

from .test_one_slip import after_fixes, checked, said

TEXT = """\
id: assistant
version: 1
nodes:
  - {id: read, type: FILE_READ, config: {path: a}}
  - {id: my node, type: FILE_READ, config: {path: b}}
  - id: think
    type: CLAUDE_CODE
    config:
      prompt: Go
      context: CONTEXT
edges:
  - {from: START, to: read}
  - {from: read, to: my node}
  - {from: my node, to: think}
  - {from: think, to: END}
"""
NEXT_LINE = "'input.x' is an item of its own; write it on the next line, behind '- '"
DASHES = "\n      - "

MENDED = [
    ("[read.output my node.output.body, input]", "my node.output.body", "a ',' is missing before 'my node.output.body'", "[read.output, my node.output.body, input]"),
    ("[read.output.body input.x]", "input.x", "a ',' is missing before 'input.x'", "[read.output.body, input.x]"),
    ("[read.output read.output.body my node.output]", "read.output.body", "a ',' is missing before 'read.output.body'", "[read.output, read.output.body, my node.output]"),
    ("[\n        read.output\n        input.x]", "input.x", "a ',' is missing before 'input.x'", "[\n        read.output,\n        input.x]"),
    ('["read.output input.x"]', "input.x", "a ',' is missing before 'input.x'", '["read.output", "input.x"]'),
    ("[read input.x]", "input.x", "a ',' is missing before 'input.x'", "[read.output, input.x]"),
    (f"{DASHES}read.output input.x", "input.x", NEXT_LINE, f"{DASHES}read.output{DASHES}input.x"),
    (f"{DASHES}'read.output input.x'", "input.x", NEXT_LINE, f"{DASHES}'read.output'{DASHES}'input.x'"),
    ("[read.outputlog.text]", "read.outputlog.text", "'read.outputlog.text' is no reference; did you mean 'read.output.log.text'?", "[read.output.log.text]"),
    ("[readoutput.log]", "readoutput.log", "'readoutput.log' is no reference; did you mean 'read.output.log'?", "[read.output.log]"),
    ("[read.outputs.log]", "read.outputs.log", "'read.outputs.log' is no reference; did you mean 'read.output.log'?", "[read.output.log]"),
    ("[read.outpu.tlog]", "read.outpu.tlog", "'read.outpu.tlog' is no reference; did you mean 'read.output.log'?", "[read.output.log]"),
    ("[read.ou.tput.log]", "read.ou.tput.log", "'read.ou.tput.log' is no reference; did you mean 'read.output.log'?", "[read.output.log]"),
    ("[read.outpu.t]", "read.outpu.t", "'read.outpu.t' is no reference; did you mean 'read.output'?", "[read.output]"),
    ("[re.ad.output.log]", "re.ad.output.log", "'re.ad.output.log' is no reference; did you mean 'read.output.log'?", "[read.output.log]"),
    ("[read.output/log]", "read.output/log", "'read.output/log' is no reference; did you mean 'read.output.log'?", "[read.output.log]"),
    ("[read.text]", "read.text", "'read.text' is no reference; did you mean 'read.output.text'?", "[read.output.text]"),
]  # fmt: skip


@pytest.mark.parametrize(("context", "token", "message", "mend"), MENDED)
def test_what_is_lost_is_put_back(
    context: str, token: str, message: str, mend: str, catalog: Catalog
) -> None:
    text = TEXT.replace("CONTEXT", context)
    assert said(text, catalog) == [f"{token} | context-syntax: {message}"]
    assert after_fixes(text, catalog) == TEXT.replace("CONTEXT", mend)


@pytest.mark.parametrize(
    ("context", "advice"),
    [
        ("[read.outputx]", "did you mean 'read.output.x'?"),
        ("[read.output log]", "did you mean 'read.output.log'?"),
        ("[read.output raed.text]", "write input.NAME or NODE.output"),
        ("[read.the log]", "write input.NAME or NODE.output"),
        ("[inputrequest]", "did you mean 'input.request'?"),
    ],
)
def test_what_may_be_meant_otherwise_is_left_to_the_author(
    context: str, advice: str, catalog: Catalog
) -> None:
    (found,) = checked(TEXT.replace("CONTEXT", context), catalog).findings()
    assert found.message == f"'{context[1:-1]}' is no reference; {advice}"
    assert not any(fix.is_certain for fix in found.fixes)


@pytest.mark.parametrize("context", ["[my node.output, read.output.a key]", "[my node.output.my node]"])
def test_blanks_in_names_separate_nothing(context: str, catalog: Catalog) -> None:
    assert said(TEXT.replace("CONTEXT", context), catalog) == []


@pytest.mark.parametrize("context", ["[read.output, my no", "[re", "[read.output inpu"])
def test_a_reference_that_is_being_typed_is_none_to_speak_of(context: str, catalog: Catalog) -> None:
    (found,) = said(TEXT.replace("CONTEXT", context), catalog)
    assert found == "[ | yaml-syntax: '[' is never closed; add ']'"
