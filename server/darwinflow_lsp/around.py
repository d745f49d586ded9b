"""What is wrong with open documents among the other files of their workspace: looked for in quiet times, in a thread.

What was found stays where it is through an edit until the next look, so that nothing flickers.
"""

import os
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from darwinflow.check.engine import Checked
from darwinflow.settings.workspace import WorkspaceSettings
from darwinflow_lsp.background import Background
from darwinflow_lsp.checks import Checks
from darwinflow_lsp.documents import Documents
from darwinflow_lsp.history import History
from darwinflow_lsp.subjects import Named

if TYPE_CHECKING:
    from darwinflow.check.drafts import Seen
    from darwinflow.check.neighbours import FileFacts, WorkflowFacts


class Around:
    def __init__(
        self,
        documents: Documents,
        checks: Checks,
        histories: Mapping[tuple[str, str], History],
        publish: Callable[[str], None],
        name: Callable[[str, Collection[Named]], None],
    ) -> None:
        """*histories*: by folder and id; *publish* sends the diagnostics of the document of a key; *name* is told what of
        published versions matters to it.
        """
        self.background: Background | None = None
        """None until there is a way to do work beside the loop; until then nobody looks around."""
        self._documents = documents
        self._checks = checks
        self._histories = histories
        self._publish = publish
        self._name = name
        self._stored: dict[tuple[str, str, int], WorkflowFacts] = {}
        """What published versions say, by folder, id without regard to case, and number."""
        self._due: set[str] = set()
        self._begun: dict[str, int] = {}
        """How often each document was looked at: of looks at the same text, only the one begun last knows all."""
        self._facts: dict[str, FileFacts] = {}
        """What other files matter to, of each document when it was looked at last."""
        self._seen: dict[str, dict[str, Seen]] = {}
        """What was read of the files of each workspace, by folder and path."""

    def edited(self, key: str) -> None:
        """To be looked at when there is time."""
        self._due.add(key)

    def closed(self, key: str) -> None:
        """The file on the disk counts from here on."""
        self._due.discard(key)
        self._begun.pop(key, None)
        if self._facts.pop(key, None) is not None:
            self.look_at_all()
        else:
            self.look()

    def know_text(self, folder: str, workflow: str, version: int, text: str) -> None:
        """The text of a published version, which never changes."""
        if self.background is None:
            return

        def work() -> "WorkflowFacts | None":
            from darwinflow.check.drafts import facts_in_text

            found = facts_in_text(text.encode()).workflows
            return found[0] if found else None

        def done(facts: "WorkflowFacts | None") -> None:
            if facts is not None:
                self._stored[folder, workflow.casefold(), version] = facts
                self.look_at_all()

        self.background(work, done)

    def forget_texts(self, folder: str) -> None:
        """The workspace *folder* may be of another project now."""
        self._stored = {place: facts for place, facts in self._stored.items() if place[0] != folder}

    def look_at_all(self) -> None:
        self._due.update([key for key, _ in self._documents])
        self.look()

    def look(self) -> None:
        """Look at what is due."""
        if self.background is None or self._documents.has_openings:
            return  # of a document that is being opened nobody knows yet what it is to the others
        due, self._due = self._due, set()
        for key in due:
            opened = self._documents.get(key)
            if opened is None or opened.path is None or opened.snapshot.checked.projection is None:
                continue
            checked = opened.snapshot.checked
            self._begun[key] = turn = self._begun.get(key, 0) + 1
            self.background(self._work(opened.path, checked), partial(self._done, key, checked, turn))

    def _work(self, path: str, checked: Checked) -> "Callable[[], _Looked]":
        """What completes *checked*, of the file *path*, and may be called in any thread."""
        workspace = self._checks.workspace(path)
        folder = workspace.folder
        open_files = {
            opened.path: opened.snapshot.checked
            for _, opened in self._documents
            if opened.path is not None and self._checks.workspace(opened.path).folder == folder
        }
        histories = {
            workflow.casefold(): history
            for (place, workflow), history in self._histories.items()
            if place == folder
        }
        return partial(
            _completed,
            path,
            checked,
            folder,
            self._checks.settings_of(workspace),
            open_files,
            histories,
            {
                (name, version): facts
                for (place, name, version), facts in self._stored.items()
                if place == folder
            },
            self._seen.setdefault(folder, {}),
        )

    def _done(self, key: str, before: Checked, turn: int, looked: "_Looked") -> None:
        after, asked = looked
        opened = self._documents.get(key)
        if opened is None or turn != self._begun.get(key):
            return  # a look that was begun later knows more, in whatever order they end
        if opened.snapshot.checked is not before:
            return  # edited meanwhile: the next quiet time has its turn
        from darwinflow.check.across import facts_in

        self._documents.completed(key, after)
        if after.findings() != before.findings():
            self._publish(key)
        self._name(key, asked)
        facts = facts_in(after)
        if facts != self._facts.get(key):
            self._facts[key] = facts
            self._due.update([other for other, _ in self._documents if other != key])
            self.look()


class _Looked(NamedTuple):
    checked: Checked
    asked: Collection[Named]
    """What of published versions mattered."""


def _completed(
    path: str,
    checked: Checked,
    folder: str,
    settings: WorkspaceSettings,
    open_files: Mapping[str, Checked],
    histories: Mapping[str, History],
    stored_facts: "Mapping[Named, WorkflowFacts]",
    seen: "dict[str, Seen]",
) -> _Looked:
    from darwinflow.check.across import among, facts_in, stored
    from darwinflow.check.drafts import is_stored
    from darwinflow_lsp.neighbours import EditorNeighbours

    given = {_inner(other, folder): partial(facts_in, one) for other, one in open_files.items()}
    neighbours = EditorNeighbours(folder, settings, given, seen, histories, stored_facts)
    inner = _inner(path, folder)
    found = (stored if is_stored(inner, settings) else among)(checked, inner, neighbours)
    return _Looked(found, neighbours.asked)


def _inner(path: str, folder: str) -> str:
    return os.path.relpath(path, folder).replace(os.sep, "/")
