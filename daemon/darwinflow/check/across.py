"""Runs the rules of the workspace, which ask for other files and for the published versions."""

from collections.abc import Callable, Iterator
from typing import Protocol

from darwinflow.catalog.catalog import Catalog
from darwinflow.check.codes import HISTORY_CODES, WORKSPACE_CODES
from darwinflow.check.drafts import stored_version
from darwinflow.check.engine import Checked
from darwinflow.check.finding import Finding, Fix
from darwinflow.check.following import published_name
from darwinflow.check.neighbours import Asked, FileFacts, Neighbours, Own, Published
from darwinflow.check.outward import facts_of, file_facts
from darwinflow.check.rules import WORKSPACE_RULES
from darwinflow.check.rules.stored_file_edited import stored_file_edited
from darwinflow.check.rules.version_published import bumped
from darwinflow.check.stored_files import draft_path, file_hash_of, is_verbatim
from darwinflow.check.weighing import weighed
from darwinflow.document.document import Document
from darwinflow.model.span import Span
from darwinflow.projection.content_hash import content_hash
from darwinflow.projection.detect import Selection
from darwinflow.settings.workspace import WorkspaceSettings

_UNKNOWN = frozenset({*HISTORY_CODES, "subworkflow-missing", "subworkflow-inputs", "subworkflow-recursive"})
"""Codes that say nothing of what only the published versions could tell."""


class WorkspaceNeighbours(Neighbours, Protocol):
    """Neighbours in a folder of which it is known where it lies."""

    folder: str
    settings: WorkspaceSettings


HashOf = Callable[[int], str]
"""The content hash of one document of the stream, by its index."""


def findings_across(
    facts: FileFacts, path: str, neighbours: Neighbours, hash_of: HashOf
) -> Iterator[Finding]:
    """What is wrong with the workflows of the file *path* in its workspace."""
    for at, workflow in enumerate(facts.workflows):

        def own_hash(root_index: int = workflow.root_index) -> str:
            return hash_of(root_index)

        for rule in WORKSPACE_RULES:
            yield from rule(Own(path, workflow, own_hash, facts.workflows[:at]), neighbours)


def facts_in(checked: Checked) -> FileFacts:
    """What the file says that other files matter to."""
    projections = [part.projection for part in checked.parts if part is not None]
    names = {code.name for suppression in checked.suppressions() for code in suppression.codes}
    return file_facts(projections, suppresses=not names.isdisjoint(WORKSPACE_CODES))


def among(checked: Checked, path: str, neighbours: Neighbours, hash_of: HashOf | None = None) -> Checked:
    """*checked*, of the file *path* of a workspace, with what is wrong with it among its *neighbours*.

    *hash_of*: where there is a quicker way than to work the content hash out.
    """
    asked = Asked(neighbours)
    facts = facts_in(checked)
    document = checked.document

    def own_hash(root_index: int) -> str:
        return content_hash(document.data(root_index))

    found = tuple(findings_across(facts, path, asked, hash_of or own_hash))
    return checked.joined(found, WORKSPACE_CODES - _UNKNOWN if lacks_history(asked) else WORKSPACE_CODES)


def stored(checked: Checked, path: str, neighbours: WorkspaceNeighbours) -> Checked:
    """*checked*, of the file *path* of the store, with nothing but whether it was edited since."""
    workflow, version = stored_version(path)
    versions = neighbours.published(workflow) or ()
    same = next((one for one in versions if one.version == version), None)
    if same is None:
        return checked.replaced(())
    settings = checked.settings if checked.settings is not None else neighbours.settings
    file_hash = file_hash_of(neighbours.folder, settings, workflow, version)
    following = versions[-1].version + 1
    return checked.replaced(stored_findings(checked.document, same, following, settings, file_hash))


def stored_findings(
    document: Document, published: Published, following: int, settings: WorkspaceSettings, file_hash: str
) -> tuple[Finding, ...]:
    """What is to say of *document*, which is the file of a version; *following*: the version that would come next.

    *file_hash*: see `file_hash_of`.
    """

    def draft() -> tuple[Fix, ...]:
        """The text as a draft of the next version."""
        workflows = facts_of(document, Catalog.bundled().graph_type, Selection()).workflows
        edits = bumped(workflows[0]._replace(version=published.version), following) if workflows else ()
        path = draft_path(settings, published.workflow, following)
        title = f"Make it the draft {path}, version {following} with parent {published.version}"
        return (Fix(title, edits, is_certain=False, into=path),) if edits else ()

    own_hash = content_hash(document.data(0)) if document.roots else ""
    first_line = Span(0, 0, 0, len(document.lines[0]))
    is_same = own_hash == published.content_hash and file_hash != ""
    found = stored_file_edited(
        published,
        own_hash,
        following,
        first_line,
        is_verbatim=not is_same or is_verbatim(document.lines.text(), file_hash),
        draft=draft,
    )
    return tuple(weighed(list(found), settings))


def lacks_history(asked: Asked) -> bool:
    """Whether published versions were asked for that nobody knows, or texts of theirs that nobody has."""
    return any(
        question[0] in ("published", "published_facts") and answer is None
        for question, answer in asked.answers.items()
    )


def names_history(facts: FileFacts) -> bool:
    """Whether a workflow of the file names a published version, which goes unchecked where nobody knows them."""
    return any(
        workflow.parent is not None or any(published_name(call.target) for call in workflow.calls)
        for workflow in facts.workflows
    )
