"""Conditions: names and where they stand, faults and where they stand, and texts that somebody made to break a parser."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.cel import MAX_CHARACTERS, Use, parsed
from darwinflow.check.engine import check
from darwinflow.document.document import Document

USES = {
    "output.decision == 'Core'": [("output", ("decision",), 0)],
    "a.output.x > 3 && size(output.items) > 0": [("a", ("output", "x"), 0), ("output", ("items",), 23)],
    'nodes["fetch-docs"].output.ok': [("nodes", ("fetch-docs", "output", "ok"), 0)],
    "nodes[input.key].output.ok": [("nodes", (), 0), ("input", ("key",), 6)],
    "fetch-docs.output": [("fetch", (), 0), ("docs", ("output",), 6)],
    "output.items.exists(i, i.name == input.request)": [
        ("output", ("items",), 0),
        ("input", ("request",), 33),
    ],
    "[1].map(x, x * 2)[0] == x": [("x", (), 24)],
    "has(output.x) ? true : false": [("output", ("x",), 4)],
    "{'a': output.y}['a'] == b.output": [("output", ("y",), 6), ("b", ("output",), 24)],
    "size('\U0001f600é') == n.output": [("n", ("output",), 14)],
    "// why\n!.output.ok": [("output", ("ok",), 9)],
    "a.output.trim().size() > 0": [("a", ("output",), 0)],
}


@pytest.mark.parametrize("text", USES)
def test_names_from_outside_are_found_with_their_steps(text: str) -> None:
    assert list(parsed(text).uses) == [Use(*use) for use in USES[text]]
    assert parsed(text).fault is None


FAULTS = {
    "": (0, "", "the condition is empty; an edge that is always taken has none"),
    "output.decision = 'a'": (16, "=", "CEL writes '==' for '='"),
    "output.ok and input.ok": (10, "and", "CEL writes '&&' for 'and'"),
    "not output.ok": (0, "not", "CEL writes '!' for 'not'"),
    "output.n <> 3": (9, "<>", "CEL writes '!=' for '<>'"),
    "output.ok &&": (10, "&&", "the condition ends where something should follow '&&'"),
    "(output.ok": (8, "ok", "')' is missing behind 'ok'"),
    "size(output.x": (12, "x", "')' is missing behind 'x'"),
    "output.ok)": (9, ")", "')' closes nothing"),
    "output.ok == 'yes": (
        13,
        "'",
        "the text that opens with ' is never closed, or has an escape that CEL does not know",
    ),
    "output.n == 99999999999999999999": (12, "99999999999999999999", "CEL has no such number"),
    "fetch docs.output": (
        6,
        "docs",
        "'docs' cannot stand here; an operator such as == or && is missing before it",
    ),
    "for.output.x": (0, "for", "'for' is a word of CEL's own; a node of that name is nodes[\"for\"]"),
    "output.x ==\n  (\U0001f600)": (15, "\U0001f600", "CEL does not know '\U0001f600'"),
}


@pytest.mark.parametrize("text", FAULTS)
def test_a_fault_is_told_at_its_token(text: str) -> None:
    start, token, message = FAULTS[text]
    fault = parsed(text).fault
    assert fault is not None
    assert (fault.start, text[fault.start : fault.end], fault.message) == (start, token, message)


HOSTILE = {
    "brackets": "(" * 499 + "1" + ")" * 499,
    "open brackets": "(" * 1000,
    "lists": "[" * 500 + "]" * 500,
    "mappings": "{1:" * 240 + "1" + "}" * 240,
    "not": "!" * 999 + "a",
    "minus": "- " * 499 + "a",
    "choices": "a?b:" * 249 + "c",
    "steps": "a." * 499 + "b",
    "sums": "1+" * 499 + "1",
    "ands": "a&&" * 300 + "a",
    "indices": "a" + "[0]" * 333,
    "calls": "f(" * 333 + ")" * 333,
    "folds": "[1].map(x," * 70 + "1" + ")" * 70,
    "quotes": "'" * 1000,
    "backslashes": "'" + "\\" * 998 + "'",
    "junk": "@" * 1000,
    "NUL": "\0" * 1000,
    "emoji": "\U0001f600" * 1000,
    "numbers": "9" * 1000,
    "comments": "//" * 500,
    "half a pair": "a == '\\ud800'",
}


def test_hostile_conditions_are_read_in_a_thread_with_a_small_stack() -> None:
    """In a process of its own, because what they aim at is the process."""
    program = (
        "import sys, threading\n"
        "from darwinflow.check.cel import parsed\n"
        "threading.stack_size(512 * 1024)\n"
        "def read():\n"
        "    for text in sys.stdin.buffer.read().decode('utf-8').split('\\x1e'):\n"
        "        print(parsed(text).fault is None)\n"
        "thread = threading.Thread(target=read)\n"
        "thread.start()\n"
        "thread.join()\n"
    )
    assert all(len(text) <= MAX_CHARACTERS for text in HOSTILE.values())
    ended = subprocess.run(
        [sys.executable, "-c", program],
        input="\x1e".join(HOSTILE.values()).encode(),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.split()) == len(HOSTILE)
    assert ended.stderr == b""


def test_conditions_are_read_in_several_threads_at_once() -> None:
    found: list[int] = []

    def read(number: int) -> None:
        uses = [parsed(f"output.x{number}_{at} == a.output.y[{at}]").uses for at in range(200)]
        found.append(sum(len(one) for one in uses))

    threads = [threading.Thread(target=read, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [400] * 4


@pytest.mark.parametrize(
    ("edge", "is_imported"), [("{from: a, to: END}", False), ("{from: a, to: END, condition: input.x}", True)]
)
def test_the_library_is_imported_for_the_first_condition(edge: str, is_imported: bool) -> None:
    text = (
        f"id: a\nversion: 1\nnodes: [{{id: a, type: HUMAN_INPUT}}]\nedges: [{{from: START, to: a}}, {edge}]\n"
    )
    program = (
        "import sys\n"
        "from darwinflow.catalog.catalog import Catalog\n"
        "from darwinflow.check.engine import check\n"
        "from darwinflow.document.document import Document\n"
        f"assert not check(Document.parse({text!r}), Catalog.bundled()).findings()\n"
        "print('cel_expr_python' in sys.modules)\n"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(is_imported)]


_PARTS = ("a", "output.x", " ", "&", "|", "=", "<", ">", "!", "and", "or", "==", "'", '"', "(", ")", "[", "]", ",", "?", ":", "\n", "é", "\U0001f600", "${", "}", "1")  # fmt: skip


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.sampled_from(_PARTS), max_size=8))
def test_whatever_is_wrong_is_within_the_text(parts: list[str]) -> None:
    text = "".join(parts)
    fault = parsed(text).fault
    assert fault is None or 0 <= fault.start <= fault.end <= len(text)


@pytest.mark.parametrize("quote", ["'", '"', ">-\n      "])
@pytest.mark.parametrize("end", ["|", "&", "=", "<"])
def test_a_condition_that_ends_in_half_an_operator_is_told_at_it(
    quote: str, end: str, catalog: Catalog
) -> None:
    condition = f"{quote}output.x {end}{quote if len(quote) == 1 else ''}"
    text = (
        "id: a\nversion: 1\nnodes:\n  - {id: n, type: HUMAN_INPUT}\nedges:\n"
        f"  - from: n\n    to: END\n    condition: {condition}\n  - {{from: START, to: n}}\n"
    )
    found = [one for one in check(Document.parse(text), catalog).findings() if one.code == "condition-syntax"]
    assert len(found) == 1
    line = text.splitlines()[found[0].span.line]
    assert line[found[0].span.column : found[0].span.end_column] == end
