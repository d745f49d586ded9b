"""What the shortcut for plain brackets reads is what the grammar reads."""

import time

import pytest

from darwinflow.document.document import Document
from darwinflow.document.grammar.simple_flow import Tried, simple_flow
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


def test_what_was_read_before_it_gave_up_is_not_read_again() -> None:
    line = "{a: {b: {c: d}, e: {f: [g]}, h: *i}, j: {k: l}}"
    tried = Tried()
    assert simple_flow(line, 0, 0, 128, tried) is None
    assert set(tried.nodes) == {line.index(mark) for mark in ("{c", "{f", "[g")}
    assert simple_flow(line, 0, line.index("{b"), 128, tried) is None
    known, fresh = [simple_flow(line, 0, line.index("{f"), 128, one) for one in (tried, None)]
    assert known is not None
    assert fresh is not None
    assert outline(known) == outline(fresh)
    assert simple_flow(line, 0, line.index("{k"), 128, tried) is not None


def test_a_line_of_plain_brackets_around_others_is_read_once() -> None:
    """It was read anew at each of its levels."""
    inner = "{" + ", ".join(f"k{at}: v" for at in range(4000)) + ", z: *x}"
    started = time.process_time()
    Document.parse("x: " + "{a: " * 100 + inner + "}" * 100)
    assert time.process_time() - started < 0.8, "seconds of processor time"
