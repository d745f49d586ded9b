"""The second half of a check: what is wrong with files among each other, on what the first half read from each.

Nearly every file is done with a few questions; one that has something to say is read again, so that its findings,
comments that suppress them and fixes come out as if all rules had run together.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from darwinflow.check.codes import HISTORY_CODES
from darwinflow.check.drafts import stored_version
from darwinflow.check.neighbours import FileFacts
from darwinflow.check.stored_files import draft_path, file_hash_of
from darwinflow.cli.draft_heads import DraftHeads
from darwinflow.cli.neighbours import WorkspaceFiles
from darwinflow.cli.verdict_cache import VerdictCache, key_of
from darwinflow.cli.verdicts import Verdict
from darwinflow.cli.workflow_files import WorkflowFile
from darwinflow.settings.workspace import WorkspaceSettings

if TYPE_CHECKING:
    from darwinflow.check.engine import Checked


class Across:
    """Knows the neighbours of every file that is checked in one round."""

    def __init__(self, given: Mapping[str, bytes], cache_folder: str | None, tool: str) -> None:
        """*cache_folder* is that of verdicts; None: nothing is kept. *tool* tells this tool from an earlier one."""
        self._given = given
        self._cache_folder = cache_folder
        self._tool = tool
        self._neighbours: dict[str, WorkspaceFiles] = {}
        self._lacks_history = False

    @property
    def unevaluated(self) -> tuple[str, ...]:
        """Codes that were not looked for, because some file names a version and nobody knows the published ones."""
        return HISTORY_CODES if self._lacks_history else ()

    def of(self, folder: str, settings: WorkspaceSettings) -> WorkspaceFiles:
        """The files of the workspace *folder*."""
        if folder not in self._neighbours:
            heads = DraftHeads(self._cache_folder, folder, self._tool) if self._cache_folder else None
            self._neighbours[folder] = WorkspaceFiles(folder, settings, self._given, heads)
        return self._neighbours[folder]

    def has_more_to_say(
        self, file: WorkflowFile, facts: FileFacts, neighbours: WorkspaceFiles, read: Callable[[], bytes]
    ) -> bool:
        """Whether *file* must be looked at again, together with its neighbours. *read* gives its text."""
        if _is_quiet(file, facts, neighbours):
            return False
        from darwinflow.check.across import findings_across, lacks_history, names_history
        from darwinflow.check.neighbours import Asked

        def own_hash(root_index: int) -> str:
            return _content_hash(read(), facts, root_index, neighbours)

        asked = Asked(neighbours)
        found = list(findings_across(facts, file.inner_path, asked, own_hash))
        if lacks_history(asked) and names_history(facts):
            self._lacks_history = True
        return bool(found) or facts.suppresses


def around(file: WorkflowFile, neighbours: WorkspaceFiles) -> "Callable[[Checked], Checked]":
    """What a check of *file* is completed by."""
    from darwinflow.check.across import among

    return lambda checked: among(checked, file.inner_path, neighbours)


def _is_quiet(file: WorkflowFile, facts: FileFacts, neighbours: WorkspaceFiles) -> bool:
    """Whether no rule has anything to look at: nothing is called, there is no parent, no namesake, no history."""
    heads = {(workflow.id.casefold(), workflow.version) for workflow in facts.workflows}
    return (
        not facts.suppresses
        and len(heads) == len(facts.workflows)
        and all(
            not workflow.calls
            and workflow.parent is None
            and neighbours.drafts(workflow.id, workflow.version) in ((), (file.inner_path,))
            and not neighbours.published(workflow.id)
            for workflow in facts.workflows
        )
    )


def _content_hash(content: bytes, facts: FileFacts, root_index: int, neighbours: WorkspaceFiles) -> str:
    """Of one workflow of a text; a text that was published as it stands needs no reading."""
    from darwinflow.document.document import Document
    from darwinflow.projection.content_hash import content_hash

    if len(facts.workflows) == 1:
        own = facts.workflows[0]
        same = [one for one in neighbours.published(own.id) or () if one.version == own.version]
        if same and neighbours.published_text(own.id, own.version) == content:
            return same[0].content_hash
    return content_hash(Document.parse(content.decode()).data(root_index))


def stored_verdict(
    content: bytes,
    file: WorkflowFile,
    neighbours: WorkspaceFiles,
    settings: WorkspaceSettings,
    cache: VerdictCache,
    stamp: str,
) -> Verdict:
    """The verdict on a file of the store: whether it is what was published, and nothing else."""
    workflow, version = stored_version(file.inner_path)
    versions = neighbours.published(workflow) or ()
    same = next((one for one in versions if one.version == version), None)
    if same is None:
        return Verdict(is_workflow=file.is_named, findings=())
    severity = repr(settings.at(file.inner_path).severity)
    following = versions[-1].version + 1
    file_hash = file_hash_of(file.folder, settings, workflow, version)
    key = key_of(
        content,
        *(stamp, "stored", same.content_hash, file_hash, str(following), severity, str(file.is_named)),
        draft_path(settings, workflow, following),
    )
    known = cache.get(key)
    if known is None:
        from darwinflow.check.across import stored_findings
        from darwinflow.document.document import Document

        document = Document.parse(content.decode("utf-8", "replace"))
        found = stored_findings(document, same, following, settings.at(file.inner_path), file_hash)
        known = Verdict(is_workflow=file.is_named or bool(found), findings=found)
        cache.put(key, known)
    return known
