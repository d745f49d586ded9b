"""Which answers of a node that decides no edge takes."""

from functools import lru_cache

from darwinflow.check.cel import MAX_CHARACTERS, parsed
from darwinflow.check.nearest import nearest
from darwinflow.check.references.decisions import comparisons, outcome, tests_decision
from darwinflow.projection.columns import Columns
from darwinflow.projection.projection import Projection

Arrows = list[tuple[Columns, int]]


def leaving(projection: Projection, names: set[str], *, often: bool = False) -> dict[str, Arrows]:
    """The arrows that leave each of *names*. *often*: the graph stays while conditions change."""
    found: dict[str, Arrows] = {name: [] for name in names}
    for column in projection.graph.columns if names else ():
        for at in column.arrows_from(names, often=often):
            source = column.sources[at]
            if isinstance(source, str):
                found[source].append((column, at))
    return found


def unhandled_answers(
    projection: Projection, arrows: Arrows, name: str, options: tuple[str, ...]
) -> tuple[str, ...]:
    """The answers that no edge takes, where every edge that leaves the node tests its decision."""
    if not all(column.conditional[at] for column, at in arrows):
        return ()
    conditions: dict[str, None] = {}
    for column, at in arrows:
        for edge in projection.facts(column.section, column.arrow_segment(at)).edges:
            if any(end.name == name for end in edge.sources):
                if edge.condition is None:
                    return ()
                conditions[edge.condition] = None
    return _left(tuple(conditions), options)


@lru_cache(20_000)
def _left(conditions: tuple[str, ...], options: tuple[str, ...]) -> tuple[str, ...]:
    if not conditions or any(len(condition) > MAX_CHARACTERS for condition in conditions):
        return ()
    trees = [parsed(condition).tree for condition in conditions]
    if not all(tree is not None and tests_decision(tree) for tree in trees):
        return ()
    compared = {one.answer for tree in trees if tree is not None for one in comparisons(tree)}
    slips = {answer: nearest(answer, options) for answer in compared.difference(options)}
    left: list[str] = []
    for option in dict.fromkeys(options):
        meant = [option, *[answer for answer, near in slips.items() if near == option]]
        answers = [{"": answer} for answer in meant]
        if all(tree is None or outcome(tree, one.get) is False for tree in trees for one in answers):
            left.append(option)
    return tuple(left)
