"""Fixes where a name is given whose users agree on another spelling."""

from collections.abc import Mapping

from darwinflow.check.finding import Fix
from darwinflow.check.words import scalar
from darwinflow.document.lines import Edit
from darwinflow.document.node import SCALAR, Node
from darwinflow.projection.places import find
from darwinflow.projection.projection import Projection


def either(used: tuple[Fix, ...], given: tuple[Fix, ...]) -> tuple[Fix, ...]:
    """The fixes where a name is used and where it is given, of which one as well as the other may be meant."""
    return tuple([fix.doubted() for fix in (*used, *given)])


def renamed_node(projection: Projection, old: str, new: str) -> tuple[Fix, ...]:
    """Gives the node *old* the id *new*; none where that is not plain."""
    node = projection.node(old)
    if node is None or old in projection.graph.repeats or scalar(new) != new:
        return ()
    if new in projection.graph_type.reserved or not _is_own(node.fact.id_token):
        return ()
    return (Fix(f"Change the id '{old}' to '{new}'", (Edit(node.span, new),)),)


def renamed_answer(projection: Projection, decider: str, old: str, new: str) -> tuple[Fix, ...]:
    """Makes *new* of the answer *old* where the node *decider* lists it; none where that is not plain."""
    node = projection.node(decider)
    data = node.fact.data if node is not None else None
    if node is None or not isinstance(data, Mapping):
        return ()
    found = find(node.fact.item, ("config", "options", data["config"]["options"].index(old)))
    if found is None or found.rest or not _is_own(found.value):
        return ()
    edit = Edit(found.value.span.moved(node.start_line), scalar(new))
    return (Fix(f"Change the option '{old}' to '{new}'", (edit,)),)


def _is_own(token: Node | None) -> bool:
    """Whether a text stands there itself, and nothing else refers to it."""
    return token is not None and token.kind == SCALAR and token.anchor is None and token.tag is None
