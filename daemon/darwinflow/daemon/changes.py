"""One run as it comes out of a journal, and what of it must be stored."""

from typing import NamedTuple

from msgspec.structs import replace

from darwinflow.model.run import ActionLog, ExecutionLog, RunOutput, StepLog


class Change(NamedTuple):
    """What must be stored of one run."""

    project: str
    run_id: str
    start: ExecutionLog | None
    """The run is new: as it is now, its steps included; with its output where it is over already."""
    began: ExecutionLog | None
    """Of a run that an earlier daemon has stored, or refused since its id was taken: its beginning, which tells."""
    steps: tuple[tuple[int, StepLog], ...]
    """Of a run that is stored: steps that came or went on, with their places."""
    output: RunOutput | None
    is_lost: bool


class FoldedRun:
    """A run as far as its journal was read."""

    __slots__ = (
        "actions",
        "changed",
        "count",
        "is_given_out",
        "is_known",
        "is_lost",
        "log",
        "output",
        "places",
        "project",
        "steps",
    )

    def __init__(self, project: str, log: ExecutionLog) -> None:
        self.project = project
        self.log = log
        self.steps: dict[int, StepLog] = {}
        """By place: those that are not over, or not given out. A run may have more than memory should hold."""
        self.count = 0
        """Of all its steps."""
        self.actions: dict[int, list[ActionLog]] = {}
        """By place of the step: those that its value in `steps` lacks."""
        self.places: dict[str, int] = {}
        """By step id: where the step stands. The order is that of the journal, whatever a recorder counts."""
        self.output: RunOutput | None = None
        self.changed: set[int] = set()
        self.is_given_out = False
        self.is_known = False
        """The store has this run, and not another of its id."""
        self.is_lost = False

    def settle(self) -> None:
        """Put the actions that have come into the values of their steps."""
        for place, came in self.actions.items():
            step = self.steps[place]
            self.steps[place] = replace(step, actions=(*step.actions, *came))
        self.actions.clear()

    def given_out(self) -> None:
        """What has changed is stored now: of steps that are over, nothing more need be known."""
        for place in self.changed:
            if self.steps[place].end_time is not None:
                del self.steps[place]
        self.changed.clear()
        self.is_given_out = True


def change_of(run_id: str, run: FoldedRun) -> Change:
    if not run.is_given_out:
        start = replace(run.log, steps=tuple(run.steps.values()), output=run.output)
        return Change(run.project, run_id, start, None, (), None, run.is_lost)
    steps = tuple((place, run.steps[place]) for place in sorted(run.changed))
    began = None if run.is_known else run.log
    return Change(run.project, run_id, None, began, steps, run.output, run.is_lost)
