"""Places inside a text, whatever YAML does to it."""

import random
import re

import pytest

from darwinflow.check.inside import Letters
from darwinflow.check.references.writing import rewritten
from darwinflow.document.document import Document
from darwinflow.document.node import Node

TEXTS = {
    "plain": 'k: output.x == "a"\n',
    "double": 'k: "output.x == \\"a\\" && b\\u00e9 \\t q\\x20r"\n',
    "single": "k: 'it''s  ''x'' '\n",
    "literal": "k: |\n  output.x\n    == q\n\n  && z\n",
    "folded": "k: >-\n  foo bar\n  baz\n\n    qux\n  end\n",
    "double over lines": 'k: "abc\n  def \\\n  ghi  \n\n  jkl"\n',
    "plain over lines": "k: abc def\n  ghi\n\n  jkl # not this\n",
    "single over lines": "k: 'a b\n\n  c''d'\n",
    "surrogates": 'k: "\\ud83d\\ude00 x \\U0001F600y \\N \\_ \\L z"\n',
    "an escaped blank": 'k: "a\\\n   \\  b"\n',
    "an indicator": "k: |2\n   indented x\n  y\n",
}


def value_of(text: str) -> tuple[Document, Node]:
    document = Document.parse(text)
    node = document.roots[0].sections[0].segments[0].node
    assert node is not None
    return document, node


ESCAPED = {'\\"': '"', "''": "'", "\\u00e9": "é", "\\ud83d\\ude00": "\U0001f600", "\\U0001F600": "\U0001f600"}


@pytest.mark.parametrize("name", TEXTS)
def test_every_word_is_found_where_it_is_written(name: str) -> None:
    document, node = value_of(TEXTS[name])
    lines = list(document.lines)
    words = list(re.finditer(r"\S+", node.value))
    assert words
    for word in words:
        span = Letters(node, lines).span(word.start(), word.end())
        assert span is not None
        written = lines[span.line][span.column : span.end_column]
        for escape, meant in ESCAPED.items():
            written = written.replace(escape, meant)
        assert written == word[0]


@pytest.mark.parametrize("name", TEXTS)
def test_a_word_is_changed_and_nothing_else(name: str) -> None:
    document, node = value_of(TEXTS[name])
    for word in re.finditer(r"\S+", node.value):
        for new in ("other", 'nodes["it\'s"].é'):
            edit = rewritten(Letters(node, list(document.lines)), word.start(), word.end(), new)
            if edit is None:
                assert name == "plain over lines" or "'" in word[0], (name, word)
                continue
            _, after = value_of(document.edit(edit).lines.text())
            assert after.value == node.value[: word.start()] + new + node.value[word.end() :]


def test_blanks_have_no_place() -> None:
    document, node = value_of('k: "a  b"\n')
    assert Letters(node, list(document.lines)).span(1, 3) is None
    assert Letters(node, list(document.lines)).span(2, 2) is None


def test_random_texts_keep_their_characters_in_order() -> None:
    rng = random.Random(7)
    pieces = ("a", "é", "\U0001f600", " ", "  ", "''", "\n  ", "\n\n  ", "x.y", "==")
    for _ in range(2000):
        body = "".join(rng.choice(pieces) for _ in range(rng.randint(1, 12)))
        document, node = value_of(f"k: 'q{body}q'\n")
        lines = list(document.lines)
        at = rng.randrange(len(node.value))
        span = Letters(node, lines).span(at, at + 1)
        if node.value[at].isspace():
            assert span is None
        else:
            assert span is not None
            assert lines[span.line][span.column : span.end_column].replace("''", "'") == node.value[at]
