"""Walks agree with the plainest definition of what they compute, on graphs of any depth."""

import random

from darwinflow.graph.walk import components, reached


def random_arrows(rng: random.Random, size: int) -> list[list[int]]:
    return [[rng.randrange(size) for _ in range(rng.choice([0, 1, 1, 2]))] for _ in range(size)]


def closure(arrows: list[list[int]], start: int) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        for target in arrows[waiting.pop()]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen


def test_what_is_reached_is_what_some_walk_leads_to() -> None:
    for seed in range(100):
        rng = random.Random(seed)
        arrows = random_arrows(rng, rng.randint(1, 30))
        roots = [rng.randrange(len(arrows)) for _ in range(rng.randint(1, 3))]
        wanted = set().union(*(closure(arrows, root) for root in roots))
        seen = reached(roots, arrows)
        assert {node for node in range(len(arrows)) if seen[node]} == wanted


def test_a_component_is_what_leads_to_itself_and_back() -> None:
    for seed in range(100):
        rng = random.Random(seed)
        arrows = random_arrows(rng, rng.randint(1, 25))
        ways = [closure(arrows, node) for node in range(len(arrows))]
        found = components(range(len(arrows)), arrows)
        assert sorted(node for group in found for node in group) == list(range(len(arrows)))
        place = {node: index for index, group in enumerate(found) for node in group}
        for a in range(len(arrows)):
            for b in range(len(arrows)):
                assert (place[a] == place[b]) == (b in ways[a] and a in ways[b])
            for b in arrows[a]:
                assert place[b] <= place[a], "a component comes after all that it leads to"


def test_a_chain_of_a_hundred_thousand_nodes_is_no_matter() -> None:
    size = 100_000
    arrows = [[node + 1] for node in range(size - 1)] + [[0]]
    assert all(reached([0], arrows))
    assert len(components([0], arrows)) == 1
