"""How long runs are kept, as values. Where nothing is said, nothing is ever deleted."""

from typing import NamedTuple

from darwinflow.model.run import RunStatus

SUCCEEDED = (RunStatus.SUCCESS,)
FAILED = (RunStatus.FAILED, RunStatus.CANCELLED, RunStatus.LOST)
"""What did not succeed. A run that lives is never deleted."""


class Rule(NamedTuple):
    """A run goes when it began more than `days` ago and is none of the `keep_last` newest of its workflow and kind."""

    days: float
    """0: however young it is."""
    keep_last: int
    """0: none is kept for that."""


class Rules(NamedTuple):
    """Of one workflow, or of all; None: runs of the kind are kept for ever."""

    succeeded: Rule | None = None
    failed: Rule | None = None


class Retention(NamedTuple):
    """What one organization keeps."""

    rules: Rules = Rules()
    workflows: tuple[tuple[str, Rules], ...] = ()
    """By id: what holds for a workflow in place of the rest."""
    archive: str | None = None
    """The folder that runs go to, relative to the data directory unless absolute; None: they are deleted."""

    def rules_of(self, workflow: str) -> Rules:
        return dict(self.workflows).get(workflow, self.rules)

    @property
    def is_off(self) -> bool:
        return not any((*self.rules, *(rule for _, rules in self.workflows for rule in rules)))
