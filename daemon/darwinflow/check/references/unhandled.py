"""Which answers of a node that decides no edge takes."""

from functools import lru_cache
from typing import Final

from darwinflow.check.cel import MAX_CHARACTERS, Expr, parsed
from darwinflow.check.references.decisions import comparisons, outcome, tests_decision
from darwinflow.model.nearest import Index
from darwinflow.projection.columns import Columns
from darwinflow.projection.projection import Projection

Segments = list[tuple[Columns, int, bool]]
"""Where edges leave a node, and whether the edge there has a condition."""
_UNNAMED: Final = "\0"
"""An answer that no node gives."""
_NONE: Final[frozenset[int]] = frozenset()


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
    naming: dict[str, set[int]] = {}
    for at, tree in enumerate(trees):
        for one in comparisons(tree) if tree is not None else ():
            naming.setdefault(one.answer, set()).add(at)
    # Whatever no comparison of a condition names has the same outcome there.
    open_to_others = {at for at, tree in enumerate(trees) if not _refuses(tree, _UNNAMED)}
    unlisted = naming.keys() - set(options)
    index = Index(options) if unlisted else None
    slips = {answer: index.nearest(answer) if index is not None else None for answer in unlisted}
    meant: dict[str, list[str]] = {}
    for answer, near in slips.items():
        if near is not None:
            meant.setdefault(near, []).append(answer)
    left = [
        option
        for option in dict.fromkeys(options)
        if all(
            open_to_others <= (named := naming.get(answer, _NONE))
            and all(_refuses(trees[at], answer) for at in named)
            for answer in [option, *meant.get(option, ())]
        )
    ]
    # An answer that nobody gives may be meant for one that is left; `condition-never-true` tells of it.
    return tuple(left) if len(left) > list(slips.values()).count(None) else ()


def _refuses(tree: Expr | None, answer: str) -> bool:
    """Whether a condition, of which None is left out, does not hold for *answer* of its edge's source."""
    return tree is None or outcome(tree, {"": answer}.get) is False
