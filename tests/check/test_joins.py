"""An edge with lists at both ends says what an edge from every source to every target says, and costs no more than its text."""

import random
import re
import time

import pytest

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

from .test_constraints import NODES
from .test_constraints import catalog as roads
from .test_incremental import assert_same

ROUNDS = 100
NAMES = [f"n{at}" for at in range(9)]
HEAD = "id: a\nversion: 1\nnodes:\n" + "".join(
    f"  - {{id: {name}, type: LLM_DECISION, config: {{prompt: '?', options: [a, b], context: [n0.output, n{(at * 5 + 3) % 9}.output]}}}}\n"
    for at, name in enumerate(NAMES)
)
KINDS = [
    {},
    {"acyclic": True},
    {"multi": False, "loops": False},
    {"direction": "undirected", "multi": False},
    {"direction": "undirected", "acyclic": True, "loops": False},
]
Join = tuple[list[str], list[str], str]


def joins(rng: random.Random, names: list[str], rest: list[str]) -> list[Join]:
    found: list[Join] = []
    for _ in range(rng.randint(1, 4)):
        first = rng.randrange(len(names)) if rng.random() < 0.5 else 0
        sources, targets = names[: first + 2] if first else names, names[first:]
        lists = [[rng.choice(side) for _ in range(rng.randint(1, 9))] for side in (sources, targets)]
        found.append((*lists, rng.choice(rest)))  # type: ignore[arg-type]
    return found


def said(text: str, types: Catalog) -> set[tuple[str, str]]:
    findings = check(Document.parse(text), types, is_named=True).findings()
    assert len(findings) < 1000
    # A condition is one text, however many sources the edge has.
    found = {(one.code, one.message) for one in findings if not one.code.startswith("condition-")}
    repeats = [message for code, message in found if code == "duplicate-edge"]
    apart = {("duplicate-edge", pair) for message in repeats for pair in pairs_of(message)}
    return {(code, message) for code, message in found if code != "duplicate-edge"} | apart


def pairs_of(message: str) -> list[str]:
    """Each pair of nodes that an edge is said to repeat."""
    sources, _, targets = message.partition(" to ")
    names = [re.findall(r"'(\w+)'", side) for side in (sources, targets)]
    return [f"{source} to {target}" for source in names[0] for target in names[1]]


def whole(edges: list[Join]) -> str:
    return "".join(f"  - {{from: [{', '.join(a)}], to: [{', '.join(b)}]{rest}}}\n" for a, b, rest in edges)


def drawn_out(edges: list[Join]) -> str:
    return "".join(
        f"  - {{from: {one}, to: {other}{rest}}}\n" for a, b, rest in edges for one in a for other in b
    )


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_a_join_says_what_its_pairs_say(seed: int, catalog: Catalog) -> None:
    rng = random.Random(seed)
    names = [*NAMES, *rng.choice([[], [], ["START", "END"], ["n11x", "gone"]])]
    rest = ["", "", ", condition: \"output.decision == 'a'\"", ", condition: input.x"]
    ends = "edges:\n" + "".join(
        f"  - {{from: {a}, to: {b}}}\n" for a, b in [("START", rng.choice(NAMES)), (rng.choice(NAMES), "END")]
    )
    edges = joins(rng, names, rest)
    together, apart = said(HEAD + ends + whole(edges), catalog), said(HEAD + ends + drawn_out(edges), catalog)
    # That a list runs as a whole is known of the list alone, not of several conditions that say the same.
    assert together <= apart
    assert {code for code, _ in apart - together} <= {"upstream-avoidable"}
    if not any(rest for _, _, rest in edges):
        assert together == apart


@pytest.mark.parametrize("kind", range(len(KINDS)))
@pytest.mark.parametrize("seed", range(ROUNDS // 5))
def test_a_join_breaks_the_rules_of_a_type_as_its_pairs_do(seed: int, kind: int) -> None:
    rng = random.Random(seed)
    edges = joins(rng, ["rome", "milan", "turin", "po", "dora"], [", type: road", ", type: flow"])
    types = roads(**KINDS[kind])  # type: ignore[arg-type]
    assert said(NODES + whole(edges), types) == said(NODES + drawn_out(edges), types)


def test_an_edited_join_is_as_one_that_was_there_from_the_start(catalog: Catalog) -> None:
    rng = random.Random(5)
    names = [*NAMES, "START", "END", "gone"]
    edges = [edge for _ in range(4) for edge in joins(rng, names, [""])]
    document = Document.parse(HEAD + "edges:\n" + whole(edges))
    checked = check(document, catalog)
    first = document.lines.text().count("\n") - len(edges)
    for _ in range(ROUNDS):
        row = first + rng.randrange(len(edges))
        text = whole(joins(rng, names, [""])[:1])
        edit = Edit(Span(row, 0, row, len(list(document.lines)[row])), text.rstrip("\n"))
        if rng.random() < 0.3:
            edit = Edit(Span(5, 9, 5, 11), rng.choice(NAMES))
        document = document.edit(edit)
        checked = check(document, catalog, None, checked)
        assert_same(checked, check(Document.parse(document.lines.text()), catalog))


@pytest.mark.parametrize("copies", [1, 2])
def test_a_join_of_thousands_costs_what_its_text_costs(copies: int, catalog: Catalog) -> None:
    names = [f"n{at}" for at in range(3000)]
    nodes = "".join(f"  - {{id: {name}, type: HUMAN_INPUT}}\n" for name in names)
    text = (
        "id: a\nversion: 1\nnodes:\n"
        + nodes
        + "edges:\n  - {from: START, to: n0}\n"
        + whole([(names, names, "")] * copies)
    )
    started = time.process_time()
    document = Document.parse(text)
    checked = check(document, catalog)
    codes = {finding.code for finding in checked.findings()}
    assert codes == {"endless-cycle", *["duplicate-edge"][: copies - 1]}
    after = document.edit(Edit(Span(1500, 10, 1500, 10), "x"))
    assert "edge-unknown-node" in {
        finding.code for finding in check(after, catalog, None, checked).findings()
    }
    assert time.process_time() - started < 2, "seconds of processor time"
