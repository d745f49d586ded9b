"""What has run on some way to a node, and on every one, against walking all the ways there are."""

import random

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.engine import check
from darwinflow.check.references.before import Before
from darwinflow.document.document import Document
from darwinflow.projection.projection import Projection


def projection(edges: list[tuple[str, str]], count: int, catalog: Catalog) -> Projection:
    nodes = "".join(f"  - {{id: n{at}, type: HUMAN_INPUT}}\n" for at in range(count))
    lines = "".join(f"  - {{from: {source}, to: {target}, condition: input.x}}\n" for source, target in edges)
    checked = check(Document.parse(f"id: a\nversion: 1\nnodes:\n{nodes}edges:\n{lines}"), catalog)
    assert checked.projection is not None
    return checked.projection


def leads(arrows: dict[str, set[str]], start: str, goal: str, without: str = "") -> bool:
    """Whether one or more steps lead from *start* to *goal*, none of them out of *without*."""
    seen: set[str] = set()
    waiting = [] if start == without else [start]
    while waiting:
        for target in arrows.get(waiting.pop(), ()):
            if target == goal:
                return True
            if target not in seen and target != without:
                seen.add(target)
                waiting.append(target)
    return False


def test_sets_of_nodes_say_what_walks_say(catalog: Catalog) -> None:
    rng = random.Random(11)
    unknown = unsure = 0
    for _ in range(150):
        count = rng.randint(2, 7)
        names = [f"n{at}" for at in range(count)]
        edges = [
            (rng.choice(["START", *names]), rng.choice([*names, "END"]))
            for _ in range(rng.randint(count, 2 * count + 2))
        ]
        arrows: dict[str, set[str]] = {}
        for source, target in edges:
            arrows.setdefault(source, set()).add(target)
        before = Before(projection(edges, count, catalog))
        for reader in names:
            for read in names:
                verdict = before.verdict(reader, read)
                if not leads(arrows, "START", reader) or not leads(arrows, "START", read):
                    assert verdict.is_known
                    continue
                assert verdict.is_known == leads(arrows, read, reader), (edges, reader, read)
                assert before.leads(read, reader) == verdict.is_known
                avoidable = reader == read or leads(arrows, "START", reader, without=read)
                if verdict.is_known:
                    assert verdict.is_sure != avoidable, (edges, reader, read)
                unknown += not verdict.is_known
                unsure += not verdict.is_sure
    assert unknown > 100
    assert unsure > 100


def test_all_pairs_at_once_give_what_one_by_one_does(catalog: Catalog) -> None:
    rng = random.Random(12)
    for _ in range(40):
        names = [f"n{at}" for at in range(9)]
        edges = [("START", "n0"), *[(rng.choice(names), rng.choice(names)) for _ in range(16)], ("n8", "END")]
        whole = projection(edges, 9, catalog)
        together, singly = Before(whole), Before(whole)
        pairs = [(reader, read) for reader in names for read in names]
        together.judge(pairs)
        assert [together.verdict(*pair) for pair in pairs] == [singly.verdict(*pair) for pair in pairs]


def test_an_edge_to_a_name_that_means_nothing_takes_the_blame(catalog: Catalog) -> None:
    edges = [("START", "n0"), ("n0", "somewhere"), ("START", "n1"), ("n1", "END")]
    before = Before(projection(edges, 2, catalog))
    assert before.verdict("n1", "n0").is_known
    assert (
        not Before(projection([*edges[:1], *edges[2:], ("n0", "END")], 2, catalog))
        .verdict("n1", "n0")
        .is_known
    )
