"""Of brackets over several lines that are indented as programs do it, one mark that is missing or too much is one problem, which mends all."""

import json

import pytest

from darwinflow.document.document import Document
from darwinflow.document.node import Node
from darwinflow.model.span import Span

TEXT = """\
{
  "id": "jsonish",
  "nodes": [
    {
      "id": "a",
      "config": {
        "prompt": "which?",
        "options": [
          "x",
          "y"
        ]
      }
    },
    {
      "id": "b"
    }
  ],
  "edges": [
    {"from": "a", "to": "b"}
  ]
}
"""
DATA = json.loads(TEXT)
NEVER = "'{}' is never closed; add '{}'"
QUOTE = 'this text opens with " and is never closed; close it'

SLIPS = [
    ('"y"\n        ]\n', '"y"\n        \n', "[", NEVER.format("[", "]")),
    ('"y"\n        ]\n', '"y"\n', "[", NEVER.format("[", "]")),
    ("        ]\n      }\n", "        ]\n", "{", NEVER.format("{", "}")),
    ("      }\n    },\n", "      }\n    ,\n", "{", NEVER.format("{", "}")),
    ("      }\n    },\n", "      }\n", "{", NEVER.format("{", "}")),
    ("  ],\n", "  ,\n", "[", NEVER.format("[", "]")),
    ("  ]\n}\n", "  ]\n", "{", NEVER.format("{", "}")),
    ("  ]\n}\n", "", "[", NEVER.format("[", "]}")),
    ('"config": {', '"config": ', '"config":', "a '{' is missing behind this"),
    ('"options": [', '"options":', '"options":', "a '[' is missing behind this"),
    ('    {\n      "id": "a"', '    \n      "id": "a"', '"', "a '{' is missing before this"),
    ('    {\n      "id": "b"', '      "id": "b"', '"', "a '{' is missing before this"),
    ('"y"\n        ]\n', '"y"\n        ]\n        ]\n', "]", "']' closes nothing; remove it"),
    ("      }\n    },\n", "      }}\n    },\n", "}", "'}' closes nothing; remove it"),
    ("    {\n", "    {\n    {\n", "{", "'{' stands there twice; remove one"),
    ('"y"\n', '"y"\n          "y"\n', '"y"', "this line stands there twice; remove one"),
    ('"config": {', '"config": {{', "{", "this { stands there twice; remove one"),
    ('"x",', '"x"",', '"', 'this " stands there twice; remove one'),
    ('"x",', '"x,', '"x', QUOTE),
    ('"y"', '"y', '"y', QUOTE),
    ('"which?"', '"which?', '"which?', QUOTE),
    ('"config": {', '"config: {', '"config', QUOTE),
    ('"config": {', '"config" {', '"config"', "a key needs ':' behind it; write '\"config\": ...'"),
    ('"jsonish",', '"jsonish"', '"', "a ',' is missing behind this"),
    ("    },\n", "    }\n", "}", "a ',' is missing behind this"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "slip", "token", "message"), SLIPS)
def test_one_mark_is_one_problem(right: str, slip: str, token: str, message: str) -> None:
    assert right in TEXT
    text = TEXT.replace(right, slip, 1)
    document = Document.parse(text)
    (problem,) = document.problems()
    span = problem.span
    assert (document.lines[span.line][span.column : span.end_column], problem.message) == (token, message)
    assert document.roots[0].data == DATA
    assert problem.repair is not None
    (edit,) = problem.repair.edits
    mended = document.edit(edit)
    assert json.loads(mended.lines.text()) == DATA
    assert not mended.problems()


def _nodes(node: Node) -> list[Node]:
    return [node, *[one for inner in node.items for one in _nodes(inner)], *[one for pair in node.pairs for inner in pair for one in _nodes(inner)]]  # fmt: skip


def test_what_stands_behind_a_mark_that_is_missing_keeps_its_place() -> None:
    document = Document.parse(TEXT.replace('"config": {', '"config: {'))
    (root,) = document.roots[0].pieces()
    assert root.node is not None
    for node in _nodes(root.node):
        line = document.lines[node.line]
        assert node.end_column <= len(document.lines[node.end_line])
        if node.source and node.source != "config":
            assert line[node.column + 1 :].startswith(node.source)
        elif node.source:
            assert line[node.column : node.end_column] == '"config'


def test_two_marks_are_two_problems() -> None:
    text = TEXT.replace('"y"\n        ]\n', '"y"\n').replace('"b"\n    }\n', '"b"\n')
    document = Document.parse(text)
    assert [(one.span.line, one.message) for one in document.problems()] == [
        (7, NEVER.format("[", "]")),
        (12, NEVER.format("{", "}")),
    ]
    assert document.roots[0].data == DATA


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {from: x, if \"y['z-a']\"}\n", "a key needs ':' behind it; write 'if: ...'"),
        ("a: {from: x, if:\"y['z-a']\"}\n", "':' needs a space behind it; write 'if: ...'"),
        ("a: {from: x, if: y['z-a']\"}\n", '" ends this text, and none begins it; put one before it'),
    ],
)
def test_a_mark_before_a_text_on_one_line(text: str, message: str) -> None:
    document = Document.parse(text)
    (problem,) = document.problems()
    assert problem.message == message
    assert document.roots[0].data == {"a": {"from": "x", "if": "y['z-a']"}}


def test_a_text_in_two_kinds_of_quotes_gets_one() -> None:
    (problem,) = Document.parse("a: {b: 'x y\"}\n").problems()
    assert problem.message == "this text begins with ' and ends with \"; it wants one of them"
    assert problem.repair is not None
    (edit,) = problem.repair.edits
    assert (edit.span, edit.text) == (Span(0, 7, 0, 8), '"')


def test_a_blank_that_may_have_changed_places_with_a_quote_is_not_put_back() -> None:
    (problem,) = Document.parse("a: {from: x, if:\" y['z-a']\"}\n").problems()
    assert problem.repair is None


def test_a_list_tells_not_which_item_a_quote_opens() -> None:
    (one,) = Document.parse("a: {b: [y['z-a']\"]}\n").problems()
    (several,) = Document.parse("a: {b: [x, y['z-a']\", z]}\n").problems()
    assert one.message == several.message == '" ends this text, and none begins it; put one before it'
    assert one.repair is not None
    assert several.repair is None


@pytest.mark.parametrize(
    "text",
    [
        "a: [\n  x y,\n    z ],\nb: 1\n",
        "- {a: 1,\n   b: [1, 2}\n",
        "{\n  a: [\n  b: {\n c: ]\n}\n",
    ],
)
def test_what_is_laid_out_otherwise_is_told_as_it_was(text: str) -> None:
    assert not any("stands there twice" in one.message for one in Document.parse(text).problems())
    assert Document.parse(text).problems()


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("a:\n- {from: [do", 9, NEVER.format("[", "]}")),
        ("a:\n- {from: [do\n- {from: b}\n", 9, NEVER.format("[", "]}")),
        ("a:\n- {x: 1, y: {z: [1, {k: v", 20, NEVER.format("{", "}]}}")),
        ("a:\n- {x: [1], y: {z: 1}", 2, NEVER.format("{", "}")),
    ],
)
def test_brackets_that_end_with_the_line_are_told_at_the_innermost(
    text: str, column: int, message: str
) -> None:
    (problem,) = Document.parse(text).problems()
    assert (problem.span.column, problem.message) == (column, message)
