"""Where the figures of one project's runs are kept."""

from typing import Protocol

from darwinflow.model.metric import ExecutionMetric, WorkflowSummary


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
