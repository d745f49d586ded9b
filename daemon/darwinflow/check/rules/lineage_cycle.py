"""`lineage-cycle`: a version is among those that it was made from."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.following import ancestors
from darwinflow.check.neighbours import Neighbours, Own
from darwinflow.check.words import all_of, quoted, shown


def lineage_cycle(own: Own, neighbours: Neighbours) -> Iterator[Finding]:
    facts = own.facts
    if facts.parent is None or neighbours.published(facts.parent.workflow) is None:
        return
    way: list[str] = []
    for ancestor in ancestors(facts.parent, neighbours):
        if (ancestor.workflow.casefold(), ancestor.version) == (facts.id.casefold(), facts.version):
            break
        way.append(f"{ancestor.workflow}@{ancestor.version}")
    else:
        return
    if not way:
        return  # its own parent, which `parent-newer` is about
    message = (
        f"version {facts.version} of '{shown(facts.id)}' comes from itself, by way of "
        f"{all_of([quoted(name) for name in way])}; name an earlier parent"
    )
    yield Finding("lineage-cycle", ERROR, facts.parent_span, message)
