"""Runs to learn from, and what was learned, in memory."""

from collections.abc import Mapping, Sequence
from heapq import nsmallest
from typing import NamedTuple

from darwinflow.storage.memory.table import Table, Undo


class Lessons(NamedTuple):
    """By project and run, or by project and workflow."""

    waiting: Table[tuple[str, str], int]
    """A number that ascends in the order in which the runs were counted."""
    tallies: Table[tuple[str, str], str]

    @classmethod
    def empty(cls, undo: Undo) -> "Lessons":
        return cls(Table(undo), Table(undo))

    def runs_to_learn(self, project: str, limit: int) -> tuple[str, ...]:
        own = ((number, run_id) for (each, run_id), number in self.waiting.items() if each == project)
        return tuple([run_id for _, run_id in nsmallest(limit, own)])

    def learn(self, project: str, run_ids: Sequence[str], tallies: Mapping[str, str]) -> bool:
        if self.runs_to_learn(project, len(run_ids)) != tuple(run_ids):
            return False
        for run_id in run_ids:
            self.waiting.remove((project, run_id))
        for workflow, text in tallies.items():
            self.tallies.put((project, workflow), text)
        return True

    def tallies_of(self, project: str, workflow_id: str | None) -> list[tuple[str, str]]:
        if workflow_id is not None:
            found = self.tallies.get((project, workflow_id))
            return [] if found is None else [(workflow_id, found)]
        return [(workflow, text) for (each, workflow), text in self.tallies.items() if each == project]
