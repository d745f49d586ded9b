"""The neighbours of an open document: the other open ones, drafts on the disk, and what the daemon has told."""

from collections.abc import Callable, Mapping

from darwinflow.check.drafts import Drafts, Seen
from darwinflow.check.neighbours import FileFacts, ParentName, Published, WorkflowFacts
from darwinflow.settings.workspace import WorkspaceSettings
from darwinflow_lsp.history import History

Version = tuple[str, int]
"""A workflow and the number of a version of it."""


class EditorNeighbours(Drafts):
    def __init__(
        self,
        folder: str,
        settings: WorkspaceSettings,
        given: Mapping[str, Callable[[], FileFacts]],
        seen: dict[str, Seen],
        histories: Mapping[str, History],
        stored: Mapping[Version, WorkflowFacts],
    ) -> None:
        """*histories*: by id without regard to case; *stored*: of the texts of versions that were fetched, likewise."""
        super().__init__(folder, settings, given=given, seen=seen)
        self._histories = histories
        self._stored = stored
        self.asked: set[Version] = set()
        """What mattered of what is published, known or not: a workflow's versions (0), or the text of one."""

    def published(self, workflow: str) -> tuple[Published, ...] | None:
        self.asked.add((workflow, 0))
        history = self._histories.get(workflow.casefold())
        if history is None:
            return None
        return tuple(
            [
                Published(
                    one.workflow,
                    one.version,
                    one.content_hash,
                    None if one.parent is None else ParentName(one.parent.workflow, one.parent.version),
                )
                for one in history.versions
            ]
        )

    def published_facts(self, workflow: str, version: int) -> WorkflowFacts | None:
        self.asked.add((workflow, version))
        return self._stored.get((workflow.casefold(), version))
