"""Workflows: delete published versions for good, with what follows from it."""

from darwinflow.events.workflow_events import WORKFLOW_TOPIC
from darwinflow.model.errors import WorkflowNotFound
from darwinflow.model.workflow import PublishedVersion as Published
from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Session
from darwinflow.rpc.wire.base import Version, Wire, WorkflowId
from darwinflow.rpc.wire.workflows import PublishedVersion


class DeleteVersions(Wire):
    workflow: WorkflowId
    version: Version | None = None
    """All versions of the workflow where it is absent."""
    dry_run: bool = False
    """Only say what would follow."""


class VersionsDeleted(Wire):
    deleted: list[PublishedVersion]
    children: list[PublishedVersion]
    """Versions that stay, of any workflow, and were made from those: their parent is unknown from then on."""
    runs: int
    """That counted for those versions; runs and figures stay."""
    reopened: bool
    """The highest version is among them, so its number can be published again, with any content."""
    backups: list[str]
    """Folders that may hold the texts still."""


def delete_versions(session: Session, params: DeleteVersions) -> VersionsDeleted:
    """Erase the texts of published versions and what is known of them. The audit log keeps who deleted which."""
    everything = session.workflows.list_all()
    own = session.workflows.list(params.workflow)
    doomed = [version for version in own if params.version in (None, version.version)]
    if not doomed:
        which = "" if params.version is None else f" version {params.version}"
        raise WorkflowNotFound(f"{params.workflow}{which} is not published", hint="darwinflow workflow list")
    name = doomed[0].workflow
    numbers = {version.version for version in doomed}
    found = VersionsDeleted(
        deleted=[PublishedVersion.of(version) for version in doomed],
        children=[
            PublishedVersion.of(version)
            for version in everything
            if _is_child(version, name, numbers) and not _is_one_of(version, name, numbers)
        ],
        runs=session.tenant.read(
            lambda tx: sum(
                summary.runs
                for number in numbers
                if (summary := tx.metrics(session.project).get_summary(name, number))
            )
        ),
        reopened=own[-1].version in numbers,
        backups=[],
    )
    if params.dry_run:
        return found
    for version in reversed(doomed):
        session.audit("workflow.deleted", f"{name}@{version.version}", {"project": session.project})
        session.workflows.delete(name, version.version)
    session.tenant.write(lambda tx: tx.events.erase(WORKFLOW_TOPIC, [name])).result()
    return found.model_copy(update={"backups": list(session.backups())})


def _is_child(version: Published, workflow: str, numbers: set[int]) -> bool:
    parent = version.parent
    return (
        parent is not None and parent.workflow.casefold() == workflow.casefold() and parent.version in numbers
    )


def _is_one_of(version: Published, workflow: str, numbers: set[int]) -> bool:
    return version.workflow == workflow and version.version in numbers


METHODS: Table = {"workflow/delete": Method(delete_versions, Place.THREAD)}
