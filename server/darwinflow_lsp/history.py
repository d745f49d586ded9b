"""What is known of a workflow's past, as one immutable value in the snapshot. Unknown is None.

Made from an answer of the daemon, and anew from each event that is pushed; nobody is asked again for what an
event says. Knows neither the daemon nor how a value came here.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:  # dataclasses cost the first diagnostics 10 ms, and there is no history before them
    from darwinflow.model.metric import WorkflowSummary
    from darwinflow.model.run import RunHeader, StepBrief
    from darwinflow.model.workflow import PublishedVersion

KEPT_RUNS = 20
_NONE: Mapping[Any, Any] = MappingProxyType({})


class StepRun(NamedTuple):
    """One execution of a node, with the run it belongs to."""

    run: "RunHeader"
    step: "StepBrief"


class History(NamedTuple):
    """Of one workflow id."""

    workflow: str
    versions: "tuple[PublishedVersion, ...]" = ()
    """Ascending."""
    runs: "tuple[RunHeader, ...]" = ()
    """Of any version, newest start first, at most `KEPT_RUNS`."""
    of_versions: "Mapping[int, WorkflowSummary]" = _NONE
    """Figures of the versions that were asked for or had a run since."""
    of_texts: "Mapping[str, WorkflowSummary | None]" = _NONE
    """Figures by content hash; a text that is not in it was never asked for."""
    offset: int = 0
    """Of the event stream: what lies above it is not in here yet."""
    away_since: datetime | None = None
    """When the daemon went away; None while it answers."""

    @property
    def published(self) -> "PublishedVersion | None":
        """The highest version."""
        return self.versions[-1] if self.versions else None

    def version(self, number: int) -> "PublishedVersion | None":
        return next((one for one in self.versions if one.version == number), None)

    @property
    def last_finished(self) -> "RunHeader | None":
        return next((run for run in self.runs if run.status.finished), None)

    def steps_of(self, node: str) -> tuple[StepRun, ...]:
        """The last execution of *node* in each run that had one, newest run first."""
        found = []
        for run in self.runs:
            for step in reversed(run.steps):
                if step.node_id == node:
                    found.append(StepRun(run, step))
                    break
        return tuple(found)

    def failures(self) -> dict[str, StepRun]:
        """Each node whose last execution that ended has failed."""
        last: dict[str, StepRun] = {}
        for run in self.runs:
            for step in reversed(run.steps):
                if step.status.finished:
                    last.setdefault(step.node_id, StepRun(run, step))
        return {node: found for node, found in last.items() if found.step.status == "FAILED"}

    def with_version(self, version: "PublishedVersion", offset: int) -> "History":
        """After *version* was published; the same value where that is known already, or is of another workflow."""
        if offset <= self.offset or version.workflow != self.workflow:
            return self
        others = (known for known in self.versions if known.version != version.version)
        versions = sorted((version, *others), key=lambda each: each.version)
        return self._replace(versions=tuple(versions), offset=offset)

    def with_run(
        self,
        run: "RunHeader",
        offset: int,
        of_version: "WorkflowSummary | None",
        of_text: "WorkflowSummary | None",
    ) -> "History":
        """After an event about *run*, with the figures of its version and text as they are since.

        The same value where the event is known already, or is of another workflow.
        """
        if offset <= self.offset or run.workflow_id != self.workflow:
            return self
        others = (known for known in self.runs if known.run_id != run.run_id)
        runs = sorted((run, *others), key=lambda each: (each.start_time, each.run_id), reverse=True)
        of_versions = dict(self.of_versions)
        if of_version is not None:
            of_versions[run.workflow_version] = of_version
        of_texts = dict(self.of_texts)
        if run.workflow_hash and of_text is not None:
            of_texts[run.workflow_hash] = of_text
        return self._replace(
            runs=tuple(runs[:KEPT_RUNS]), of_versions=of_versions, of_texts=of_texts, offset=offset
        )
