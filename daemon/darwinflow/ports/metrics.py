"""Where the figures of one project's runs are kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from darwinflow.model.metric import ExecutionMetric, VersionSummary, WorkflowSummary
from darwinflow.model.pattern import Pattern
from darwinflow.model.trend import HourSums, NodeSums


class MetricsRepository(Protocol):
    """One project's figures, kept as sums so that any number of runs reads alike fast.

    What the methods mean is defined by `tests/contract/test_metrics_repository.py`, which every back end passes.
    """

    def record_execution(self, metric: ExecutionMetric) -> bool:
        """Count one finished run, exactly once a run id; whether it was news."""
        ...

    def get_summary(self, workflow_id: str, version: int) -> WorkflowSummary | None:
        """Of all runs that named this version; None where there is none."""
        ...

    def get_text_summary(self, workflow_id: str, workflow_hash: str) -> WorkflowSummary | None:
        """Of all runs of exactly this text; None where there is none."""
        ...

    def list_summaries(self, workflow_id: str | None) -> tuple[VersionSummary, ...]:
        """Of every version that finished runs have named, of this workflow or (None) of all: by id, then ascending.

        Ids are ordered by their characters' numbers.
        """
        ...

    def get_hours(self, workflow_id: str, since: datetime, until: datetime) -> tuple[HourSums, ...]:
        """What runs add up to in each hour of UTC that overlaps *since* to *until*, apart by version; in order of time.

        A run counts in the hour in which it ended, which is whole at *since* and *until*, too. Hours without runs are
        left out; the versions of an hour ascend.
        """
        ...

    def get_nodes(self, workflow_id: str, since: datetime, until: datetime) -> tuple[NodeSums, ...]:
        """What steps add up to by node in each day of UTC that overlaps *since* to *until*, apart by version.

        A step counts in the day in which its run ended, which is whole at *since* and *until*, too; steps that did not
        end count nowhere. By day, then version, then the node's id. Of the nodes that the runs of a version name in a
        day, those that come after the first 1 000 are left out.
        """
        ...

    def runs_to_learn(self, limit: int) -> tuple[str, ...]:
        """Ids of counted runs in which no patterns were looked for, in the order in which they were counted."""
        ...

    def get_tallies(self, workflow_id: str) -> str | None:
        """What was learned from the last runs, as `learn` was given it; None where there is nothing."""
        ...

    def learn(self, run_ids: Sequence[str], tallies: Mapping[str, str]) -> bool:
        """Keep *tallies* by workflow, and take *run_ids* off those to learn from.

        Where these are not the first of them, somebody else has learned meanwhile: nothing changes, and False is
        returned. So what was read of both before the transaction may be used in it.
        """
        ...

    def get_patterns(self, workflow_id: str | None) -> tuple[Pattern, ...]:
        """What the tallies of this workflow or (None) of all hold: by the ids' characters' numbers, then by type."""
        ...
