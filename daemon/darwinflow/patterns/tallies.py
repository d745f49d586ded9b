"""What the last runs of one workflow have shown: kept as one text of bounded size, whichever store it lies in."""

import json
from typing import Final, NamedTuple

from darwinflow.patterns.lesson import Key, Lesson, Sign

WINDOW: Final = 100
"""Runs that are remembered."""
MOST_TALLIES = 300
"""Of one sign; of more, those that fewest and oldest runs show are forgotten."""
_FORMAT = 2
_WITH_SUMS = 1
"""The form that had the sum of the amounts of all runs that ever showed something, in place of those of the window."""
_ALL = (1 << WINDOW) - 1


class Seen(NamedTuple):
    """A run of the window."""

    run_id: str
    ended: int
    """Microseconds since 1970."""
    succeeded: bool
    timed: bool


class Tally(NamedTuple):
    """How often something was shown."""

    runs: int
    """A bit a run of the window, the newest first; never 0."""
    first: int
    """When the first run that showed it ended, in microseconds since 1970."""
    hits: int
    """All runs that ever showed it, since it was last forgotten."""
    amounts: tuple[int, ...]
    """Of the runs of the window that show it, the newest first; empty where an amount means nothing."""

    def mean(self, base: int) -> float:
        """Of the amounts of runs that are in *base*, too, which are some."""
        places = [place for place in range(WINDOW) if self.runs >> place & 1]
        counted = [amount for place, amount in zip(places, self.amounts, strict=True) if base >> place & 1]
        return sum(counted) / len(counted)


class Tallies:
    """Of one workflow. `learn` changes it; `text` is what to keep."""

    __slots__ = ("by_key", "window")

    def __init__(self, text: str | None = None) -> None:
        """*text* is that of an earlier one; a text of another form counts as none."""
        self.window: list[Seen] = []
        """Newest first."""
        self.by_key: dict[Key, Tally] = {}
        said = None if text is None else json.loads(text)
        if said is not None and said["format"] in (_FORMAT, _WITH_SUMS):
            self.window = [Seen(*one) for one in said["window"]]
            self.by_key = {
                (Sign(sign), node, other): _tally_of(Sign(sign), int(runs, 16), first, hits, last)
                for sign, node, other, runs, first, hits, last in said["tallies"]
            }

    @property
    def text(self) -> str:
        said = {
            "format": _FORMAT,
            "window": self.window,
            "tallies": [[*key, f"{one.runs:x}", *one[1:]] for key, one in self.by_key.items()],
        }
        return json.dumps(said, separators=(",", ":"))

    def learn(self, lesson: Lesson) -> None:
        """Once a run: whoever calls knows which runs were learned from."""
        seen = Seen(lesson.run_id, lesson.ended, lesson.succeeded, lesson.timed)
        self.window = [seen, *self.window[: WINDOW - 1]]
        moved = {key: _older(one) for key, one in self.by_key.items()}
        for key, amount in lesson.signs.items():
            known = moved.get(key) or Tally(0, lesson.ended, 0, ())
            amounts = () if key[0] is Sign.AFTER else (amount, *known.amounts)
            moved[key] = Tally(known.runs | 1, min(known.first, lesson.ended), known.hits + 1, amounts)
        self.by_key = {key: one for key, one in moved.items() if one.runs}
        if len(self.by_key) > MOST_TALLIES:
            self._forget()

    def _forget(self) -> None:
        for sign in Sign:
            own = [key for key in self.by_key if key[0] is sign]
            if len(own) > MOST_TALLIES:
                own.sort(key=self._worth)
                for key in own[: len(own) - MOST_TALLIES]:
                    del self.by_key[key]

    def _worth(self, key: Key) -> tuple[int, int, Key]:
        """How many runs show it, and how recent the last of them is; ties by name, so that all stores agree."""
        runs = self.by_key[key].runs
        return runs.bit_count(), -(runs & -runs).bit_length(), key


def _older(tally: Tally) -> Tally:
    """With one more run behind the newest that shows it."""
    runs = tally.runs << 1 & _ALL
    return tally._replace(runs=runs, amounts=tally.amounts[: runs.bit_count()])


def _tally_of(sign: Sign, runs: int, first: int, hits: int, last: int | list[int]) -> Tally:
    """*last*: the amounts; in the old form, their sum."""
    if not isinstance(last, int):
        return Tally(runs, first, hits, tuple(last))
    amounts = () if sign is Sign.AFTER else (last // hits,) * runs.bit_count()
    return Tally(runs, first, hits, amounts)
