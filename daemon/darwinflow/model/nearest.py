"""Which of several names somebody meant. Numbers are told apart, never taken for slips: `step_1` is not `step_10`."""

from collections.abc import Iterable, Iterator
from itertools import chain

_SHORTEST = 3
"""Below this any name is near any other."""


def nearest(word: str, names: Iterable[str]) -> str | None:
    """The one of *names* that *word* is clearly a slip of; None where there is none, or two are as near."""
    best: str | None = None
    best_distance = _limit(len(word)) + 1
    for name, distance in _near(word, names):
        if distance < best_distance:
            best, best_distance = name, distance
        elif distance == best_distance:
            best = None
    return best


class Index:
    """Many names, put in order so that asking about many words looks at few of them each time."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_shape: dict[tuple[str, int], list[str]] = {}
        for name in names:
            self._by_shape.setdefault((_digits(name), len(name)), []).append(name)

    def nearest(self, word: str) -> str | None:
        """What the function of this name finds among all of them."""
        limit = _limit(len(word))
        digits = _digits(word)
        sizes = range(len(word) - limit, len(word) + limit + 1)
        return nearest(word, chain.from_iterable([self._by_shape.get((digits, size), ()) for size in sizes]))


def near(word: str, names: Iterable[str]) -> list[str]:
    """All of *names* that *word* could be a slip of."""
    return [name for name, _ in _near(word, names)]


def _near(word: str, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    """Names that *word* could be a slip of, with the number of slips."""
    size = len(word)
    if not size:
        return
    limit = _limit(size)
    number = _longest_number(word)
    folded = word.casefold()
    first, last = folded[0], folded[-1]
    close = [
        name
        for name in names
        if name
        and -limit <= len(name) - size <= limit
        and number in name
        and (name[0].casefold() == first or name[-1].casefold() == last)
        and name != word
    ]
    digits, plain = _digits(word), _plain(word)
    for name in close:
        if _digits(name) == digits:
            distance = 0 if _plain(name) == plain else _distance(folded, name.casefold(), limit)
            if distance <= limit:
                yield name, distance


def _limit(size: int) -> int:
    """How many slips a word of *size* letters may hold."""
    if size < _SHORTEST:
        return 0
    return 1 if size < 6 else 2 if size < 12 else 3


def _plain(word: str) -> str:
    return word.casefold().replace("-", "").replace("_", "").replace(" ", "")


def _digits(word: str) -> str:
    return "".join([character for character in word if character.isdigit()])


def _longest_number(word: str) -> str:
    runs = "".join([character if character.isdigit() else " " for character in word]).split()
    return max(runs, key=len, default="")


def _distance(word: str, name: str, limit: int) -> int:
    """Letters put in, left out, replaced or swapped with the next; `limit + 1` where it is more than *limit*."""
    start = 0
    shorter = min(len(word), len(name))
    while start < shorter and word[start] == name[start]:
        start += 1
    end = 0
    while end < shorter - start and word[-1 - end] == name[-1 - end]:
        end += 1
    word, name = word[start : len(word) - end], name[start : len(name) - end]
    if not word or not name:
        return min(len(word) + len(name), limit + 1)
    far = limit + 1
    width = len(name)
    above: list[int] = []
    before = [min(column, far) for column in range(width + 1)]
    for i, letter in enumerate(word, 1):
        row = [far] * (width + 1)
        row[0] = min(i, far)
        # What lies more than *limit* beside the diagonal costs more than *limit*.
        for j in range(max(1, i - limit), min(width, i + limit) + 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != name[j - 1]))
            if i > 1 and j > 1 and letter == name[j - 2] and word[i - 2] == name[j - 1]:
                cost = min(cost, above[j - 2] + 1)
            row[j] = cost
        if min(row) > limit and min(before) > limit:
            return far
        above, before = before, row
    return min(before[-1], far)
