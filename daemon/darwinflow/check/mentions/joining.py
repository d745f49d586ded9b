"""One finding for a name that no node has, also where texts take in its output beside what edges and references say."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from darwinflow.check.finding import Finding, Fix
from darwinflow.document.problem import Related

_MAX_RELATED = 100


class Also(NamedTuple):
    """The texts that take in the output of one node which does not exist."""

    name: str
    places: tuple[Related, ...]
    fixes: tuple[Fix, ...]
    """Writes what is meant in all of them; none where that is not plain."""


def joined(
    findings: tuple[Finding, ...], about: Mapping[str, int], also: Sequence[Also]
) -> tuple[Finding, ...]:
    """*findings* with the places that *also* adds. *about*: which of them is about a name."""
    if not also:
        return findings
    found = list(findings)
    for one in also:
        at = about.get(one.name)
        if at is not None:
            found[at] = _with(found[at], one)
    return tuple(found)


def _with(finding: Finding, also: Also) -> Finding:
    """A fix that changes the name changes it everywhere, or is none; one that gives a node the name stays."""
    related = (*finding.related, *also.places)[:_MAX_RELATED]
    fixes: tuple[Fix, ...] = ()
    for fix in finding.fixes:
        if not fix.title.startswith("Change to "):
            fixes += (fix,)
            continue
        same = [other for other in also.fixes if other.title == fix.title]
        fixes += tuple([fix._replace(edits=(*fix.edits, *other.edits)) for other in same])
    return finding._replace(related=related, fixes=fixes)
