"""What is out of reach, against walks that are walked step by step."""

import random

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.reach import reach
from darwinflow.document.document import Document

GRAPHS = 600


def graph_of(rng: random.Random) -> tuple[int, list[tuple[str, str]]]:
    """How many nodes there are, and edges between them: often a row, now and then with a gap, a way back or a slip."""
    count = rng.randint(1, 8)
    names = [f"n{at}" for at in range(count)]
    edges = list(zip(["START", *names], [*names, "END"], strict=True))
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        choice = rng.random()
        if choice < 0.4 and edges:
            edges.pop(rng.randrange(len(edges)))
        elif choice < 0.9:
            edges.append((rng.choice(["START", *names]), rng.choice([*names, "END"])))
        else:
            edges.append((rng.choice(names), "END"))
    rng.shuffle(edges)
    return count, edges


def walked(root: str, edges: list[tuple[str, str]]) -> set[str]:
    seen, waiting = {root}, [root]
    while waiting:
        here = waiting.pop()
        for source, target in edges:
            if source == here and target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def test_what_is_out_of_reach_is_what_no_walk_comes_to(catalog: Catalog) -> None:
    plain = 0
    for seed in range(GRAPHS):
        count, edges = graph_of(random.Random(seed))
        nodes = "".join(f"  - {{id: n{at}, type: HUMAN_INPUT}}\n" for at in range(count))
        listed = "".join(f"  - {{from: {source}, to: {target}}}\n" for source, target in edges)
        checked = check(Document.parse(f"id: a\nversion: 1\nnodes:\n{nodes}edges:\n{listed}"), catalog)
        projection = checked.projection
        assert projection is not None
        found = reach(projection)
        assert found is not None
        led_to = walked("START", edges)
        leading = walked("END", [(target, source) for source, target in edges])
        names = [f"n{at}" for at in range(count)]
        lost = {name for name in names if name not in led_to}
        stuck = {name for name in names if name in led_to and name not in leading}
        ids = projection.graph.names
        assert {ids[node] for group in found.endless for node in group} == stuck
        assert bool(found.unreachable) == bool(lost)
        assert {ids[node] for node in found.unreachable} <= lost
        plain += not lost and not stuck
    assert GRAPHS / 10 < plain < GRAPHS * 9 / 10
