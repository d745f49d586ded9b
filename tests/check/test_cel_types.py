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
    "output.x.startsWith(3)": ("startsWith", "'startsWith' takes texts, and not a number"),
    "output.x in 'ab'": ("in", "'in' looks into a list or a map, and not into a text"),
    "-'a' == output.x": ("-", "'-' takes numbers, and not a text"),
    "1 + 'a' == output.x": ("+", "'+' takes two values of one kind, and not a number and a text"),
    "2 * 'a' == output.x": ("*", "'*' takes numbers, and not a text"),
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
LITERALS = {
    "output.x.matches('a(b')": ("'a(b'", "a '(' in the pattern is never closed"),
    'output.x.matches(r"[a")': ('r"[a"', "a '[' in the pattern is never closed"),
    "output.x.matches('*a')": ("'*a'", "nothing stands before what repeats it in the pattern"),
    "duration('5x') < output.d": ("'5x'", "a length of time is written like '90s', '1.5h' or '1h30m'"),
    "timestamp('yesterday') < output.t": ("'yesterday'", "a time is written like '2025-11-12T09:30:00Z'"),
    "int('x') == output.n": ("'x'", "'int' reads a whole number, such as '42'"),
    "double('1,5') == output.n": ("'1,5'", "'double' reads a number, such as '1.5'"),
}
"""Texts that no value of any name makes right; the library tells of them when they are evaluated."""
SOUND_LITERALS = [
    r"'é1'.matches(r'\pL\d(?i:X)?\z')",
    "duration('-1h30m') < duration('1.5s')",
    "duration('0') < duration('.5us')",
    "timestamp('2025-11-12T09:30:00.25+01:00') > timestamp('2020-02-29T00:00:00Z')",
    "int('-12') < uint('3') || double('1e3') > 0.5",
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


@pytest.mark.parametrize("text", LITERALS)
def test_a_text_that_a_function_cannot_read_is_told(text: str) -> None:
    tree = parsed(text).tree
    assert tree is not None
    fault = type_fault(text, tree)
    assert fault is not None
    assert (text[fault.start : fault.end], fault.message) == LITERALS[text]


@pytest.mark.parametrize("text", SOUND_LITERALS)
def test_a_text_that_a_function_reads_is_left_alone(text: str) -> None:
    tree = parsed(text).tree
    assert tree is not None
    assert type_fault(text, tree) is None
