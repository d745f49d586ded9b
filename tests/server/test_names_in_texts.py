"""A node's id in a reference, in a text that takes its output in, and in a condition: found, shown and listed."""

import time

import pytest

from server.client import Client, place_of

URI = "untitled:letter"
TEXT = """\
id: letter
version: 1
nodes:
  - id: read
    type: FILE_READ
    config: {path: a}
  - id: write
    type: CLAUDE_CODE
    config:
      context: [read.output, input.request]
      prompt: >-
        🎉 First ${ read.output } of it,
        then ${read.output.title}, not ${reader.output}
edges:
  - {from: START, to: read}
  - {from: read, to: write, condition: "nodes['read'].output.size > 1 && read.output.x"}
  - {from: write, to: END}
"""
USES = [
    (3, "read"),
    (9, "read"),
    (11, "read"),
    (12, "read"),
    (14, "read"),
    (15, "read"),
    (15, "'read'"),
    (15, "read"),
]


@pytest.fixture
def editor(workspace):
    with Client(workspace.home) as client:
        client.initialize("utf-16", initializationOptions={"trusted": False})
        yield client


def lines_of(places: list[dict]) -> list[tuple[int, str]]:
    found = []
    for each in places:
        start, end = each["range"]["start"], each["range"]["end"]
        line = TEXT.split("\n")[start["line"]].encode("utf-16-le")
        found.append((start["line"], line[2 * start["character"] : 2 * end["character"]].decode("utf-16-le")))
    return found


@pytest.mark.parametrize(
    "spot",
    [
        "context: [re|ad.output",
        "First ${ rea|d.output",
        "${|read.output.title",
        "nodes['rea|d']",
        "&& rea|d.output",
    ],
)
def test_it_leads_to_the_node_and_says_what_the_node_is(editor, spot):
    before, after = spot.split("|")
    text, line, character = place_of(TEXT.replace(before + after, spot, 1), "|", "utf-16")
    editor.open(URI, text)
    [place] = editor.ask_at("textDocument/definition", URI, line, character)
    assert place["range"] == {"start": {"line": 3, "character": 8}, "end": {"line": 3, "character": 12}}
    assert "FILE_READ" in editor.ask_at("textDocument/hover", URI, line, character)["contents"]["value"]
    places = editor.ask_at(
        "textDocument/references", URI, line, character, context={"includeDeclaration": True}
    )
    assert lines_of(places) == USES


@pytest.mark.parametrize("spot", ["input.req|uest", "of i|t,", "${reader.ou|tput}", "size| > 1"])
def test_other_words_of_a_text_lead_nowhere(editor, spot):
    before, after = spot.split("|")
    text, line, character = place_of(TEXT.replace(before + after, spot, 1), "|", "utf-16")
    editor.open(URI, text)
    assert editor.ask_at("textDocument/definition", URI, line, character) is None


def test_a_text_of_eight_thousand_names_holds_nobody_up(editor):
    text = TEXT.replace("🎉 First", "${read.output} " * 4_000 + "${raed.output} " * 4_000 + "🎉 First")
    editor.open(URI, text)
    editor.diagnostics(URI)
    line = text[: text.index("🎉 First")].count("\n")
    start = time.monotonic()
    [place] = editor.ask_at("textDocument/definition", URI, line, 15 * 2_000 + 12)
    assert place["range"]["start"]["line"] == 3
    assert time.monotonic() - start < 10
