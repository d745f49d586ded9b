"""A step of a run that is being recorded: the block of one node."""

from collections.abc import Callable
from types import TracebackType

from darwinflow.recorder.clean import NULL, JsonText, json_of, shown, sound_text
from darwinflow.recorder.ending import Ending, ending_of, error_text
from darwinflow.recorder.events import CANCELLED, FAILED
from darwinflow.recorder.ids import MAX_NAME, new_id
from darwinflow.recorder.nesting import here
from darwinflow.recorder.recording import Recording
from darwinflow.recorder.redact import Redaction
from darwinflow.recorder.report import quietly, warn


class Step:
    """One execution of one node, for a `with` block. It fails by the exception that leaves the block, or by `fail`."""

    __slots__ = (
        "_before",
        "_begin",
        "_ending",
        "_input",
        "_members",
        "_output",
        "_output_json",
        "_owns_run",
        "_recording",
        "_redaction",
        "id",
        "node",
    )  # fmt: skip

    def __init__(
        self,
        begin: Callable[[], Recording | None],
        node: str,
        members: dict[str, object],
        value: JsonText,
        redaction: Redaction,
        *,
        owns_run: bool,
    ) -> None:
        """*begin* gives the run when the block begins; *owns_run*: the run ends with this step."""
        self.id = new_id()
        self.node = node_name(node, redaction)
        self._begin = begin
        self._members = members
        self._input = value
        self._redaction = redaction
        self._owns_run = owns_run
        self._output: object = None
        self._output_json = NULL
        self._ending: Ending | None = None
        self._recording: Recording | None = None
        self._before = here.get()

    @property
    def output(self) -> object:
        """What the node gave. Recorded as it is when it is set."""
        return self._output

    @output.setter
    def output(self, value: object) -> None:
        self._output = value
        self._output_json = json_of(value, self._redaction)

    @property
    def environ(self) -> dict[str, str]:
        """Variables for a program that this step starts: what it records joins the run, or lies below this step."""
        if self._recording is None:
            return {}
        self._recording.journal.shared = True
        return self._recording.outer(self.id).environ()

    def action(self, kind: str, /, **details: object) -> None:
        """Something the step did: TOOL_CALL, FILE_READ, FILE_WRITE, LLM_CALL, USER_INPUT, or a name of your own.

        `tokens` and `cost` among the *details* are added up over the run.
        """
        if self._recording is not None:
            quietly(lambda: self._write_action(kind, details))

    def fail(self, error: object) -> None:
        """The step ends as FAILED with the text of *error*, though no exception leaves its block."""
        quietly(lambda: self._set_ending(FAILED, error))

    def cancel(self, reason: object) -> None:
        """The step ends as CANCELLED: it was stopped from outside."""
        quietly(lambda: self._set_ending(CANCELLED, reason))

    def __enter__(self) -> "Step":
        quietly(self._enter)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        quietly(lambda: self._exit(exc))

    def _enter(self) -> None:
        self._before = here.get()
        recording = self._begin()
        if recording is None:
            return
        try:
            recording.write_step(
                {"step": self.id, "node": self.node, **self._members}, {"input": self._input}
            )
        except OSError:
            self._recording = recording  # the line waits in memory; its step goes on
            raise
        self._recording = recording
        here.set(recording.outer(self.id))

    def _exit(self, exc: BaseException | None) -> None:
        here.set(self._before)
        recording = self._recording
        if recording is None or not recording.is_here:
            return  # in a forked child: the step is its parent's to end
        ending = ending_of(exc, self._redaction)
        if exc is None and self._ending is not None:
            ending = self._ending
        try:
            recording.write(
                "step.finished",
                {"step": self.id, "status": ending.status, "error": ending.error},
                {"output": self._output_json},
            )
        finally:
            if self._owns_run:
                recording.end(ending, None)

    def _write_action(self, kind: str, details: dict[str, object]) -> None:
        assert self._recording is not None
        if not self._recording.is_here:
            warn(
                f"a forked child does not record actions of its parent's step '{self.node}'; begin a step in it"
            )
            return
        self._recording.write(
            "step.action",
            {"step": self.id, "type": node_name(kind, self._redaction)},
            {"details": json_of(details, self._redaction)},
        )

    def _set_ending(self, status: str, error: object) -> None:
        self._ending = Ending(status, error_text(error, self._redaction))


def node_name(name: object, redaction: Redaction) -> str:
    """*name* as a text of 1 to `MAX_NAME` letters."""
    text = name if isinstance(name, str) else shown(name)
    return redaction.applied(sound_text(text))[:MAX_NAME] or "(no name)"
