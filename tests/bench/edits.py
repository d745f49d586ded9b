"""From an edit to complete findings: CPU of the edit, its reading, its data and every rule, beside checking the whole text anew.

Each edit puts something in and takes it out again. The median is of both, at random places of one document; the least
is what they cost when nothing else disturbs them.
"""

import gc
import random
import re
import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import Checked, check
from darwinflow.document.document import Document
from darwinflow.document.lines import Edit
from darwinflow.model.span import Span

from .documents import node_id, workflow

SIZES = (50, 1_000, 10_000)
ROUNDS = 41
WORST_ROUNDS = 7
MANY_FINDINGS = 1_000


class Cost(NamedTuple):
    """CPU milliseconds."""

    median: float
    least: float


Place = Callable[[random.Random], Edit]


def typed(line: int, column: int, text: str = "x") -> Edit:
    return Edit(Span(line, column, line, column), text)


def taken_out(edit: Edit) -> Edit:
    """The edit that takes out what *edit*, which replaces nothing, puts in."""
    line, column, text = edit.span.line, edit.span.column, edit.text
    more = text.count("\n")
    end = len(text) - text.rfind("\n") - 1 if more else column + len(text)
    return Edit(Span(line, column, line + more, end), "")


def places(document: Document, nodes: int) -> dict[str, Place]:
    """One edit of each kind at a random place."""
    lines = list(document.lines)

    def among(needle: str, shift: int) -> Place:
        found = [(at, line.index(needle) + shift) for at, line in enumerate(lines) if needle in line]
        return lambda rng: typed(*rng.choice(found))

    edges = [at for at, line in enumerate(lines) if line.startswith("  - {from: ")]
    edge = f"  - {{from: {node_id(0)}, to: {node_id(nodes // 2)}}}\n"
    return {
        "a character of a text": among("    description: ", 18),
        "a character of an answer in a condition": among("output.decision == '", 21),
        "a character of a reference": among("context: [", 12),
        "a character of an id": among("  - id: ", 12),
        "a character of an edge's end": among("from: ", 9),
        "an edge more": lambda rng: typed(rng.choice(edges), 0, edge),
    }


def worst(nodes: int) -> dict[str, tuple[str, Edit]]:
    """Edits that no segment can confine, and the text of each."""
    text = workflow(nodes)
    lines = text.split("\n")
    middle = [at for at, line in enumerate(lines) if line.startswith("    description: ")][nodes // 2]
    shared = lines.index("nodes:")
    anchored = "\n".join([*lines[:shared], "x-shared: &shared said of many", *lines[shared:]])
    names = ", ".join([f"n{at}" for at in range(nodes)])
    listed = "".join([f"  - {{id: n{at}, type: HUMAN_INPUT}}\n" for at in range(nodes)])
    joined = f"id: a\nversion: 1\nnodes:\n{listed}edges:\n  - {{from: START, to: n0}}\n  - {{from: [{names}], to: [{names}]}}\n"
    args = "".join([f"          - name: item {at}\n            value: {at}\n" for at in range(2_500)])
    long = [
        "  - id: long",
        "    type: TOOL_CALL",
        "    config:",
        "      tool: t",
        "      args:",
        "        list:",
    ]
    end = lines.index("edges:")
    with_long = "\n".join([*lines[:end], *long, args + "edges:", *lines[end + 1 :]])
    in_long = end + len(long) + 2_500
    return {
        "a character in an item of 5 000 lines": (with_long, typed(in_long, 20)),
        "a line more in an item of 5 000 lines": (with_long, typed(in_long, 20, "\n            more: ")),
        "a character at column 0 inside the list": (text, typed(middle, 0)),
        "a character of the key of a section": (text, typed(shared, 3)),
        "a character of an anchor with a user a node": (
            re.sub("    description: .*", "    description: *shared", anchored),
            typed(shared, 20),
        ),
        "an id, with one edge from all nodes to all": (joined, typed(3 + nodes // 2, 10)),
    }


def measured(before: Checked, place: Place, catalog: Catalog, rounds: int = ROUNDS) -> Cost:
    rng = random.Random(1)
    times = []
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        edit = place(rng)
        now = before
        for step in (edit, taken_out(edit)):
            start = time.process_time()
            now = check(now.document.edit(step), catalog, None, now)
            now.findings()
            times.append((time.process_time() - start) * 1000)
        assert now.document.lines.text() == before.document.lines.text()
    gc.unfreeze()
    return Cost(statistics.median(times), min(times))


def whole(text: str, catalog: Catalog) -> tuple[Checked, float]:
    start = time.process_time()
    checked = check(Document.parse(text), catalog)
    checked.findings()
    return checked, (time.process_time() - start) * 1000


def main() -> None:
    catalog = Catalog.bundled()
    columns: list[dict[str, str]] = []
    for nodes in SIZES:
        whole(workflow(50), catalog)
        checked, anew = whole(workflow(nodes), catalog)
        column = {}
        for name, place in places(checked.document, nodes).items():
            cost = measured(checked, place, catalog)
            column[name] = f"{cost.median:.2f} ({cost.least:.2f})"
        faulty = workflow(nodes).replace("output.decision == '", "output.decision == 'x", MANY_FINDINGS)
        many, _ = whole(faulty, catalog)
        cost = measured(many, places(many.document, nodes)["a character of a text"], catalog)
        column["the same among as many findings as there may be"] = f"{cost.median:.2f} ({cost.least:.2f})"
        for name, (text, edit) in worst(nodes).items():
            shape, _ = whole(text, catalog)
            cost = measured(shape, lambda _, edit=edit: edit, catalog, WORST_ROUNDS)
            column[name] = f"{cost.median:.2f} ({cost.least:.2f})"
        column["the whole text anew"] = f"{anew:.0f}"
        columns.append(column)
    print(f"{'CPU ms, median (least)':<50}" + "".join(f"{nodes:>17}" for nodes in SIZES))
    for name in columns[0]:
        print(f"{name:<50}" + "".join(f"{column[name]:>17}" for column in columns))


if __name__ == "__main__":
    main()
