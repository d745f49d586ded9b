"""Figures as every back end keeps them, for who carries them to another: runs that are gone still count in them.

Sums are by version, by text, by hour and by node, each with its histogram, so what is carried answers all that was answered.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from darwinflow.storage.compact_json import compact
from darwinflow.storage.sums import Sums

_NODE = re.compile(r"node (-?[0-9]+) version (-?[0-9]+) (.*)", re.DOTALL)
_HOUR = re.compile(r"hour (-?[0-9]+) version (-?[0-9]+)")


class FigureRow(NamedTuple):
    """What some runs of a workflow add up to."""

    project: str
    workflow: str
    subject: str
    """As `storage/summing.py` names versions and texts; else as `hour_subject` or `node_subject`."""
    sums: Sums


class CountedRun(NamedTuple):
    """A run that is counted in the figures of its project."""

    project: str
    run_id: str


@runtime_checkable
class Figures(Protocol):
    """A store of figures, all of which can be read and written as they are."""

    def figures(self) -> tuple[Sequence[FigureRow], Sequence[CountedRun]]:
        """All of them, in one state."""
        ...

    def put_figures(self, rows: Sequence[FigureRow], counted: Sequence[CountedRun]) -> None:
        """Let them say what *rows* say, in one transaction; what is there of other subjects stays.

        Raises what a write to the store does.
        """
        ...


def hour_subject(hour: int, version: int) -> str:
    """Names the sums of a version in an hour: whole hours since 1970."""
    return f"hour {hour} version {version}"


def hour_in(subject: str) -> tuple[int, int] | None:
    """Hour and version of `hour_subject`; None for another subject."""
    found = _HOUR.fullmatch(subject)
    return None if found is None else (int(found[1]), int(found[2]))


def node_subject(day: int, version: int, node: str) -> str:
    """Names the sums of a node in a day and version: whole days since 1970."""
    return f"node {day} version {version} {node}"


def node_in(subject: str) -> tuple[int, int, str] | None:
    """Day, version and node of `node_subject`; None for another subject."""
    found = _NODE.fullmatch(subject)
    return None if found is None else (int(found[1]), int(found[2]), found[3])


def digest_of_figures(rows: Iterable[FigureRow], counted: Iterable[CountedRun]) -> str:
    """SHA-256 in hex of what they say, whatever order and back end they come from."""
    lines = [compact([row.project, row.workflow, row.subject, *_plain(row.sums)]) for row in rows]
    lines += [compact([run.project, run.run_id]) for run in counted]
    digest = hashlib.sha256()
    for line in sorted(lines):
        digest.update(f"{line}\n".encode("ascii"))
    return digest.hexdigest()


def _plain(sums: Sums) -> list[object]:
    return [
        sums.runs,
        sums.successes,
        float(sums.total_ms),
        sums.tokens,
        float(sums.cost),
        sums.updated,
        sorted(sums.durations.items()),
    ]
