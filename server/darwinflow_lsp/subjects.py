"""Whose history an editor shows, and the way to whoever knows it."""

from collections.abc import Collection
from typing import NamedTuple, Protocol

from darwinflow.recorder.paths import Workspace
from darwinflow_lsp.messages import Params

MOST_NAMED = 100
"""Other workflows, and versions of them, that one document may want."""
Named = tuple[str, int]
"""A workflow whose versions matter, with 0; or one whose text does, too."""


class Subject(NamedTuple):
    """A workflow whose history an open document shows, or whose versions matter to one."""

    folder: str
    """The workspace's."""
    workflow: str
    version: int
    content_hash: str
    """Empty where no text of it is open. Then *version* is one whose text matters, or 0."""

    @property
    def wants_text(self) -> bool:
        return self.version > 0 and not self.content_hash


class Subjects:
    """Of the open documents, by their keys."""

    def __init__(self) -> None:
        self._own: dict[str, Subject] = {}
        self._named: dict[str, tuple[str, frozenset[Named]]] = {}
        """The workspace's folder, and what a document names."""

    def own(self, key: str) -> Subject | None:
        return self._own.get(key)

    def put(self, key: str, subject: Subject) -> bool:
        """What the document is a text of; whether that is news."""
        is_news = self._own.get(key) != subject
        self._own[key] = subject
        return is_news

    def name(self, key: str, folder: str, asked: Collection[Named]) -> bool:
        """What of others matters to the document; whether that is news."""
        named = folder, frozenset(sorted(asked)[:MOST_NAMED])
        before = self._named.pop(key, (folder, frozenset()))
        if named[1]:
            self._named[key] = named
        return before != named

    def drop_own(self, key: str) -> bool:
        """Whether there was one."""
        return self._own.pop(key, None) is not None

    def drop(self, key: str) -> bool:
        """As `drop_own`, where the document is closed."""
        had_named = self._named.pop(key, None) is not None
        return self.drop_own(key) or had_named

    def by_folder(self) -> dict[str, dict[Subject, str]]:
        """All of each workspace, with the key of a document that wants it."""
        found: dict[str, dict[Subject, str]] = {}
        for key, subject in self._own.items():
            found.setdefault(subject.folder, {})[subject] = key
        for key, (folder, named) in self._named.items():
            wanted = found.setdefault(folder, {})
            own = {subject.workflow.casefold() for subject in wanted if subject.content_hash}
            for workflow, version in named:
                if version or workflow.casefold() not in own:
                    wanted[Subject(folder, workflow, version, "")] = key
        return found


class Link(Protocol):
    """The way to the daemon."""

    def watch(self, workspace: Workspace, subjects: set[Subject]) -> None:
        """From now on keep the histories of *subjects*, and of no others in *workspace*."""
        ...

    async def call(self, workspace: Workspace, method: str, params: Params) -> Params:
        """The daemon's answer. Raises its error, `DaemonAway` where none answers."""
        ...
