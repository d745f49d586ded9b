"""What the last runs of one workflow have shown: kept as one text of bounded size, whichever store it lies in."""

import json
from typing import Final, NamedTuple

from darwinflow.patterns.lesson import Key, Lesson, Sign

WINDOW: Final = 100
"""Runs that are remembered."""
MOST_TALLIES = 300
"""Of one sign; of more, those that fewest and oldest runs show are forgotten."""
_FORMAT = 1
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
    amount: int
    """The sum over these."""


class Tallies:
    """Of one workflow. `learn` changes it; `text` is what to keep."""

    __slots__ = ("by_key", "window")

    def __init__(self, text: str | None = None) -> None:
        """*text* is that of an earlier one; a text of another form counts as none."""
        self.window: list[Seen] = []
        """Newest first."""
        self.by_key: dict[Key, Tally] = {}
        said = None if text is None else json.loads(text)
        if said is not None and said["format"] == _FORMAT:
            self.window = [Seen(*one) for one in said["window"]]
            self.by_key = {
                (Sign(sign), node, other): Tally(int(runs, 16), *rest)
                for sign, node, other, runs, *rest in said["tallies"]
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
        moved = {key: one._replace(runs=one.runs << 1 & _ALL) for key, one in self.by_key.items()}
        for key, amount in lesson.signs.items():
            known = moved.get(key) or Tally(0, lesson.ended, 0, 0)
            moved[key] = Tally(
                known.runs | 1, min(known.first, lesson.ended), known.hits + 1, known.amount + amount
            )
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
