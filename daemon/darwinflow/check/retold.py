"""Items whose text stays while an alias among it comes to stand for something else.

Many items may use one anchor. What it stands for is judged once for each type and field that it is the value of.
"""

from typing import Final, NamedTuple

from darwinflow.check.items import ItemCheck
from darwinflow.document.node import ALIAS
from darwinflow.document.segment import Segment
from darwinflow.projection.aliased import aliased_fields
from darwinflow.projection.native import NODES, base, read

_MEMO: Final = (__name__, "uses")


class Use(NamedTuple):
    """One alias that is the whole value of a field."""

    kind: str
    """The item's type."""
    field: str
    alias: str


class Retold:
    """During one check, of the segments of one list."""

    def __init__(self, items: ItemCheck, role: str) -> None:
        self._items = items
        self._role = role
        self._verdicts: dict[tuple[str, str, int], bool] = {}

    def is_sound(self, old: Segment, new: Segment) -> bool:
        """Whether *new*, which is *old* but for its aliases, has certainly no finding, given that *old* has none."""
        uses = old.memo.get(_MEMO)
        if uses is None:
            uses = old.memo[_MEMO] = _uses(old, self._role)
        new.memo[_MEMO] = uses
        bindings = new.bindings
        if not uses or bindings is None:
            return False
        for kind, field, alias in uses:
            bound = bindings.get(alias)
            key = (kind, field, id(bound))
            verdict = self._verdicts.get(key)
            if verdict is None:
                takes = bound is not None and self._items.takes(
                    base(self._role) == NODES, kind, field, bound.data
                )
                verdict = self._verdicts[key] = takes
            if not verdict:
                return False
        return True


def _uses(segment: Segment, role: str) -> tuple[Use, ...]:
    """Empty where an alias is anything but the whole value of a field."""
    fields = aliased_fields(segment)
    if not fields or "type" in fields:
        return ()
    facts = read(segment, role)
    listed = facts.nodes or facts.edges
    found = [
        Use(one.kind, key.source, value.value)
        for one in listed
        for key, value in one.item.pairs
        if value.kind == ALIAS
    ]
    return tuple(found) if len(found) == len(segment.aliases) else ()
