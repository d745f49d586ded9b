"""What methods may touch: a session's stores, the daemon behind them, the connection they were asked on."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from darwinflow.events.hub import Hub
from darwinflow.model.workflow import Workflow
from darwinflow.ports.inspection import Growth, StoreState, Verdict
from darwinflow.ports.tenant import TenantStore
from darwinflow.ports.workflows import WorkflowRepository
from darwinflow.storage.archive import Archive
from darwinflow.storage.retention import Due


class Erased(NamedTuple):
    """What came of deleting runs for good, besides that they are gone from the stores."""

    lines: int
    """Overwritten in journals of the spool."""
    backups: tuple[str, ...]
    """Folders that may hold the runs still."""


class Retained(NamedTuple):
    """What came of letting runs go."""

    is_off: bool
    """The settings say nothing of it."""
    removed: int
    archive: str | None
    """The folder where they are now; None where they are nowhere."""
    unreadable: int
    """Runs that stay, as they could not be read to be archived."""


class Retaining(Protocol):
    """Retention, as methods see it. Each raises what reading the settings does, and `StoreError`."""

    @property
    def archive(self) -> Archive | None:
        """Where runs go, or went; None where the settings name no place."""
        ...

    @property
    def is_off(self) -> bool:
        """The settings say nothing of it."""
        ...

    def due(self) -> Sequence[Due]:
        """What would go now, of all projects."""
        ...

    def run(self) -> Retained:
        """Let go of what is due. Takes as long as that is much."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """One workspace's view of the daemon. Organization and project are decided here and by no parameter."""

    organization: str
    """Its slug."""
    project: str
    workspace: str
    """Absolute folder."""
    account: str
    """Name of the person at the other end."""
    tenant: TenantStore
    arriving: TenantStore
    """The same, for what is recorded: it takes nothing while the disk has no room but for deleting."""
    durability: str
    """What a stored run survives: `power`, `process` or `nothing`."""
    hub: Hub
    """Tells what the tenant's commits have made durable."""
    workflows: WorkflowRepository
    verify: Callable[[], Verdict]
    """Reads all of the organization."""
    states: Callable[[], tuple[StoreState, ...]]
    """How each concern of the organization is kept, but for workflows that are files."""
    growth: Callable[[], Growth]
    """Of all the organization's runs."""
    approve: Callable[[str, str | None], Workflow]
    """The workflow that a text holds. Raises `WorkflowFaulty` where it has findings of severity error."""
    now: Callable[[], datetime]
    erase: Callable[[Sequence[str]], Erased]
    """Deletes runs of the project for good, by their ids. Raises `RunNotFound`, `StoreError`."""
    audit: Callable[[str, str, dict[str, object]], None]
    """Of an action, a subject and details, that the person at the other end wants. Raises `StoreError`."""
    backups: Callable[[], Sequence[str]]
    """Folders that may hold what is deleted still."""
    retaining: Retaining
    learn: Callable[[float], bool]
    """Look for patterns in all runs of the project that wait, for at most so many seconds; whether all were looked at."""


class Held(NamedTuple):
    """That journals wait in the spool, since the store takes nothing."""

    since: datetime
    message: str
    """Why."""
    hint: str | None
    """What to do about it."""


class Room(NamedTuple):
    """What is kept on the home's disk for when that is full, in bytes."""

    wanted: int
    kept: int
    is_given_up: bool
    """The disk is full: what is recorded waits until there is room."""


class Status(NamedTuple):
    """How the daemon is."""

    pid: int
    home: str
    socket: str
    log: str
    started_at: datetime
    connections: int
    journals: int
    """Files in the spool that are known and not wholly taken in, or whose programs live."""
    journals_left_alone: int
    """Files in the spool that wait for a newer version or are none of ours; the log says which."""
    events_taken: int
    """Lines of journals that were taken in since the start."""
    lines_refused: int
    """Lines of journals that were no events, or said what cannot be; the log says where."""
    runs_lost: int
    """Runs whose program went away before their end, found since the start."""
    runs_refused: int
    """Runs of journals whose id another run has, since the start; the log says which."""
    held: Held | None
    """None while what is recorded is stored."""
    room: Room
    durability: str
    """What a stored run survives."""
    lacks: tuple[str, ...]
    """Of runs that were stored and were gone at the start, a sentence for each place."""


class Host(Protocol):
    """The daemon, as its methods see it."""

    @property
    def home(self) -> str:
        """Path of the data directory."""
        ...

    @property
    def version(self) -> str: ...

    def open_session(self, workspace: str, settings: str | None) -> Session:
        """Bind to the folder *workspace* and the text of its settings. Raises `OrganizationNotFound`, `Refused`."""
        ...

    def behind(self) -> "Future[None] | None":
        """Done when all that programs have recorded until now is stored; None where it is already.

        Looks at a folder. Who will not wait any more cancels it.
        """
        ...

    def status(self) -> Status: ...

    def stop(self) -> None:
        """Begin to stop; returns at once, and the reply still goes out."""
        ...


class Standing(NamedTuple):
    """Of a subscription that has begun."""

    number: int
    first: int
    """The offset of the oldest event that is there."""
    offset: int
    """Of the event that was published last."""


class Peer(Protocol):
    """One connection, as the methods that are about it see it. Thread-safe."""

    @property
    def host(self) -> Host: ...

    @property
    def session(self) -> Session:
        """Raises `SessionMissing`."""
        ...

    def greet(self) -> None:
        """The other end fits; other requests than hello are taken from now on."""
        ...

    def bind(self, session: Session) -> None:
        """From now on requests are about *session*; subscriptions of an earlier one end."""
        ...

    def subscribe(self, topic: str, after: int | None) -> Standing:
        """Push what is published above *after* (None: from now on)."""
        ...

    def unsubscribe(self, number: int) -> bool:
        """Whether there was such a subscription."""
        ...
