"""`duplicate-version`: two drafts of a workspace say that they are the same version of the same workflow."""

from collections.abc import Iterator

from darwinflow.check.finding import ERROR, Finding
from darwinflow.check.neighbours import Neighbours, Own
from darwinflow.check.words import shown
from darwinflow.document.problem import Related


def duplicate_version(own: Own, neighbours: Neighbours) -> Iterator[Finding]:
    facts = own.facts
    key = (facts.id.casefold(), facts.version)
    same = [one for one in own.earlier if (one.id.casefold(), one.version) == key]
    if same:
        message = (
            f"this file holds version {facts.version} of '{shown(facts.id)}' already; "
            "give this one a version or an id of its own"
        )
        related = (Related(same[0].version_span, "the first"),)
        yield Finding("duplicate-version", ERROR, facts.version_span, message, related)
        return
    before = [path for path in neighbours.drafts(facts.id, facts.version) if path < own.path]
    if before:
        message = (
            f"'{shown(before[0])}' is version {facts.version} of '{shown(facts.id)}', too; "
            "give this one a version or an id of its own"
        )
        yield Finding("duplicate-version", ERROR, facts.version_span, message)
