"""Errors of runs, and how the index of their texts is asked.

A row of `run_error` has a place. Places are in the order in which runs began, by spans of some seconds, so that who
reads the index backwards meets the newest runs first, and may stop when a page is full. The index knows which three
letters follow one another somewhere in a text; whether the text is what was asked for, the row itself says.
"""

from collections.abc import Iterable
from typing import Final

import apsw

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.brief import HeaderRow
from darwinflow.storage.sqlite.fetch import Values

_SPAN: Final = 23
"""Two to its power in microseconds: so far apart runs may have begun whose errors lie in one span."""
_PLACES: Final = 22
"""Two to its power places has a span: more than errors can be written while it lasts."""
_LETTERS: Final = 3
_MOST_LOOKS: Final = 4
"""Into the index, for one text. Each goes through all errors that have these letters, and the row has the last word
anyway."""
_MOST_LETTERS: Final = 4096
"""Of a text, its last, from which they are taken: what it begins with is often what many begin with."""

_PUT = """
INSERT INTO run_error (place, run, position, text)
SELECT
    coalesce(
        (
            SELECT place + 1 FROM run_error
            WHERE place >= first AND place < first + (1 << 22) ORDER BY place DESC LIMIT 1
        ),
        first
    ),
    :run, :position, :text
FROM (SELECT (started >> 23) << 22 AS first FROM run WHERE number = :run)
WHERE true
ON CONFLICT (run, position) DO UPDATE SET text = excluded.text
"""


def put_errors(db: apsw.Connection, run: int, errors: Iterable[tuple[int, str]]) -> None:
    """Position and text, as `searchable` has it, of each; the run's number is *run*. Triggers keep the index."""
    db.executemany(_PUT, [{"run": run, "position": position, "text": text} for position, text in errors])


def looked_up(text: str) -> str | None:
    """What the index is asked for *text*, as `searchable` has it; None for one that is too short to be looked up.

    The rarest three letters that it has, as far as that can be told: most errors have the same words and different
    numbers. The index passes over NUL, and a question ends at one.
    """
    threes: dict[int, dict[str, None]] = {}
    for part in text[-_MOST_LETTERS:].split("\0"):
        for at in range(len(part) - _LETTERS + 1):
            three = part[at : at + _LETTERS]
            threes.setdefault(_rarity(three), {})[three] = None
    chosen: list[str] = []
    for rarity in sorted(threes, reverse=True):
        chosen += _all_over(list(threes[rarity]), _MOST_LOOKS - len(chosen))
    return " ".join('"' + three.replace('"', '""') + '"' for three in chosen) or None


def _rarity(three: str) -> int:
    """Digits and signs are rarer than the ends of words, and those than letters of a word."""
    return sum(0 if letter.isalpha() else 1 if letter == " " else 2 for letter in three)


def _all_over(threes: list[str], most: int) -> list[str]:
    """Up to *most* of them, from their end on."""
    count = min(most, len(threes))
    return [threes[-1 - number * len(threes) // count] for number in range(count)]


def places_between(since: int, until: int) -> tuple[int, int]:
    """The first place of a run that began at or after *since*, and that behind the last of one until *until*, included."""
    return (since >> _SPAN) << _PLACES, ((until >> _SPAN) + 1) << _PLACES


def newest_found(db: apsw.Connection, statement: str, values: Values, most: int) -> list[HeaderRow]:
    """Up to *most* runs, newest first, of a *statement* that gives columns of headers and a place, the last place first.

    Raises `StoreDamaged`.
    """
    found: dict[str, HeaderRow] = {}
    span = None
    rows = db.execute(statement, values)
    try:
        for *header, place in rows:
            if len(found) >= most and place >> _PLACES != span:
                break
            span = place >> _PLACES
            found[header[0]] = tuple(header)
    except UnicodeDecodeError as error:
        raise StoreDamaged("a text in it is no UTF-8") from error
    finally:
        rows.close()  # left half way, it would pin the WAL
    return sorted(found.values(), key=lambda row: (row[5], row[0]), reverse=True)[:most]
