"""What is judged of types in conditions, against the checker of the CEL project's own library."""

import pytest
from cel_expr_python import cel

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.cel import parsed
from darwinflow.check.cel_types import type_fault
from darwinflow.check.engine import check
from darwinflow.document.document import Document

FAULTS = {
    "sizee(output.x) > 1": ("sizee", "CEL has no function 'sizee'; did you mean 'size'?"),
    "output.x.startWith('a')": ("startWith", "CEL has no function 'startWith'; did you mean 'startsWith'?"),
    "output.x.frobnicate()": ("frobnicate", "CEL has no function 'frobnicate'"),
    "size() > 1": ("size", "'size' takes one value, and is given 0"),
    "output.a.endsWith('x', 'y')": (
        "endsWith",
        "'endsWith' takes 2 values, one of them before the dot, and is given 3",
    ),
    "output.list.exists(x)": ("exists", "'exists' is written list.exists(x, CONDITION)"),
    "'a' + 'b'": ("'a' + 'b'", "a condition is true or false, and this one gives a text"),
    "1": ("1", "a condition is true or false, and this one gives a number"),
    "size(output)": ("size(output)", "a condition is true or false, and this one gives a number"),
    "[output.a]": ("[output.a]", "a condition is true or false, and this one gives a list"),
    "output.x ? 'a' : 'b'": (
        "output.x ? 'a' : 'b'",
        "a condition is true or false, and this one gives a text",
    ),
    "1 < 'a'": ("<", "'<' cannot compare a number with a text"),
    "input.ok || string(output.n) == 3": ("==", "'==' cannot compare a text with a number"),
    "output.ok && 'x'": ("&&", "'&&' takes what is true or false, and not a text"),
    "!size(output.x)": ("!", "'!' takes what is true or false, and not a number"),
    "duration('1h') > 5": (">", "'>' cannot compare a length of time with a number"),
}
SOUND = [
    "output.n > 'a'",
    "output.decision == 'x' && size(input.l) > 3",
    "output",
    "has(output.a)",
    "output.list.exists(x, x.ok)",
    "output.list.map(x, x.ok).all(o, o)",
    "type(output) == string",
    "output.x ? output.y : false",
    "timestamp(output.t) > timestamp('2020-01-01T00:00:00Z')",
    "timestamp(output.a) - timestamp(output.b) > duration('1h')",
    "timestamp(output.a) + duration('1h') > timestamp(output.b)",
    "output.when.getHours('UTC') > 3",
    "output.a.matches('x+')",
    "{'a': 1}.a == 1",
    "output.x in [1, 2]",
    "output.x == null",
    "size(output.x) > 2 && 1.5 < 2.5",
    "output.a + 'b' == 'ab'",
    "dyn(1) == 'a'",
    "bool(output.x)",
]
EXTENDED = ["output.name.lowerAscii() == 'a'", "output.a.trim().size() > 0", "output.a.split(',').size() > 1"]


def fault(text: str):
    tree = parsed(text).tree
    assert tree is not None
    return type_fault(text, tree)


def is_sound_to_the_library(text: str) -> bool:
    names = ("output", "input")
    try:
        given = cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN)).compile(text).return_type()
    except RuntimeError:
        return False
    return given in (cel.Type.BOOL, cel.Type.DYN)


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_stands_at_its_place_and_the_library_finds_one_too(text: str) -> None:
    found = fault(text)
    assert found is not None
    assert (text[found.start : found.end], found.message) == FAULTS[text]
    assert not is_sound_to_the_library(text)


@pytest.mark.parametrize("text", SOUND)
def test_what_the_library_takes_is_taken(text: str) -> None:
    assert fault(text) is None
    assert is_sound_to_the_library(text)


@pytest.mark.parametrize("text", EXTENDED)
def test_functions_of_common_libraries_are_nobodys_fault(text: str) -> None:
    assert fault(text) is None


def test_it_is_said_of_the_condition_with_a_fix(catalog: Catalog) -> None:
    text = (
        "id: a\nversion: 1\nnodes:\n  - {id: b, type: HUMAN_INPUT}\nedges:\n  - {from: START, to: b}\n"
        "  - {from: b, to: END, condition: \"output.name.startWith('x')\"}\n"
    )
    (found,) = check(Document.parse(text), catalog).findings()
    assert (found.code, found.span) == ("condition-unknown-name", (6, 47, 6, 56))
    (fix,) = found.fixes
    assert [edit.text for edit in fix.edits] == ["startsWith"]
