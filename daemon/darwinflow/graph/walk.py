"""Walks over graphs whose nodes are the integers from 0 on. Nothing recurses: graphs are as deep as they like."""

from collections.abc import Iterable, Sequence

Arrows = Sequence[Sequence[int]]
"""For each node, the nodes that its arrows lead to."""


def reached(roots: Iterable[int], arrows: Arrows) -> bytearray:
    """A byte for each node: 1 where some walk from one of *roots* leads to it, the roots among them."""
    seen = bytearray(len(arrows))
    waiting = list(roots)
    for node in waiting:
        seen[node] = 1
    for node in waiting:
        for target in arrows[node]:
            if not seen[target]:
                seen[target] = 1
                waiting.append(target)
    return seen


def components(nodes: Iterable[int], arrows: Arrows) -> list[list[int]]:
    """The strongly connected components of what can be reached from *nodes*, each after all that it leads to.

    Tarjan's algorithm with a stack of its own.
    """
    order = [-1] * len(arrows)
    low = [0] * len(arrows)
    is_open = bytearray(len(arrows))
    path: list[int] = []
    found: list[list[int]] = []
    count = 0
    for root in nodes:
        if order[root] >= 0:
            continue
        calls: list[tuple[int, int]] = [(root, 0)]
        while calls:
            node, position = calls.pop()
            if position == 0:
                order[node] = low[node] = count
                count += 1
                path.append(node)
                is_open[node] = 1
            else:
                low[node] = min(low[node], low[arrows[node][position - 1]])
            for index in range(position, len(arrows[node])):
                target = arrows[node][index]
                if order[target] < 0:
                    calls.append((node, index + 1))
                    calls.append((target, 0))
                    break
                if is_open[target]:
                    low[node] = min(low[node], order[target])
            else:
                if low[node] == order[node]:
                    found.append(_closed(node, path, is_open))
    return found


def _closed(node: int, path: list[int], is_open: bytearray) -> list[int]:
    """Take the component that *node* is the root of off *path*."""
    component: list[int] = []
    while True:
        member = path.pop()
        is_open[member] = 0
        component.append(member)
        if member == node:
            return component
