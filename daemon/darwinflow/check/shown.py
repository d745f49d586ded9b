"""As many findings as anybody reads: errors first, then warnings, then hints; in the order of the text."""

from collections.abc import Sequence
from itertools import islice
from operator import itemgetter
from typing import Final

from darwinflow.check.finding import ERROR, HINT, WARNING, Finding
from darwinflow.check.words import all_of
from darwinflow.document.problem import DOCUMENT_LIMIT

MAX_FINDINGS: Final = 1_000
"""Of one file; one more says how many there are."""
_WEIGHTS: Final = (ERROR, WARNING, HINT)
_SPAN: Final = itemgetter(2)
"""Of a finding: where it begins, then where it ends."""


def shown(found: list[Finding]) -> list[Finding]:
    """*found*, in the order of the text, or as many of it with one finding where the first is left out."""
    if len(found) <= MAX_FINDINGS:
        return found
    left_in: set[int] = set()
    for weight in _WEIGHTS:
        alike = (at for at, finding in enumerate(found) if finding.severity == weight)
        left_in.update(islice(alike, MAX_FINDINGS - len(left_in)))
    first = next(at for at in range(len(found)) if at not in left_in)
    kept = [found[at] for at in sorted(left_in)]
    kept.append(Finding(DOCUMENT_LIMIT, ERROR, found[first].span, _message(found)))
    kept.sort(key=_SPAN)
    return kept


def _message(found: Sequence[Finding]) -> str:
    counts = [(sum(finding.severity == weight for finding in found), weight) for weight in _WEIGHTS]
    named = [f"{count} {weight}{'s' if count > 1 else ''}" for count, weight in counts if count]
    message = f"{MAX_FINDINGS} of {len(found)} findings are shown"
    if len(named) == 1:
        return message
    return f"{message}, errors before warnings before hints; there are {all_of(named)}"
