"""The way to the daemon: histories of the open workflows, asked for once and then kept by the events that come.

One connection a workspace. Nothing waits for it: what is known is in the editor's histories at any moment, also
while the daemon is away, and then it says since when.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from darwinflow.model.errors import DaemonAway, DarwinFlowError
from darwinflow.recorder.paths import Home, Workspace
from darwinflow.rpc.client.asynchronous import Link, LinkState
from darwinflow_lsp import history_wire
from darwinflow_lsp.editor import Editor
from darwinflow_lsp.faults import report_fault, report_note
from darwinflow_lsp.history import History
from darwinflow_lsp.subjects import Subject

Json = dict[str, Any]
CLIENT = "darwinflow-lsp"
COMMAND_WAITS_S = 10.0
"""How long a command waits for a daemon that has to be started."""
ANNOUNCE_EVERY_S = 0.03
"""A run of many short steps refreshes the editor no more often."""


class HistoryLink:
    """All connections of one editor."""

    def __init__(self, editor: Editor, home: Home) -> None:
        self._editor = editor
        self._home = home
        self._watches: dict[str, _Watch] = {}
        self._closing: list[asyncio.Task[None]] = []
        """Connections made under settings that hold no more."""

    def watch(self, workspace: Workspace, subjects: set[Subject]) -> None:
        """From now on keep the histories of *subjects*, which lie in *workspace*, and of no others in it."""
        if subjects or workspace.folder in self._watches:
            self._watch(workspace).keep(subjects)

    async def call(self, workspace: Workspace, method: str, params: Json) -> Json:
        """The daemon's answer; starts one where none is. Raises its error, `DaemonAway` where none comes."""
        return await self._watch(workspace).call(method, params)

    async def close(self) -> None:
        await asyncio.gather(*[watch.close() for watch in self._watches.values()], *self._closing)

    def _watch(self, workspace: Workspace) -> "_Watch":
        watch = self._watches.get(workspace.folder)
        if watch is not None and watch.settings != workspace.settings:
            self._closing.append(asyncio.get_running_loop().create_task(watch.close()))
            self._editor.forget(workspace.folder)
            watch = None
        if watch is None:
            self._watches[workspace.folder] = watch = _Watch(self._editor, self._home, workspace)
        return watch


