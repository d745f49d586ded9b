"""Looks for patterns in runs that were counted, each once, whoever dies when.

Logs are read and patterns looked for outside of any transaction that writes; what was learned from some runs is
kept in the same transaction that takes these off those to learn from.
"""

import logging
from collections.abc import Collection
from functools import partial

from darwinflow.model.errors import NotFound, StoreDamaged
from darwinflow.patterns.lesson import Lesson, lesson_of
from darwinflow.patterns.tallies import WINDOW, Tallies
from darwinflow.ports.parts import LogStore, LogTransaction, MetricsStore

log = logging.getLogger(__name__)

_MOST_WAITING = 10_000
"""Runs to learn from that are left to whoever learns from them."""


def learn_from_some(logs: LogStore, metrics: MetricsStore, project: str, most: int) -> int:
    """Learn from at most *most* runs, the first of those that wait; how many that were, 0 where none waits.

    Memory is taken by one log at a time. Raises what the stores do, with nothing changed.
    """
    run_ids = metrics.read(lambda tx: tx.metrics(project).runs_to_learn(most))
    if not run_ids:
        return 0
    learned: dict[str, Tallies] = {}
    for run_id in run_ids:
        lesson = logs.read(partial(_lesson, project=project, run_id=run_id))
        if lesson is None:
            continue
        workflow = lesson.workflow_id
        if workflow not in learned:
            learned[workflow] = Tallies(
                metrics.read(lambda tx, workflow=workflow: tx.metrics(project).get_tallies(workflow))  # type: ignore[misc]
            )
        learned[workflow].learn(lesson)
    texts = {workflow: tallies.text for workflow, tallies in learned.items()}
    metrics.write(lambda tx: tx.metrics(project).learn(run_ids, texts)).result()
    return len(run_ids)


def learn_without(
    logs: LogStore, metrics: MetricsStore, project: str, workflow: str, run_ids: Collection[str]
) -> None:
    """Forget what was learned from runs of *workflow*, and learn again from the last of them but *run_ids*."""
    left = {*run_ids, *metrics.read(lambda tx: tx.metrics(project).runs_to_learn(_MOST_WAITING))}
    last = logs.read(lambda tx: tx.logs(project).get_recent(workflow, None, WINDOW))
    tallies = Tallies()
    for header in reversed(last):
        if header.status.finished and header.run_id not in left:
            lesson = logs.read(partial(_lesson, project=project, run_id=header.run_id))
            if lesson is not None:
                tallies.learn(lesson)
    metrics.write(lambda tx: tx.metrics(project).learn((), {workflow: tallies.text})).result()


def _lesson(tx: LogTransaction, project: str, run_id: str) -> Lesson | None:
    """None where the run is gone, or cannot be read."""
    try:
        return lesson_of(tx.logs(project).get_log(run_id))
    except NotFound:
        return None
    except StoreDamaged as error:
        log.warning("nothing is learned from run %s: %s", run_id, error)
        return None
