"""What the shortcut for plain brackets reads is what the grammar reads."""

import pytest

from darwinflow.document.document import Document
from darwinflow.document.grammar.simple_flow import simple_flow
from darwinflow.document.node import Node

PLAIN = [
    "{from: START, to: classify}",
    "{a: [1, .5, 1e3, null, true], b: {c: 'd', e: \"f\"}, g: h i  j }",
    "[ a , 'b c', \"d\", é日x, 0x1F ]",
    "{área: pruebas, k./-x: v.-/}",
]
LEFT = [
    "[]",
    "{}",
    "[a,]",
    "[a: b]",
    "{a:b}",
    "{a}",
    "[-a]",
    "{a: a, a: b}",
    "{<<: b}",
    "['a''b']",
    '["\\n"]',
    "[a #c]",
    "[a",
]


def outline(node: Node) -> object:
    children = [outline(item) for item in node.items] + [(outline(k), outline(v)) for k, v in node.pairs]
    scalar = None if node.items or node.pairs else (repr(node.value), node.source)
    return node.kind, node.style, node.line, node.column, scalar, children


@pytest.mark.parametrize("text", PLAIN)
def test_the_shortcut_reads_what_the_grammar_reads(text: str) -> None:
    short = simple_flow(text, 0, 0, 128)
    assert short is not None
    assert short.span == (0, 0, 0, len(text))
    # A comma before the end is allowed, and the shortcut leaves it to the grammar.
    longer = text[:-1] + "," + text[-1]
    assert simple_flow(longer, 0, 0, 128) is None
    whole = Document.parse("- " + longer).roots[0].sections[0].segments[0].items[0]
    shifted = simple_flow("  " + text, 0, 2, 128)
    assert shifted is not None
    assert outline(shifted) == outline(whole)


@pytest.mark.parametrize("text", LEFT)
def test_what_is_not_plain_is_left_to_the_grammar(text: str) -> None:
    assert simple_flow(text, 0, 0, 128) is None


def test_the_shortcut_counts_levels() -> None:
    assert simple_flow("{a: {b: [c]}}", 0, 0, 3) is not None
    assert simple_flow("{a: {b: [c]}}", 0, 0, 2) is None
