"""Formatting: what it changes, and that it changes nothing else."""

import os
import random
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from darwinflow.document.document import Document
from darwinflow.document.formatting.formatting import applied, formatting, range_formatting
from darwinflow.document.formatting.style import HOUSE_STYLE, Style
from darwinflow.document.node import MAP, SEQ, Node

from . import yaml_test_suite
from .layouts import Layout, tree

CASES = Path(__file__).parents[1] / "check" / "cases"
LAYOUTS = int(os.environ.get("DARWINFLOW_LAYOUTS", "80"))
FLUSH = Style(indents_lists=False)


def formatted(text: str, style: Style = HOUSE_STYLE) -> str:
    document = Document.parse(text)
    found = formatting(document, style)
    assert found.refusal is None
    return applied(document.lines, found.edits)


CHANGES = {
    "collections stand two columns deeper": ("a:\n      b:\n         c: 1\n", "a:\n  b:\n    c: 1\n"),
    "lists stand two columns deeper than their key": ("a:\n- b\n- c: 1\n  d: 2\n", "a:\n  - b\n  - c: 1\n    d: 2\n"),
    "items of items move with their dashes": ("a:\n-   -   b\n    -   c\n", "a:\n  - - b\n    - c\n"),
    "one blank stands after a colon": ("a:   1\nb :\t2\n", "a: 1\nb: 2\n"),
    "one blank stands after colons and commas in brackets": (
        'a: {b:   1 ,c: [x,y ,  z],"d":2}\n',
        'a: {b: 1, c: [x, y, z], "d": 2}\n',
    ),
    "a closing bracket has the room of the opening one": (
        "a: {b: 1   }\nc: [ d  ,e   ]\nf: [g ,  ]\nh: [\n  i  ]\nj: {k:   }\n",
        "a: {b: 1}\nc: [ d, e ]\nf: [g,]\nh: [\n  i]\nj: {k:   }\n",
    ),
    "brackets over several lines move as a whole": (
        "a:\n      b: [x,\n          y,\n        ]\n",
        "a:\n  b: [x,\n      y,\n    ]\n",
    ),
    "no blanks at the end": ("a: 1  \n# why \t\nb: x \n", "a: 1\n# why\nb: x\n"),
    "one line end at the end": ("a: 1", "a: 1\n"),
    "no more than one line end at the end": ("a: 1\n\n \n\n", "a: 1\n"),
    "one empty line at most": ("a: 1\n\n  \n\n\nb: 2\n", "a: 1\n\nb: 2\n"),
    "nothing is left of blanks alone": ("  \n\n", ""),
    "line ends stay of their kind": ("a:\r\n- b\r\n\r\n\r\n- c", "a:\r\n  - b\r\n\r\n  - c\r\n"),
    "a byte order mark stays": ("\ufeffa:   1\n", "\ufeffa: 1\n"),
    "comments move with what they are about": (
        "a:\n    # of b\n    b:\n    # of the list\n    - c\n    # behind\n# of d\nd: 1\n",
        "a:\n  # of b\n  b:\n    # of the list\n    - c\n    # behind\n# of d\nd: 1\n",
    ),
    "a comment below a text does not become part of it": (
        "a:\n    b: |\n          text\n       # no text\n    c: 1\n",
        "a:\n  b: |\n    text\n  # no text\n  c: 1\n",
    ),
    "texts in blocks move as a whole": (
        "a:\n      b: |\n            one\n              two\n\n            three   \n      c: >2\n          four\n",
        "a:\n  b: |\n    one\n      two\n\n    three   \n  c: >2\n      four\n",
    ),
    "empty lines at the end of a text are kept where they count": ("a: |+\n  x\n\n\nb: |\n  y\n\n\nc: 1\n", "a: |+\n  x\n\n\nb: |\n  y\n\nc: 1\n"),
    "a text in quotes over several lines keeps its lines": (
        'a:\n    b: "one\n\n\n      two \\ \n      three"\n',
        'a:\n  b: "one\n\n\n    two \\ \n    three"\n',
    ),
    "anchors, tags and aliases stay where they are": (
        "a: &x   !!map\n    b: *x\nc :  !!str  1\n*x : 2\n",
        "a: &x   !!map\n  b: *x\nc: !!str  1\n*x : 2\n",
    ),
    "keys behind a question mark move as a whole": (
        "a:\n    ?   [x,y]\n    :   - 1\n        - 2\n",
        "a:\n  ?   [x,y]\n  :   - 1\n      - 2\n",
    ),
    "a text that ends the file without a line end is given none, as it would count": ("a:\n    b: |\n        t", "a:\n  b: |\n    t"),
    "nor is a folded one in a list": ("- >\n   t\n   u", "- >\n  t\n  u"),
    "nor a key": ("? |\n   t", "? |\n   t"),
    "nor one behind the mark of a document": ("--- |\n t", "--- |\n t"),
    "a text that keeps no line end gets one behind it": ("a: |-\n  t", "a: |-\n  t\n"),
    "and so does what follows a text": ("a: |\n  t\n# why", "a: |\n  t\n# why\n"),
    "blanks that end a text with the file stay": ("a: |+\n  t\n  ", "a: |+\n  t\n  "),
    "each document may have a byte order mark": ("a:   1\n...\n\ufeffb:   2\nc:\n    d: 3\n", "a: 1\n...\n\ufeffb: 2\nc:\n  d: 3\n"),
    "a byte order mark stays where nothing else does": ("\ufeff \n\n", "\ufeff"),
    "blanks between two line ends of different kinds stay": ("- >\r \n a\r", "- >\r \n  a\r"),
    "each document of a stream has its own root": ("--- \n  a:   1\n...\n---\n  - b\n", "---\na: 1\n...\n---\n- b\n"),
    "a value below its key stands two columns deeper": ("a:\n     text\n     more\n", "a:\n  text\n  more\n"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), CHANGES.values(), ids=CHANGES.keys())