class _Watch:
    """One workspace's connection and what is known through it."""

    def __init__(self, editor: Editor, home: Home, workspace: Workspace) -> None:
        self._editor = editor
        self._folder = workspace.folder
        self.settings = workspace.settings
        """The text under which the connection was opened: organization and project follow from it."""
        self._subjects: set[Subject] = set()
        self._asked: set[Subject] = set()
        self._known: dict[str, History] = {}
        self._meanwhile: list[Json] = []
        """Events that came while an answer was under way, which may be older than they are."""
        self._announcement = Throttled(ANNOUNCE_EVERY_S, self._announce)
        self._changed: set[str] = set()
        self._asking: asyncio.Task[None] | None = None
        self._link = Link(
            home, workspace, name=CLIENT, on_state=self._on_state, on_event=self._on_event, starts_daemon=True
        )
        self._starting = asyncio.get_running_loop().create_task(self._start())

    async def _start(self) -> None:
        for topic in ("run", "workflow"):
            await self._link.subscribe(topic)
        self._link.start()

    def keep(self, subjects: set[Subject]) -> None:
        self._subjects = subjects
        workflows = {subject.workflow for subject in subjects}
        self._known = {name: known for name, known in self._known.items() if name in workflows}
        for history in self._known.values():
            self._editor.know(self._folder, history)
        self._asked &= subjects
        self._ask()
        self._say_what_is_missing()

    async def call(self, method: str, params: Json) -> Json:
        await self._starting
        await self._link.connected(COMMAND_WAITS_S)
        return await self._link.call(method, params)

    async def close(self) -> None:
        self._announcement.cancel()
        for task in (self._starting, self._asking):
            if task is not None:
                task.cancel()
        await self._link.close()

    def _on_state(self, state: LinkState) -> None:
        if state is LinkState.CONNECTED:
            self._asked.clear()
            self._ask()
        elif state is LinkState.AWAY:
            now = datetime.now(UTC)
            for history in list(self._known.values()):
                if history.away_since is None:
                    self._learn(history._replace(away_since=now))
            self._say_what_is_missing()

    def _say_what_is_missing(self) -> None:
        """Where a history is wanted and nobody can be asked for it, say why."""
        wanted = {subject.workflow for subject in self._subjects}
        if self._link.state is LinkState.AWAY and not wanted <= self._known.keys():
            self._editor.explain_absence(self._link.problem or "the daemon is away")

    def _ask(self) -> None:
        if self._link.state is LinkState.CONNECTED and (self._asking is None or self._asking.done()):
            self._asking = asyncio.get_running_loop().create_task(self._ask_all())

    async def _ask_all(self) -> None:
        """One question after the other, each subject's once a connection."""
        while open_questions := self._subjects - self._asked:
            subject = open_questions.pop()
            self._asked.add(subject)
            question = {
                "workflow": subject.workflow,
                "version": subject.version,
                "workflowHash": subject.content_hash or None,
            }
            self._meanwhile.clear()
            try:
                answer = await self._link.call("workflow/history", question)
                known = self._known.get(subject.workflow)
                history = history_wire.history(answer, subject.content_hash, known)
                for event in self._meanwhile:
                    history = _folded(history, event)
            except DaemonAway:
                return
            except (DarwinFlowError, *history_wire.UNREADABLE) as exc:
                report_note(f"the history of {subject.workflow!r} is not known: {exc}")
                continue
            self._learn(history)
            if subject.wants_text and history.version(subject.version) is not None:
                await self._fetch_text(subject)

    async def _fetch_text(self, subject: Subject) -> None:
        version = {"workflow": subject.workflow, "version": subject.version}
        try:
            answer = await self._link.call("workflow/get", version)
        except DaemonAway:
            self._asked.discard(subject)
        except DarwinFlowError as exc:
            report_note(f"the text of {subject.workflow!r} v{subject.version} is not known: {exc}")
        else:
            self._editor.know_text(self._folder, subject.workflow, subject.version, str(answer["text"]))

    def _on_event(self, event: Json) -> None:
        self._meanwhile.append(event)
        try:
            for known in list(self._known.values()):
                history = _folded(known, event)
                if history is not known:
                    # Whoever tells of events is not away.
                    self._learn(history._replace(away_since=None))
        except history_wire.UNREADABLE:
            report_fault("an event")
        if event["topic"] == "workflow":
            # What was not published may be now, and its text matters.
            self._asked -= {subject for subject in self._asked if subject.wants_text}
            self._ask()

    def _learn(self, history: History) -> None:
        self._known[history.workflow] = history
        self._editor.know(self._folder, history)
        self._changed.add(history.workflow)
        self._announcement.call()

    def _announce(self) -> None:
        changed, self._changed = self._changed, set()
        self._editor.announce(self._folder, changed)


class Throttled:
    """Calls *then* at once, and while calls keep coming once in *every_s*."""

    def __init__(self, every_s: float, then: Callable[[], None]) -> None:
        self._every_s = every_s
        self._then = then
        self._again = False
        self._timer: asyncio.TimerHandle | None = None

    def call(self) -> None:
        if self._timer is not None:
            self._again = True
            return
        self._timer = asyncio.get_running_loop().call_later(self._every_s, self._due)
        self._then()

    def cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _due(self) -> None:
        self._timer = None
        if self._again:
            self._again = False
            self.call()


def _folded(known: History, event: Json) -> History:
    if event["topic"] == "run":
        return history_wire.folded(known, event["offset"], event["payload"])
    return history_wire.with_published(known, event["offset"], event["payload"])
