"""Runs the rules of the workspace, which ask for other files and for the published versions."""

from collections.abc import Callable, Iterator

from darwinflow.check.codes import HISTORY_CODES, WORKSPACE_CODES
from darwinflow.check.engine import Checked
from darwinflow.check.finding import Finding
from darwinflow.check.following import published_name
from darwinflow.check.neighbours import Asked, FileFacts, Neighbours, Own
from darwinflow.check.outward import file_facts
from darwinflow.check.rules import WORKSPACE_RULES
from darwinflow.projection.workflow import content_hash

_UNKNOWN = frozenset({*HISTORY_CODES, "subworkflow-missing", "subworkflow-inputs", "subworkflow-recursive"})
"""Codes that say nothing of what only the published versions could tell."""

HashOf = Callable[[int], str]
"""The content hash of one document of the stream, by its index."""


def findings_across(
    facts: FileFacts, path: str, neighbours: Neighbours, hash_of: HashOf
) -> Iterator[Finding]:
    """What is wrong with the workflows of the file *path* in its workspace."""
    for workflow in facts.workflows:

        def own_hash(root_index: int = workflow.root_index) -> str:
            return hash_of(root_index)

        for rule in WORKSPACE_RULES:
            yield from rule(Own(path, workflow, own_hash), neighbours)


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
