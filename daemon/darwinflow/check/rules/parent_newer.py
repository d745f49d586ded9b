"""`parent-newer`: a version says that it was made from itself, or from a later one."""

from collections.abc import Iterator

from darwinflow.check.finding import WARNING, Finding
from darwinflow.check.neighbours import Neighbours, Own
from darwinflow.check.rules.lineage_cycle import lineage_cycle
from darwinflow.check.rules.parent_unknown import parent_unknown
from darwinflow.check.words import shown


def parent_newer(own: Own, neighbours: Neighbours) -> Iterator[Finding]:
    facts = own.facts
    parent = facts.parent
    if parent is None or parent.workflow.casefold() != facts.id.casefold() or parent.version < facts.version:
        return
    if any(parent_unknown(own, neighbours)) or any(lineage_cycle(own, neighbours)):
        return  # one root cause, one finding
    advice = "name an earlier one" if facts.version > 1 else "no version comes before it, so it has no parent"
    message = (
        f"version {facts.version} of '{shown(facts.id)}' cannot come from version {parent.version}; {advice}"
    )
    yield Finding("parent-newer", WARNING, facts.parent_span, message)
