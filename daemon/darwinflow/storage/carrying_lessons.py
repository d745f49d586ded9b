"""What was learned from runs goes along when their figures do, so that it outlives the logs that it came from."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from darwinflow.ports.parts import MetricsStore, MetricsTransaction
from darwinflow.storage.figures import CountedRun

_ALL = 1 << 31


def in_order_of_learning(
    source: MetricsStore, counted: Sequence[CountedRun], projects: Iterable[str]
) -> list[CountedRun]:
    """*counted* with those last that wait to be learned from, in the order in which they do."""
    waiting = {project: source.read(partial(_waiting, project=project)) for project in projects}
    last = {CountedRun(project, run_id) for project, ids in waiting.items() for run_id in ids}
    return [run for run in counted if run not in last] + [
        CountedRun(project, run_id) for project, ids in waiting.items() for run_id in ids
    ]


class Lessons(NamedTuple):
    """What was learned in a project."""

    waiting: tuple[str, ...]
    """Ids of counted runs that were not learned from, in their order."""
    tallies: Mapping[str, str]
    """By workflow."""


def copy_lessons(source: MetricsStore, target: MetricsStore, projects: Iterable[str]) -> None:
    """To be called when figures have arrived, in the order of `in_order_of_learning`."""
    for project in projects:
        put_lessons(target, project, source.read(partial(lessons_of, project=project)))


def put_lessons(target: MetricsStore, project: str, lessons: Lessons) -> None:
    """As `copy_lessons`. Where *target* has learned from runs of its own, or from these, it goes on with that."""
    there = target.read(partial(_waiting, project=project))
    learned = there[: len(there) - len(lessons.waiting)]
    if lessons.tallies and there[len(learned) :] == lessons.waiting:
        target.write(partial(_learn, project=project, learned=learned, tallies=lessons.tallies)).result()


def lessons_of(tx: MetricsTransaction, project: str) -> Lessons:
    metrics = tx.metrics(project)
    workflows = {summary.workflow for summary in metrics.list_summaries(None)}
    found = {workflow: metrics.get_tallies(workflow) for workflow in sorted(workflows)}
    return Lessons(
        _waiting(tx, project), {workflow: text for workflow, text in found.items() if text is not None}
    )


def _waiting(tx: MetricsTransaction, project: str) -> tuple[str, ...]:
    return tx.metrics(project).runs_to_learn(_ALL)


def _learn(
    tx: MetricsTransaction, project: str, learned: tuple[str, ...], tallies: Mapping[str, str]
) -> None:
    tx.metrics(project).learn(learned, tallies)
