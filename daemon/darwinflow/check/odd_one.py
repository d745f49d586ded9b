"""Which of two spellings of one name has the slip: the one where the name is given, or the one where it is used.

Many who agree are right more often than one who does not, and people lose letters more often than they add some;
but where each spelling stands once, either may be what is meant.
"""

import re
from enum import Enum
from typing import Final

_WORD: Final = re.compile(r"[a-z]+")
_DOUBLED: Final = re.compile(r"([a-z])\1")
_DOUBLING: Final = tuple(
    """
    accept access accident accord account accumul accur address affect aggregat agree allow announc appear append appl
    approach approv arrang array arriv assembl assert assess asset assign assist associat attach attempt attend attribut
    better bill book bottleneck bottom buffer bulletin call cancell carr cell class collect command comment commerc commit
    common communicat compress connect controll correct correlat correspond current debugg deep differ difficult discuss
    dropp effect embedd employee engineer error essential exceed express fallback fee fill fitt flagg follow forbidd formatt
    full glossar good grammar greet happen hidd illustrat immediat install intellig interrupt issu keep kill letter logg look
    loop mapp matter meet mess middl miss necess need office offici offset opport pass pattern permiss plann plugg pool
    possib press process professional progress proof pull puzzl recommend referr refill regress roll room root runn scann
    scrapp scroll seed sell session settl shell shipp shopp skill skipp sleep small speed spell splitt staff stepp stopp
    street stress submitt success suffix suggest summar suppl support suppos suppress swapp sweep tagg tariff tell toggl tool
    traffic transmiss travell tree trigger trimm upper week wheel wrapp
    """.split()  # noqa: SIM905 - a list of as many lines would be in the way
)
"""Beginnings of words with two letters alike, of which one is lost more often than one too many is typed."""


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
    """Whether *shorter* is *longer* but for the second of two letters, which a word of *longer* has."""
    if len(shorter) + 1 != len(longer):
        return False
    for word in _WORD.finditer(longer.lower()):
        stem = next((stem for stem in _DOUBLING if word[0].startswith(stem)), "")
        for double in _DOUBLED.finditer(stem):
            at = word.start() + double.start()
            is_pair = longer[at + 2 : at + 3] != longer[at]
            if is_pair and longer[:at] + longer[at + 1 :] == shorter:
                return True
    return False
