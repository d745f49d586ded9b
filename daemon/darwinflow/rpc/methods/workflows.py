"""Workflows: publish a version, and what is known of those that are published."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from darwinflow.events.workflow_events import is_left, note_intent, tell, tell_left
from darwinflow.model import workflow as values
from darwinflow.model.workflow import PublishedVersion as Published
from darwinflow.ports.tenant import Transaction
from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Session
from darwinflow.rpc.wire.base import MAX_TEXT_BYTES, Hash, Offset, Path, Version, Wire, WorkflowId
from darwinflow.rpc.wire.runs import RunHeader, Summary
from darwinflow.rpc.wire.workflows import Damage, PublishedVersion

RECENT_RUNS = 20


class Publish(Wire):
    text: Annotated[str, Field(max_length=MAX_TEXT_BYTES)]
    path: Path | None = None
    """Where the author keeps it: what the workspace's settings say of that file counts."""


class WorkflowPublished(Wire):
    workflow: WorkflowId
    version: Version
    content_hash: Hash
    created: bool
    """False where this version was published before with the same content."""
    damages: list[Damage]
    """What is wrong with versions of this workflow that are stored, and with the parent."""


class OfWorkflow(Wire):
    workflow: WorkflowId


class Versions(Wire):
    versions: list[PublishedVersion]


class GetVersion(Wire):
    workflow: WorkflowId
    version: Version | None = None
    """The highest where it is absent."""


class VersionFound(Wire):
    version: PublishedVersion
    """With the summary of its runs, and what is wrong with its text."""
    text: str
    """As it is stored; what is no UTF-8 in a damaged one is replaced."""


class NoQuestion(Wire):
    """All there is."""


class AskHistory(Wire):
    workflow: WorkflowId
    version: Version | None = None
    """Of the text that is being looked at."""
    workflow_hash: Hash | None = None
    """Its content hash."""


class Summaries(Wire):
    version: Summary | None
    text: Summary | None
    published: Summary | None
    """Of the highest published version."""


class History(Wire):
    """All that an editor shows of one workflow's past, from one state of the data."""

    workflow: WorkflowId
    lineage: list[PublishedVersion]
    """Ascending, each with the summary of its runs."""
    runs: list[RunHeader]
    """The newest of any version."""
    summaries: Summaries
    published: int | None
    """The highest version."""
    offset: Offset
    """Of the event stream: subscribe after it, and nothing is missed."""


def publish(session: Session, params: Publish) -> WorkflowPublished:
    """Copy a text into the store as an immutable version. Refuses one that has findings of severity error."""
    workflow = session.approve(params.text, params.path)
    known = session.workflows.list(workflow.id)
    is_new = all(one.version != workflow.version for one in known)
    was_told = (
        not is_new
        or session.tenant.write(lambda tx: note_intent(tx, session.project, workflow, known)).result()
    )
    version, created = session.workflows.store(workflow, params.text.encode(), published_by=session.account)
    _listed(session, version.workflow)
    if created and was_told:
        session.tenant.write(lambda tx: tell(tx.events, session.project, version)).result()
    return WorkflowPublished(
        workflow=version.workflow,
        version=version.version,
        content_hash=version.content_hash,
        created=created,
        damages=[Damage.of(damage) for damage in _damages_around(session, version)],
    )


def lineage(session: Session, params: OfWorkflow) -> Versions:
    """The versions of a workflow, ascending, each with the figures of its runs and what is wrong with its text."""
    versions = _listed(session, params.workflow)
    damages = {damage.version: damage for damage in session.workflows.damages(params.workflow)}
    return Versions(
        versions=session.tenant.read(
            lambda tx: _with_figures(tx, session.project, params.workflow, versions, damages)
        )
    )


def get_version(session: Session, params: GetVersion) -> VersionFound:
    """One version with the text that was published."""
    workflows = session.workflows
    if params.version is None:
        version, text = workflows.get_latest(params.workflow)
    else:
        version, text = workflows.get(params.workflow, params.version)
    damages = {damage.version: damage for damage in workflows.damages(version.workflow)}
    found = session.tenant.read(
        lambda tx: _with_figures(tx, session.project, version.workflow, (version,), damages)
    )
    return VersionFound(version=found[0], text=text.decode(errors="replace"))


def list_workflows(session: Session, _: NoQuestion) -> Versions:
    """All versions of all workflows, by id, then ascending."""
    return Versions(versions=[PublishedVersion.of(version) for version in session.workflows.list_all()])


def history(session: Session, params: AskHistory) -> History:
    """Lineage, newest runs and figures of one workflow, and the offset from which events go on."""
    versions = _listed(session, params.workflow)
    newest = versions[-1].version if versions else None

    def work(tx: Transaction) -> History:
        offset = tx.events.last_offset()
        metrics = tx.metrics(session.project)
        figures = _with_figures(tx, session.project, params.workflow, versions)
        recent = tx.logs(session.project).get_recent(params.workflow, None, RECENT_RUNS)
        return History(
            workflow=params.workflow,
            lineage=figures,
            runs=[RunHeader.of(header) for header in recent],
            summaries=Summaries(
                version=None
                if params.version is None
                else Summary.of(metrics.get_summary(params.workflow, params.version)),
                text=None
                if params.workflow_hash is None
                else Summary.of(metrics.get_text_summary(params.workflow, params.workflow_hash)),
                published=figures[-1].summary if figures else None,
            ),
            published=newest,
            offset=offset,
        )

    return session.tenant.read(work)


def _listed(session: Session, workflow: str) -> tuple[Published, ...]:
    """All versions. What was stored and not told yet is told, also where the daemon that stored it was killed."""
    versions = session.workflows.list(workflow)
    if session.tenant.read(lambda tx: is_left(tx, session.project, workflow)):
        session.tenant.write(lambda tx: tell_left(tx, session.project, workflow, versions)).result()
    return versions


def _with_figures(
    tx: Transaction,
    project: str,
    workflow: str,
    versions: tuple[Published, ...],
    damages: Mapping[int, values.Damage] = MappingProxyType({}),
) -> list[PublishedVersion]:
    metrics = tx.metrics(project)
    return [
        PublishedVersion.of(
            version,
            Summary.of(metrics.get_summary(workflow, version.version)),
            damages.get(version.version),
        )
        for version in versions
    ]


def _damages_around(session: Session, version: Published) -> list[values.Damage]:
    """Of all versions of the workflow, and of the parent where that is another's."""
    found = list(session.workflows.damages(version.workflow))
    parent = version.parent
    if parent is not None and parent.workflow != version.workflow:
        found += [
            damage
            for damage in session.workflows.damages(parent.workflow)
            if damage.version == parent.version
        ]
    return found


METHODS: Table = {
    "workflow/publish": Method(publish, Place.THREAD),
    "workflow/lineage": Method(lineage, Place.THREAD),
    "workflow/get": Method(get_version, Place.UP_TO_DATE),
    "workflow/list": Method(list_workflows, Place.THREAD),
    "workflow/history": Method(history, Place.THREAD),
}
