"""Items whose text stays while an alias among it comes to stand for something else.

Many items may use one anchor. What it stands for is judged once for each type and field that it is the value of.
"""

from typing import Final, NamedTuple

from darwinflow.check.items import ItemCheck
from darwinflow.document.node import ALIAS
from darwinflow.document.segment import Segment
from darwinflow.document.values import Bound
from darwinflow.projection.aliased import aliased_fields
from darwinflow.projection.native import NODES, base, read

_MEMO: Final = f"{__name__}.uses"


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
        self._of_all: dict[tuple[tuple[Use, ...], int], bool] = {}
        """For the uses of a segment and the identity of what its aliases stand for, which thousands may share."""

    def is_sound(self, old: Segment, new: Segment) -> bool:
        """Whether *new*, which is *old* but for its aliases, has certainly no finding, given that *old* has none."""
        uses: tuple[Use, ...] | None = old.lasting.get(_MEMO)
        if uses is None:
            uses = old.lasting[_MEMO] = _uses(old, self._role)
        bindings = new.bindings
        if not uses or bindings is None:
            return False
        key = uses, id(bindings)
        verdict = self._of_all.get(key)
        if verdict is None:
            verdict = self._of_all[key] = all(self._is_taken(use, bindings.get(use.alias)) for use in uses)
        return verdict

    def _is_taken(self, use: Use, bound: Bound | None) -> bool:
        key = (use.kind, use.field, id(bound))
        verdict = self._verdicts.get(key)
        if verdict is None:
            is_node = base(self._role) == NODES
            verdict = bound is not None and self._items.takes(is_node, use.kind, use.field, bound.data)
            self._verdicts[key] = verdict
        return verdict


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
