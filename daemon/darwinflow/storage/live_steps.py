"""Steps that a live run gets, several at once: what is common to the back ends."""

from collections.abc import Iterable

from darwinflow.model.errors import Refused
from darwinflow.model.run import RunStatus, StepLog


def placed(run_id: str, count: int, steps: Iterable[tuple[int, StepLog]]) -> dict[int, StepLog]:
    """*steps* in the order of their indexes, of each its last state; the run has *count* steps before.

    Raises `Refused` where one would leave a gap.
    """
    found: dict[int, StepLog] = {}
    for index, step in steps:
        if not 0 <= index <= count:
            raise Refused(f"run {run_id} has {count} steps; there is no place {index}", run=run_id)
        count = max(count, index + 1)
        found[index] = step
    return dict(sorted(found.items()))


def goes_on(before: StepLog | None, step: StepLog) -> bool:
    """Whether *step* is new, or the next state of one that ran until now; what another has added must be taken out again."""
    return before is None or (before.status is RunStatus.RUNNING and before.node_id == step.node_id)
