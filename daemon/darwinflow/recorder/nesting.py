"""How a recorder inside a recorded program finds the run it belongs to: by four variables of the environment."""

from _contextvars import ContextVar  # `contextvars` around it only names it
from collections.abc import Mapping

from darwinflow.recorder.ids import is_id

RUN, STEP, JOURNAL, WORKFLOW = (
    "DARWINFLOW_RUN",
    "DARWINFLOW_STEP",
    "DARWINFLOW_JOURNAL",
    "DARWINFLOW_WORKFLOW",
)


class Outer:
    """The run around this one, and its step if it is in one."""

    __slots__ = ("journal", "run", "step", "workflow")

    def __init__(
        self, run: str, step: str | None, journal: str | None = None, workflow: str | None = None
    ) -> None:
        self.run = run
        self.step = step
        self.journal = journal
        """Name of the spool file that the run is written to."""
        self.workflow = workflow
        """`Reference.name` of what it is a run of."""

    def environ(self) -> dict[str, str]:
        """Variables that let a recorder in another program join, or hang its own run below this one.

        Those that say nothing are empty, to cover what an outer run has set.
        """
        return {
            RUN: self.run,
            STEP: self.step or "",
            JOURNAL: self.journal or "",
            WORKFLOW: self.workflow or "",
        }


here: ContextVar[Outer | None] = ContextVar("darwinflow_run", default=None)
"""The run and step that this thread or task is in."""


def outer_of(environ: Mapping[str, str]) -> Outer | None:
    """The run that the program itself was started in; None where there is none."""
    run = environ.get(RUN, "")
    if not run or not is_id(run):
        return None
    step = environ.get(STEP, "")
    return Outer(
        run,
        step if is_id(step) else None,
        environ.get(JOURNAL) or None,
        environ.get(WORKFLOW) or None,
    )
