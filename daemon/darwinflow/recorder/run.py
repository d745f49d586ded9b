"""Runs, as the program that executes them records them.

Whatever goes wrong here is a warning; the program's own exceptions pass through unchanged.
"""

import os
from collections.abc import Iterable, Mapping
from re import Pattern
from types import TracebackType

from darwinflow.recorder.clean import NULL, JsonText, json_of, whole
from darwinflow.recorder.ending import Ending, ending_of, error_text
from darwinflow.recorder.events import CANCELLED, FAILED
from darwinflow.recorder.ids import is_id, new_id
from darwinflow.recorder.nesting import Outer, here, outer_of
from darwinflow.recorder.recording import Beginning, Recording, begun, joined, tags_of
from darwinflow.recorder.redact import Redaction, redaction_of
from darwinflow.recorder.reference import reference_of
from darwinflow.recorder.report import quietly, warn
from darwinflow.recorder.step import Step, node_name

_open: dict[str, "Run"] = {}
"""Runs of this process that have begun and not ended: two of one id would be mixed up in the journal."""
Patterns = str | Pattern[str] | Iterable[str | Pattern[str]]


def record_run(
    ref: str | os.PathLike[str],
    *,
    request: object = None,
    context: object = None,
    tags: Mapping[str, object] | None = None,
    redact: Patterns = (),
    run_id: str | None = None,
) -> "Run":
    """A run of *ref*, a workflow's file or `id@version`, for a `with` block.

    *redact*: regular expressions; what they match is not recorded. They run in this program, on every value: one
    that backtracks without end stops it. *run_id*: 1 to 128 letters, digits, `.`, `_`, `:` or `-`, for programs
    that have ids of their own; the history keeps the first run of an id and refuses another. Inside a program that
    is recorded itself, the first run of the same workflow is that program's run, and any other lies below it.
    """
    redaction = redaction_of(redact, os.environ.get("DARWINFLOW_REDACT"))
    if redaction.problem:
        warn(redaction.problem)
    run = Run(run_id, redaction)
    quietly(
        lambda: run.prepare(
            ref, json_of(request, redaction), json_of(context, redaction), tags_of(tags, redaction)
        )
    )
    return run


