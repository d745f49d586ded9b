"""`parent-unknown`: a version says that it was made from one that is not published."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.neighbours import Neighbours, Own
from darwinflow.check.words import all_of, shown


def parent_unknown(own: Own, neighbours: Neighbours) -> Iterator[Finding]:
    parent = own.facts.parent
    versions = neighbours.published(parent.workflow) if parent is not None else None
    if parent is None or versions is None or any(one.version == parent.version for one in versions):
        return
    name = shown(parent.workflow)
    if versions:
        numbers = all_of([str(one.version) for one in versions])
        there = f"published {'is' if len(versions) == 1 else 'are'} {numbers}"
    else:
        there = "no version of it is"
    message = f"version {parent.version} of '{name}' is not published; {there}"
    yield Finding("parent-unknown", ERROR, own.facts.parent_span, message)
