"""Fixes where a name is declared that all who use it spell otherwise. None of them is certain."""

from collections.abc import Mapping

from darwinflow.check.finding import Finding, Fix
from darwinflow.check.words import scalar, shown
from darwinflow.document.lines import Edit
from darwinflow.document.node import SCALAR, Node
from darwinflow.projection.places import find
from darwinflow.projection.projection import Projection


def doubted(finding: Finding, given: tuple[Fix, ...], noun: str, name: str) -> Finding:
    """*finding*, of a use of *name* that may be what is meant, with the other way offered, too: that the declaration says so."""
    fixes = tuple([fix.doubted() for fix in finding.fixes]) + given
    message = finding.message
    if given and message.endswith("?"):
        message = f"{message[:-1]}, or is that {noun} to be called '{shown(name)}'?"
    return finding._replace(message=message, fixes=fixes)


def renamed_node(projection: Projection, old: str, new: str) -> tuple[Fix, ...]:
    """Gives the node *old* the id *new*; none where that is not plain."""
    node = projection.node(old)
    if node is None or old in projection.graph.repeats or scalar(new) != new:
        return ()
    if new in projection.graph_type.reserved or not _is_own(node.fact.id_token):
        return ()
    return (Fix(f"Change the id '{old}' to '{new}'", (Edit(node.span, new),), is_certain=False),)


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
    return (Fix(f"Change the option '{old}' to '{new}'", (edit,), is_certain=False),)


def renamed_input(projection: Projection, old: str, new: str) -> tuple[Fix, ...]:
    """Declares the input *old* as *new*; none where that is not plain."""
    located = projection.header.locate(("inputs", old))
    key = located[0].key if located is not None and not located[0].rest else None
    if located is None or key is None or not _is_own(key) or scalar(new) != new:
        return ()
    edit = Edit(key.span.moved(located[1]), new)
    return (Fix(f"Change the input '{old}' to '{new}'", (edit,), is_certain=False),)


def _is_own(token: Node | None) -> bool:
    """Whether a text stands there itself, and nothing else refers to it."""
    return token is not None and token.kind == SCALAR and token.anchor is None and token.tag is None
