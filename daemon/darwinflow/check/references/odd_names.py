"""Node ids that are no names in CEL, so that a condition has to quote them."""

import json
import re
from typing import Final

from darwinflow.projection.graph import Graph

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_RESERVED: Final = frozenset(
    """as break const continue else false for function if import in let loop namespace null package return true var
    void while""".split()  # noqa: SIM905
)


def is_name(name: str) -> bool:
    """Whether CEL takes *name* as one."""
    return _NAME.match(name) is not None and name not in _RESERVED


def odd_names(graph: Graph) -> tuple[str, ...]:
    """Ids of listed nodes that are none, the longest first. Kept with the graph."""
    known = graph.memo.get(__name__)
    if known is None:
        names = [name for name in graph.names[graph.implicit : graph.known] if not is_name(name)]
        known = graph.memo[__name__] = tuple(sorted(names, key=len, reverse=True))
    assert isinstance(known, tuple)
    return known


def as_key(name: str) -> str:
    """How a condition writes a node whose id is no name."""
    return f"nodes[{json.dumps(name, ensure_ascii=False)}]"
