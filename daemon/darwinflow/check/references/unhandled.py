"""Which answers of a node that decides no edge takes."""

from functools import lru_cache

from darwinflow.check.cel import MAX_CHARACTERS, parsed
from darwinflow.check.references.decisions import comparisons, outcome, tests_decision
from darwinflow.model.nearest import nearest
from darwinflow.projection.columns import Columns
from darwinflow.projection.projection import Projection

Segments = list[tuple[Columns, int, bool]]
"""Where edges leave a node, and whether the edge there has a condition."""


def leaving(projection: Projection, names: set[str], *, often: bool = False) -> dict[str, Segments]:
    """The segments with edges that leave each of *names*. *often*: the graph stays while conditions change."""
    found: dict[str, Segments] = {name: [] for name in names}
    for column in projection.graph.columns if names else ():
        for at in column.arrows_from(names, often=often):
            source = column.sources[at]
            if isinstance(source, str):
                found[source].append((column, column.arrow_segment(at), column.conditional[at]))
        for segment in column.half_segments:
            for edge in projection.facts(column.section, segment).edges:
                for name in names.intersection([end.name for end in edge.sources]):
                    found[name].append((column, segment, edge.is_conditional))
    return found


def unhandled_answers(
    projection: Projection, segments: Segments, name: str, options: tuple[str, ...]
) -> tuple[str, ...]:
    """The answers that no edge takes, where every edge that leaves the node tests its decision."""
    if not all(is_conditional for _, _, is_conditional in segments):
        return ()
    conditions: dict[str, None] = {}
    for column, segment, _ in segments:
        for edge in projection.facts(column.section, segment).edges:
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
    # An answer that nobody gives may be meant for one that is left; `condition-never-true` tells of it.
    return tuple(left) if len(left) > list(slips.values()).count(None) else ()
