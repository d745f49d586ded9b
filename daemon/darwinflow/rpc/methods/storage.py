"""Storage: what each concern is kept on, how much of it there is, and how it is."""

from darwinflow.model.errors import Refused
from darwinflow.rpc.methods.method import Method, Place, Table
from darwinflow.rpc.session import Session
from darwinflow.rpc.wire.base import Instant, Wire


class NoQuestion(Wire):
    """All there is."""


class Store(Wire):
    concern: str
    """`logs`, `metrics` or `workflows`."""
    type: str
    place: str | None
    bytes: int | None
    """On this machine's disk, all files; null where there are none. Concerns that share a place share them."""
    counts: dict[str, int]
    faults: list[str]
    """What is wrong, a sentence each; empty where nothing is known to be."""


class StorageStatus(Wire):
    stores: list[Store]
    runs_of_last_days: int
    """Of all projects, that ended in the last 30 days, deleted ones included."""
    oldest_run: Instant | None
    """When it began; null where there is no run."""


_COUNTED = {"logs": ("runs",), "metrics": ("countedRuns",), "workflows": ("versions",)}
"""What counts of each concern, of all that its store holds."""


def status(session: Session, _: NoQuestion) -> StorageStatus:
    """How each concern of the organization is kept. Counts every run, which takes a while where there are many."""
    stores = []
    for state in session.states():
        content = state.content
        faults = [state.trouble] if state.trouble else list(content.faults if content else ())
        if state.concern == "logs":
            faults += _gaps(session)
        stores.append(
            Store(
                concern=state.concern,
                type=state.type,
                place=None if content is None else content.place,
                bytes=None if content is None else content.size,
                counts={}
                if content is None
                else {name: content.counts[name] for name in _COUNTED[state.concern]},
                faults=faults,
            )
        )
    growth = session.growth()
    return StorageStatus(stores=stores, runs_of_last_days=growth.runs, oldest_run=growth.oldest)


def _gaps(session: Session) -> tuple[str, ...]:
    """Of the archive, which holds logs that retention has let go of."""
    try:
        archive = session.retaining.archive
    except Refused:
        return ()  # what is wrong in the settings is told by who needs them
    return () if archive is None else archive.gaps()


class Verified(Wire):
    runs: int
    """How many were read whole, of all projects."""
    faults: list[str]
    """What is wrong, a sentence each; of much, the first."""


def verify(session: Session, _: NoQuestion) -> Verified:
    """Read all pages, records and runs of the organization, its archive, and add the figures up again. Takes long where they are many."""
    found = session.verify()
    damages = [
        f"{workflow} v{damage.version}: {damage.message}"
        for workflow in dict.fromkeys(version.workflow for version in session.workflows.list_all())
        for damage in session.workflows.damages(workflow)
    ]
    archive = session.retaining.archive
    archived = () if archive is None else archive.verify()
    return Verified(runs=found.runs, faults=[*found.faults, *archived, *damages])


METHODS: Table = {
    "storage/status": Method(status, Place.UP_TO_DATE),
    "storage/verify": Method(verify, Place.UP_TO_DATE),
}