class Run:
    """One execution of a workflow. Any thread or task may record steps of it."""

    __slots__ = (
        "_before",
        "_beginning",
        "_ending",
        "_has_begun",
        "_has_own_id",
        "_is_refused",
        "_is_stored",
        "_output",
        "_output_json",
        "_recording",
        "_redaction",
        "id",
    )  # fmt: skip

    def __init__(self, run_id: str | None, redaction: Redaction) -> None:
        self._has_own_id = isinstance(run_id, str) and is_id(run_id)
        self.id = run_id if run_id is not None and self._has_own_id else new_id()
        """Final once the block has begun: a run that joins an outer program's takes on its id there."""
        if run_id is not None and not self._has_own_id:
            warn(
                f"'{run_id}' is no run id: 1 to 128 letters, digits, '.', '_', ':' or '-'; it is called {self.id}"
            )
        self._redaction = redaction
        self._beginning: Beginning | None = None
        self._recording: Recording | None = None
        self._has_begun = False
        self._ending: Ending | None = None
        self._output: object = None
        self._output_json: JsonText | None = None
        self._is_stored = False
        self._is_refused = False
        self._before: Outer | None = None

    def prepare(
        self, ref: str | os.PathLike[str], request: JsonText, context: JsonText, tags: JsonText
    ) -> None:
        """Look at what *ref* names, while the file is what the program is about to execute."""
        reference = reference_of(ref, self._redaction)
        if reference.problem:
            warn(reference.problem)
        self._beginning = Beginning(reference, self._redaction, request, context, tags)

    @property
    def output(self) -> object:
        """What the run gave. Recorded as it is when it is set."""
        return self._output

    @output.setter
    def output(self, value: object) -> None:
        self._output = value
        self._output_json = json_of(value, self._redaction)

    @property
    def state(self) -> str:
        """`spooled`: what was recorded so far survives this program. `stored`: `wait_stored` has seen it in the history.

        `unrecorded`: not all of it could be written, or the history refuses it; a warning has said why. Never waits.
        """
        if self._recording is None or self._is_refused or not self._recording.is_whole:
            return "unrecorded"
        return "stored" if self._is_stored else "spooled"

    @property
    def environ(self) -> dict[str, str]:
        """Variables for a program that this one starts: what it records joins this run, or lies below it."""
        if self._recording is None:
            return {}
        self._recording.journal.shared = True
        return self._recording.outer().environ()

    def step(
        self,
        node: str,
        *,
        input: object = None,  # noqa: A002 - the word that workflows use
        attempt: int = 1,
        iteration: int = 0,
        node_type: str | None = None,
    ) -> Step:
        """One execution of *node*, for a `with` block. *attempt* counts retries from 1, *iteration* rounds from 0."""
        members: dict[str, object] = {
            "nodeType": None if node_type is None else node_name(node_type, self._redaction),
            "attempt": whole(attempt, 1),
            "iteration": whole(iteration, 0),
        }
        forked = self._recording is not None and not self._recording.is_here
        return Step(
            self._branch if forked else self._begun,
            node,
            members,
            json_of(input, self._redaction),
            self._redaction,
            owns_run=forked,
        )

    def fail(self, error: object) -> None:
        """The run ends as FAILED with the text of *error*, though no exception leaves its block."""
        quietly(lambda: self._set_ending(FAILED, error))

    def cancel(self, reason: object) -> None:
        """The run ends as CANCELLED: it was stopped from outside."""
        quietly(lambda: self._set_ending(CANCELLED, reason))

    def wait_stored(self, timeout: float = 5.0) -> bool:
        """Wait up to *timeout* seconds until the daemon has the run, its end included once the block is left.

        False where that did not happen; the run is then taken in later, but for one with the id of another run,
        which is refused, and a warning says so. A run that was joined is asked for without
        its end, which is another program's.
        """
        if self._recording is not None and not self._is_stored and not self._is_refused:
            quietly(lambda: self._ask(timeout))
        return self._is_stored

    def __enter__(self) -> "Run":
        quietly(self._enter)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        quietly(lambda: self._exit(exc))

    def _enter(self) -> None:
        if self._has_begun:
            warn(f"run {self.id} has begun already; one record_run is one run")
            return
        self._has_begun = True
        self._before = here.get()
        if self._beginning is None:
            return
        outer = self._before
        if outer is None:
            outer = outer_of(os.environ)
            if outer is not None and not self._has_own_id:
                self._recording = joined(outer, self._beginning)
        if self._recording is None:
            if _open.setdefault(self.id, self) is not self:
                taken, self.id = self.id, new_id()
                warn(f"run {taken} of this program is not over yet; this one is called {self.id}")
            self._recording = begun(self.id, self._beginning, outer)
        self.id = self._recording.run
        here.set(self._recording.outer())

    def _exit(self, exc: BaseException | None) -> None:
        here.set(self._before)
        if _open.get(self.id) is self:
            del _open[self.id]
        recording = self._recording
        if recording is None or not recording.is_here or recording.is_over:
            return  # unrecorded; or in a forked child, where the run is the parent's to end
        ending = ending_of(exc, self._redaction)
        if exc is None and self._ending is not None:
            ending = self._ending
        recording.end(ending, self._output_json)

    def _begun(self) -> Recording | None:
        if not self._has_begun:
            warn(f"run {self.id} has not begun, so its steps are not recorded; use it in a with block")
        return self._recording

    def _branch(self) -> Recording:
        """A run of its own for a step in a forked child: it may not write under the parent's lock."""
        assert self._beginning is not None
        beginning = Beginning(self._beginning.reference, self._redaction, NULL, NULL, self._beginning.tags)
        return begun(new_id(), beginning, here.get() or Outer(self.id, None))

    def _ask(self, timeout: float) -> None:
        from darwinflow.recorder.ask import OtherRun, Wanted, waited_for

        assert self._recording is not None
        assert self._beginning is not None
        recording = self._recording
        wanted = Wanted(self.id, recording.started_at, with_end=recording.is_over and not recording.is_joined)
        try:
            self._is_stored = waited_for(
                recording.spool.home, self._beginning.reference.workspace, wanted, timeout
            )
        except OtherRun as exc:
            self._is_refused = True
            warn(str(exc))

    def _set_ending(self, status: str, error: object) -> None:
        self._ending = Ending(status, error_text(error, self._redaction))
