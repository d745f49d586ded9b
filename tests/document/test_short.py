"""What the shortcuts for segments of one line read is what the grammar reads."""

import random
from typing import Any

import pytest

from darwinflow.document.form import Form, FormName
from darwinflow.document.reading import content_of
from darwinflow.document.short import SHORT

from .portrait import _node as portrait_of_node

TAKEN: list[tuple[FormName, str]] = [
    ("item", "- {from: START, to: classify}"),
    ("item", "- [a, 'b', \"c\"]  "),
    ("item", "- *name"),
    ("item", "- *näme  "),
    ("entry", "key: some words  "),
    ("root entry", "key: 12"),
]
LEFT: list[tuple[FormName, str]] = [
    ("item", "- {a: b} # c"),
    ("item", "- {a: b}: c"),
    ("item", "- *a x"),
    ("item", "- *a : x"),
    ("item", "- *"),
    ("item", "-  *a"),
    ("item", "-\t*a"),
    ("item", "- a\0"),
    ("item", "- {a: \x85}"),
    ("entry", "key: a # b"),
    ("entry", "key:"),
]
PIECES = (*"*&a{}[]:,\"'#!-|> \t.1", ": ", "- ", "{a: b}", "*a", "k: v", "é", "\0", "\u2028")


def grammar(form: Form, line: str) -> Any:
    """With a blank line below, which no shortcut takes."""
    return outline(content_of(form, [line, ""], ends_text=False))


def outline(content: Any) -> Any:
    children = content.children
    nodes = children if isinstance(children, tuple) else (children,)
    flat = [part for node in nodes for part in (node if isinstance(node, tuple) else (node,))]
    key = content.key and portrait_of_node(content.key)
    return (
        content.kind,
        key,
        [*map(portrait_of_node, flat)],
        content.problems,
        content.anchors,
        content.aliases,
    )


@pytest.mark.parametrize(("name", "line"), TAKEN)
@pytest.mark.parametrize("column", [0, 3])
def test_a_line_that_the_shortcut_takes_holds_what_the_grammar_finds(
    name: FormName, line: str, column: int
) -> None:
    form = Form(name, column)
    short = SHORT[name](form, " " * column + line)
    assert short is not None
    assert outline(short) == grammar(form, " " * column + line)


@pytest.mark.parametrize(("name", "line"), LEFT)
def test_what_takes_rules_to_read_is_left_to_the_grammar(name: FormName, line: str) -> None:
    assert SHORT[name](Form(name), line) is None


def test_no_line_is_read_otherwise_by_the_shortcut() -> None:
    rng = random.Random(5)
    taken = 0
    for _ in range(6_000):
        name = rng.choice([*SHORT])
        start = "- " if name == "item" else "k: "
        line = start + "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))
        short = SHORT[name](Form(name), line)
        if short is not None:
            taken += 1
            assert outline(short) == grammar(Form(name), line), repr(line)
    assert taken > 200
