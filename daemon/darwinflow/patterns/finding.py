"""From tallies to the patterns that they hold. The definitions are those of `darwinflow.patterns`."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import sqrt
from typing import NamedTuple

from darwinflow.model.pattern import Pattern, PatternType
from darwinflow.model.phrases import counted
from darwinflow.model.run import Json
from darwinflow.patterns.lesson import Sign
from darwinflow.patterns.tallies import Seen, Tallies, Tally

MOST_EXAMPLES = 5
_OF_SUCCESSES = (PatternType.BOTTLENECK, PatternType.SEQUENCE)
_LEAST_NODES = 3
"""Of a sequence."""
_Z = 1.96
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Rule(NamedTuple):
    """When a sign is a pattern."""

    type: PatternType
    least_runs: int
    least_share: float
    counts: Callable[[Seen], bool]
    """Whether a run is looked at."""
    words: str
    """With a place for the node, and for the mean amount where that is said."""
    details: Callable[[float], Mapping[str, Json]]
    """Of the mean amount."""


def _every(_: Seen) -> bool:
    return True


_RULES: Mapping[Sign, _Rule] = {
    Sign.SLOW: _Rule(
        PatternType.BOTTLENECK, 5, 0.8, lambda run: run.timed,
        "'{node}' takes {percent:.0f} % of a run's time",
        lambda mean: {"share": round(mean / 1000, 3)},
    ),
    Sign.AGAIN: _Rule(
        PatternType.REPEATED_ACTION, 5, 0.2, _every,
        "'{node}' gets the same input {mean:.0f} times in a run",
        lambda mean: {"scope": "run", "times": round(mean, 2)},
    ),
    Sign.SAME: _Rule(
        PatternType.REPEATED_ACTION, 10, 0.8, _every,
        "'{node}' gets the same input and gives the same output in each run",
        lambda mean: {"scope": "runs", "durationMs": round(mean, 1)},
    ),
    Sign.RETRIED: _Rule(
        PatternType.CORRECTION, 5, 0.2, _every,
        "'{node}' fails and is run again",
        lambda mean: {"how": "retried", "times": round(mean, 2)},
    ),
    Sign.BY_HAND: _Rule(
        PatternType.CORRECTION, 5, 0.2, _every,
        "'{node}' is corrected by hand",
        lambda mean: {"how": "by hand", "times": round(mean, 2)},
    ),
}  # fmt: skip

_SEQUENCE_RUNS = 10
_SEQUENCE_SHARE = 0.8


def patterns_in(workflow_id: str, tallies: Tallies) -> tuple[Pattern, ...]:
    """By type, the most certain first."""
    found = [*_of_nodes(workflow_id, tallies), *_sequences(workflow_id, tallies)]
    order = list(PatternType)
    return tuple(sorted(found, key=lambda one: (order.index(one.type), -one.confidence, one.nodes, one.id)))


def _of_nodes(workflow_id: str, tallies: Tallies) -> Iterator[Pattern]:
    for (sign, node, other), tally in tallies.by_key.items():
        rule = _RULES.get(sign)
        if rule is None:
            continue
        base = _mask(tallies, rule.counts)
        if _holds(tally.runs & base, base, rule.least_runs, rule.least_share):
            mean = tally.mean(base)
            yield _pattern(
                workflow_id, rule.type, (node,), (sign, node, other), tallies, tally.runs & base, base,
                tally.first, rule.words.format(node=node, mean=mean, percent=mean / 10), rule.details(mean),
            )  # fmt: skip


def _sequences(workflow_id: str, tallies: Tallies) -> Iterator[Pattern]:
    base = _mask(tallies, lambda run: run.succeeded)
    then: dict[str, tuple[str, Tally]] = {}
    for (sign, node, other), tally in tallies.by_key.items():
        if sign is Sign.AFTER and _holds(tally.runs & base, base, _SEQUENCE_RUNS, _SEQUENCE_SHARE):
            then[node] = other, tally  # one alone: a node that is visited once has one successor in a run
    for node in sorted(then.keys() - {other for other, _ in then.values()}):
        yield from _along(workflow_id, tallies, then, node, base)


def _along(
    workflow_id: str, tallies: Tallies, then: Mapping[str, tuple[str, Tally]], node: str, base: int
) -> Iterator[Pattern]:
    """The longest sequences on the way from *node*."""
    nodes, runs = [node], base
    while True:
        follows = then.get(nodes[-1])
        further = runs & follows[1].runs if follows is not None else 0
        if follows is not None and _holds(further, base, _SEQUENCE_RUNS, _SEQUENCE_SHARE):
            nodes.append(follows[0])
            runs = further
            continue
        if len(nodes) >= _LEAST_NODES:
            words = " → ".join(f"'{one}'" for one in nodes)
            yield _pattern(
                workflow_id, PatternType.SEQUENCE, tuple(nodes), (Sign.AFTER, *nodes), tallies, runs, base,
                None, f"{words} run in this order", {},
            )  # fmt: skip
        if follows is None:
            return
        nodes, runs = [nodes[-1]], base


def _mask(tallies: Tallies, counts: Callable[[Seen], bool]) -> int:
    return sum(1 << place for place, run in enumerate(tallies.window) if counts(run))


def _holds(runs: int, base: int, least_runs: int, least_share: float) -> bool:
    count = runs.bit_count()
    return count >= least_runs and count >= least_share * base.bit_count()


def _pattern(
    workflow_id: str,
    type_: PatternType,
    nodes: tuple[str, ...],
    key: tuple[str, ...],
    tallies: Tallies,
    runs: int,
    base: int,
    first: int | None,
    words: str,
    details: Mapping[str, Json],
) -> Pattern:
    showing = [run for place, run in enumerate(tallies.window) if runs >> place & 1]
    count, looked_at = len(showing), base.bit_count()
    of = f"{counted(looked_at, 'run')}{' that succeeded' if type_ in _OF_SUCCESSES else ''}"
    seen = [run.ended for run in showing]
    told = "\0".join((workflow_id, *key)).encode("utf-8", "surrogatepass")
    return Pattern(
        id=sha256(told).hexdigest()[:16],
        workflow_id=workflow_id,
        type=type_,
        description=f"{words}, in {count} of the last {of}",
        nodes=nodes,
        occurrences=count,
        runs=looked_at,
        confidence=round(_at_least(count, looked_at), 3),
        first_seen=_instant(min(seen) if first is None else min(first, *seen)),
        last_seen=_instant(max(seen)),
        examples=tuple(run.run_id for run in showing[:MOST_EXAMPLES]),
        details=details,
    )


def _at_least(count: int, runs: int) -> float:
    """The lower end of Wilson's interval of 95 %."""
    share, square = count / runs, _Z * _Z
    middle = share + square / (2 * runs)
    spread = _Z * sqrt(share * (1 - share) / runs + square / (4 * runs * runs))
    return max((middle - spread) / (1 + square / runs), 0.0)


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