def test_what_style_asks_for(before: str, after: str) -> None:
    assert formatted(before) == after
    assert formatted(after) == after


def test_lists_can_be_flush_with_their_key() -> None:
    text = "a:\n    - b:\n        - c\n    # of the next\n    - d\n"
    assert formatted(text, FLUSH) == "a:\n- b:\n  - c\n# of the next\n- d\n"
    assert formatted(formatted(text, FLUSH)) == formatted(text)


def test_keys_come_into_the_order_that_is_given() -> None:
    style = Style(key_order={(): ("id", "nodes"), ("nodes",): ("id", "type")})
    text = dedent("""\
        # the file
        nodes:
          - type: T   # beside
            # of the config
            config: {b: 1, a: 2}
            id: x
          - {type: T, id: y}

        # of the rest
        x-rest: &r 1
        id: flow
    """)
    assert formatted(text, style) == dedent("""\
        # the file
        id: flow
        nodes:
          - id: x
            type: T   # beside
            # of the config
            config: {b: 1, a: 2}
          - {type: T, id: y}

        # of the rest
        x-rest: &r 1
    """)
    assert formatted(formatted(text, style), style) == formatted(text, style)
    assert formatted(text) == text


def test_keys_come_into_order_at_once_where_a_text_keeps_its_empty_lines() -> None:
    style = Style(key_order={(): ("id", "note")})
    assert formatted("note: |+\n  t\n\nid:   a", style) == "id: a\nnote: |+\n  t\n\n"
    assert formatted("note: |\n    t\nid:\n # why", style) == "id:\nnote: |\n  t\n# why\n"


def test_a_byte_order_mark_that_no_layout_can_go_around_is_named() -> None:
    found = formatting(Document.parse("  a: b\n \ufeff\n"))
    assert found.edits == ()
    assert found.refusal is not None
    assert found.refusal.span == (1, 1, 1, 2)
    assert "byte order mark" in found.refusal.message


def test_no_order_is_worth_an_alias_before_its_anchor() -> None:
    style = Style(key_order={(): ("b", "a")})
    assert formatted("a: &x 1\nb:  *x\n", style) == "a: &x 1\nb: *x\n"


