"""Node ids that are no names in CEL, so that a condition has to quote them."""

import json
import re
from typing import Final

from darwinflow.projection.graph import Graph

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_OUTPUT: Final = re.compile(r"\s*\.\s*output\b")
_RESERVED: Final = frozenset(
    """as break const continue else false for function if import in let loop namespace null package return true var
    void while""".split()  # noqa: SIM905
)


def is_name(name: str) -> bool:
    """Whether CEL takes *name* as one."""
    return _NAME.match(name) is not None and name not in _RESERVED


def odd_names(graph: Graph) -> frozenset[str]:
    """Ids of listed nodes that are none. Kept with the graph."""
    known = graph.memo.get(__name__)
    if known is None:
        names = [name for name in graph.names[graph.implicit : graph.known] if not is_name(name)]
        known = graph.memo[__name__] = frozenset(names)
    assert isinstance(known, frozenset)
    return known


def odd_name_at(graph: Graph, text: str, offset: int) -> str | None:
    """The id that begins there and is no name, where a condition reads its output."""
    for match in _OUTPUT.finditer(text, offset):
        if text[offset : match.start()] in odd_names(graph):
            return text[offset : match.start()]
    return None


def as_key(name: str) -> str:
    """How a condition writes a node whose id is no name."""
    return f"nodes[{json.dumps(name, ensure_ascii=False)}]"
