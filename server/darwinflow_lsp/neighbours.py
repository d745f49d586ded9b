"""The neighbours of an open document: the other open ones, drafts on the disk, and what the daemon has told."""

from collections.abc import Callable, Mapping

from darwinflow.check.drafts import Drafts, Seen
from darwinflow.check.neighbours import FileFacts, ParentName, Published, WorkflowFacts
from darwinflow.settings.workspace import WorkspaceSettings
from darwinflow_lsp.history import History


class EditorNeighbours(Drafts):
    def __init__(
        self,
        folder: str,
        settings: WorkspaceSettings,
        given: Mapping[str, Callable[[], FileFacts]],
        seen: dict[str, Seen],
        histories: Mapping[str, History],
    ) -> None:
        """*histories*: by id without regard to case."""
        super().__init__(folder, settings, given=given, seen=seen)
        self._histories = histories
        self.asked: set[str] = set()
        """Workflows whose published versions mattered, known or not."""

    def published(self, workflow: str) -> tuple[Published, ...] | None:
        self.asked.add(workflow)
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

    def published_facts(self, workflow: str, version: int) -> WorkflowFacts | None:  # noqa: ARG002
        """None: texts of published versions are not fetched while editing."""
        return None