def test_a_text_with_faults_of_syntax_is_left_as_it_is() -> None:
    found = formatting(Document.parse('a:   1\nb: "\n'))
    assert found.edits == ()
    assert found.refusal is not None
    assert found.refusal.span.line == 1


@pytest.mark.parametrize(
    "text",
    [
        "a:\n- b\n-x:\n    folded\n",
        "nodes:\n- b\n-x:\n    y\n",
        "id: a\nnodes: []\nedges:\n- {from: START, to: END}\n-to:\n    END\n",
    ],
)
def test_a_key_that_begins_with_a_dash_below_a_list_is_left_as_it_is(text: str) -> None:
    assert formatted(text) == text


def test_edits_are_no_larger_than_what_changes() -> None:
    lines = ["id: x", "nodes:", *[f"  - id: n{at}" for at in range(500)], ""]
    lines[250] = "  -   id: n248  "
    found = formatting(Document.parse("\n".join(lines)))
    assert [(edit.span, edit.text) for edit in found.edits] == [
        ((250, 3, 250, 6), " "),
        ((250, 14, 250, 16), ""),
    ]


def test_a_range_takes_no_more_than_its_lines() -> None:
    document = Document.parse("a:   1\nb:   2\nc:\n    d:   3\n    e:   4\n")
    found = range_formatting(document, 1, 1)
    assert applied(document.lines, found.edits) == "a:   1\nb: 2\nc:\n    d:   3\n    e:   4\n"
    whole = range_formatting(document, 2, 4)
    assert applied(document.lines, whole.edits) == "a:   1\nb:   2\nc:\n  d: 3\n  e: 4\n"
    half = range_formatting(document, 3, 3)
    assert applied(document.lines, half.edits) == "a:   1\nb:   2\nc:\n    d: 3\n    e:   4\n"


def properties(node: Node) -> Iterator[tuple[str | None, str | None, object]]:
    """Anchor, tag and value of every node that has any, in the order of the text."""
    value = node.value if node.kind not in (MAP, SEQ) else None
    if (node.anchor, node.tag, value) != (None, None, None):
        yield node.anchor, node.tag, value
    for item in node.items:
        yield from properties(item)
    for key, value in node.pairs:
        yield from properties(key)
        yield from properties(value)


def substance(text: str) -> tuple[list[str], list[object], str]:
    """Data, nodes with anchors and tags, and all characters that are no blanks or line ends: comments are among them."""
    document = Document.parse(text)
    nodes: list[object] = []
    for root in document.roots:
        for section in root.sections:
            segments = [*([section.head] if section.head else []), *section.segments]
            for segment in segments:
                children = segment.children
                found = (
                    [children]
                    if isinstance(children, Node)
                    else [
                        node
                        for child in children
                        for node in (child if isinstance(child, tuple) else (child,))
                    ]
                )
                nodes += [
                    one
                    for node in [*([segment.key] if segment.key else []), *found]
                    for one in properties(node)
                ]
    return [repr(document.data(at)) for at in range(len(document.roots))], nodes, "".join(text.split())


def assert_safe(text: str, label: str, styles: tuple[Style, ...] = (HOUSE_STYLE, FLUSH)) -> None:
    """Whatever is formatted says what it said, and is in style then."""
    for style in styles:
        found = formatting(Document.parse(text), style)
        if found.refusal is not None:
            assert found.refusal.message != "this layout cannot be changed safely", label
            continue
        after = applied(Document.parse(text).lines, found.edits)
        assert substance(after) == substance(text), label
        again = formatting(Document.parse(after), style)
        assert (again.edits, again.refusal) == ((), None), label
        assert not any(line != line.rstrip() and line.lstrip()[:1] == "#" for line in after.splitlines()), (
            label
        )


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda path: path.stem)
def test_cases_of_the_checks_say_the_same(path: Path) -> None:
    assert_safe(path.read_bytes().decode(), path.name)


