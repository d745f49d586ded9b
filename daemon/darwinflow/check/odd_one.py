"""Which of two spellings of one name has the slip: the one where the name is given, or the one where it is used.

Many who agree are right more often than one who does not, and people lose letters more often than they add some;
but where each spelling stands once, either may be what is meant.
"""

import re
from enum import Enum
from itertools import groupby
from typing import Final

_DOUBLED: Final = re.compile(r"([bcdefglmnoprstz])\1")
"""Letters that words double, and of which one is lost more often than one too many is typed."""


class Odd(Enum):
    GIVEN = "where it is given"
    USED = "where it is used"
    EITHER = "one as well as the other"
    UNKNOWN = "nobody can tell"


def odd_one(given: str, used: str, uses: int, other_uses: int) -> Odd:
    """*uses*: how often *used* stands where *given* is meant; *other_uses*: how often *given* itself is used."""
    if uses == 1 and not other_uses:
        return Odd.EITHER
    if _has_lost_a_double(used, given):
        return Odd.USED
    if other_uses:
        return Odd.USED if uses <= other_uses + 1 else Odd.UNKNOWN
    return Odd.GIVEN


def _has_lost_a_double(shorter: str, longer: str) -> bool:
    """Whether *shorter* is *longer* but for the second of two letters, which may well be two."""
    runs = ["".join(run) for _, run in groupby(longer)]
    return len(shorter) + 1 == len(longer) and any(
        _DOUBLED.fullmatch(run) and "".join([*runs[:at], run[0], *runs[at + 1 :]]) == shorter
        for at, run in enumerate(runs)
    )
