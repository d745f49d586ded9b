"""`context-unknown-node`: a reference names a node that does not exist."""

import re
from collections.abc import Iterator
from typing import Final

from darwinflow.check.finding import ERROR, Finding, Fix
from darwinflow.check.references.remark import Remark
from darwinflow.check.references.subject import Citation
from darwinflow.check.words import all_of, shown

_AS_KEY: Final = re.compile(r"nodes\[\s*[\"']([^\"']+)[\"']\s*\]\Z")
_MAX_LISTED = 8
"""Nodes that a message lists; more would hide what it says."""


def context_unknown_node(citation: Citation) -> Iterator[Remark]:
    name, scope = citation.reference.name, citation.scope
    if not citation.reference.is_sound or not name or scope.is_node(name):
        return
    span = citation.writing.span(0, len(name))
    if scope.is_always_there(name):
        yield Remark(Finding("context-unknown-node", ERROR, span, scope.without_output(name)))
        return
    message = f"no node is called '{shown(name)}'"
    fixes: tuple[Fix, ...] = ()
    near = _quoted_key(citation) or scope.nearest_node(name)
    if near is not None:
        message += f"; did you mean '{near}'?"
        if citation.is_known(near):
            fixes = citation.writing.change(f"Change to '{near}'", 0, len(name), near)
    elif 0 < len(scope.listed) <= _MAX_LISTED:
        message += f"; there are {all_of(scope.listed)}"
    yield Remark(Finding("context-unknown-node", ERROR, span, message, (), fixes), name)


def _quoted_key(citation: Citation) -> str | None:
    """The node, where its id is written as conditions write it."""
    match = _AS_KEY.match(citation.reference.name)
    return match[1] if match is not None and citation.scope.is_node(match[1]) else None