@pytest.mark.skipif(
    not yaml_test_suite.FOLDER.is_dir(), reason=f"no yaml-test-suite at {yaml_test_suite.FOLDER}"
)
def test_the_valid_cases_of_the_official_suite_say_the_same() -> None:
    for case in yaml_test_suite.cases():
        if case.is_valid:
            assert_safe(case.text, case.name)


@pytest.mark.skipif(not yaml_test_suite.CORPORA.is_dir(), reason=f"no corpora at {yaml_test_suite.CORPORA}")
def test_every_file_of_the_corpora_says_the_same() -> None:
    count = 0
    for path in sorted(yaml_test_suite.CORPORA.rglob("*.y*ml")):
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        assert_safe(text, str(path), ((HOUSE_STYLE, FLUSH)[count % 2],))
        count += 1
    assert count > 1_000


ODDITIES = ("\ufeff", "\n\ufeff", "\n---\n\ufeff", "\n...\n\ufeff", "\r", "\r\n", " \n", "\t", "\x85", "\u2028", "\x0c", "\xa0", "# c\n",
            "|\n", "&a ", "!!str ", "? ", "- ", "\n---\n", "%YAML 1.2\n", "'", '"', " # c")  # fmt: skip


@settings(max_examples=LAYOUTS * 2, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
def test_whatever_stands_in_a_text_it_says_the_same_or_is_left_as_it_is(seed: int) -> None:
    rng = random.Random(seed)
    text = Layout(rng).text(tree(rng))
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(text))
        text = text[:at] + rng.choice(ODDITIES) + text[at + rng.randint(0, 1) :]
    if rng.random() < 0.2:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    if rng.random() < 0.3:
        text = text.rstrip("\r\n ")
    in_order = Style(key_order={(): ("key_2", "key_1"), ("key_1",): ("key_1", "key_0")})
    for style in (HOUSE_STYLE, FLUSH, in_order):
        document = Document.parse(text)
        found = formatting(document, style)
        after = applied(document.lines, found.edits)
        if found.refusal is not None:
            assert after == text
            assert "safely" not in found.refusal.message
            continue
        again = formatting(Document.parse(after), style)
        assert (again.edits, again.refusal) == ((), None)
        assert sorted("".join(after.split())) == sorted("".join(text.split()))
        if style is not in_order:
            assert "".join(after.split()) == "".join(text.split())
            assert data_of(after) == data_of(text)
        if "\r\n" in text and "\n" not in text.replace("\r\n", ""):
            assert "\n" not in after.replace("\r\n", "")


def data_of(text: str) -> list[str]:
    document = Document.parse(text)
    return [repr(document.data(at)) for at in range(len(document.roots))]


@settings(max_examples=LAYOUTS * 2, deadline=None)
@given(st.integers(min_value=0, max_value=2**32))
def test_another_parser_reads_the_same_before_and_after(seed: int) -> None:
    rng = random.Random(seed)
    text = Layout(rng).text(tree(rng))
    if rng.random() < 0.5:
        text = text.rstrip("\n")
    try:
        before = repr(list(yaml.load_all(text, yaml.CBaseLoader)))
    except yaml.YAMLError:
        return  # of YAML 1.1, or not to be read by it
    for style in (HOUSE_STYLE, FLUSH):
        assert repr(list(yaml.load_all(formatted(text, style), yaml.CBaseLoader))) == before


@settings(max_examples=LAYOUTS, deadline=None)
@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=0, max_value=2**32))
def test_layouts_of_one_document_come_out_alike(seed: int, other: int) -> None:
    content = tree(random.Random(seed))
    texts = [Layout(random.Random(layout)).text(content) for layout in (other, other + 1)]
    documents = [Document.parse(text) for text in texts]
    assert documents[0].problems() == documents[1].problems() == []
    assert documents[0].data(0) == documents[1].data(0)
    for text in texts:
        assert_safe(text, text)
    # Where the file ends without a line end in a text after `|`, it stays so.
    ended = [text if text.endswith("\n") else text + "\n" for text in texts]
    assert formatted(ended[0]) == formatted(ended[1])
