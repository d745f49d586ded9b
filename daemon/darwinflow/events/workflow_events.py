"""The events about published versions, each told once, whatever store the versions are kept on.

Most of these share no transaction with events. So that a version is about to be stored is kept first, beside the events;
then it is stored; then it is told, together with how far that is. Whoever dies between, the next who publishes or looks
at the workflow finds that something is left to tell.
"""

import hashlib
from collections.abc import Sequence

from darwinflow.events.run_events import instant_wire
from darwinflow.model.workflow import PublishedVersion, Workflow
from darwinflow.ports.events import EventStream
from darwinflow.ports.tenant import Transaction

WORKFLOW_TOPIC = "workflow"
"""Its keys are workflow ids."""
WORKFLOW_PUBLISHED = "workflow.published"


def note_intent(tx: Transaction, project: str, workflow: Workflow, known: Sequence[PublishedVersion]) -> bool:
    """Keep that *workflow* is about to be stored beside *known*, all versions of its id.

    Whether a version of its number was told before: then it has been deleted since.
    """
    meant, told = _consumers(project, workflow.id)
    if not tx.events.saved_offset(meant, WORKFLOW_TOPIC):
        # Nothing was published here by way of us: what is there has come with the workspace, or is of long ago.
        tx.events.save_offset(told, WORKFLOW_TOPIC, max((one.version for one in known), default=0))
    was_told = tx.events.saved_offset(told, WORKFLOW_TOPIC) >= workflow.version
    tx.events.save_offset(meant, WORKFLOW_TOPIC, workflow.version)
    return was_told


def is_left(tx: Transaction, project: str, workflow_id: str) -> bool:
    """Whether some version that was to be stored has not been told."""
    meant, told = _consumers(project, workflow_id)
    return tx.events.saved_offset(meant, WORKFLOW_TOPIC) > tx.events.saved_offset(told, WORKFLOW_TOPIC)


def tell_left(tx: Transaction, project: str, workflow_id: str, versions: Sequence[PublishedVersion]) -> None:
    """Announce those of *versions*, all of this id, that were to be stored and have not been told."""
    meant, told = _consumers(project, workflow_id)
    last, first = (tx.events.saved_offset(name, WORKFLOW_TOPIC) for name in (meant, told))
    for version in versions:
        if first < version.version <= last:
            tell(tx.events, project, version)
            tx.events.save_offset(told, WORKFLOW_TOPIC, version.version)


def tell(events: EventStream, project: str, version: PublishedVersion) -> None:
    """Announce it."""
    parent = version.parent
    payload = {
        "kind": WORKFLOW_PUBLISHED,
        "project": project,
        "version": {
            "workflow": version.workflow,
            "version": version.version,
            "contentHash": version.content_hash,
            "parent": None if parent is None else {"workflow": parent.workflow, "version": parent.version},
            "createdBy": version.created_by,
            "reasoning": version.reasoning,
            "description": version.description,
            "publishedBy": version.published_by,
            "publishedAt": instant_wire(version.published_at),
        },
    }
    events.publish(WORKFLOW_TOPIC, version.workflow, payload)


def _consumers(project: str, workflow_id: str) -> tuple[str, str]:
    """Under which names is kept which version was meant to be stored, and which was told last."""
    both = f"{project}\n{workflow_id.casefold()}".encode("utf-8", "surrogatepass")
    name = hashlib.sha256(both).hexdigest()[:32]
    return f"publishing.{name}", f"published.{name}"
