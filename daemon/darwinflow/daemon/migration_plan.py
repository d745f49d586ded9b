"""What is to be moved where, and what stands against it, before anything is."""

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from darwinflow.daemon.sessions import folder_inside
from darwinflow.daemon.stores import config_path, config_text, configured_stores
from darwinflow.daemon.unfinished import Migration, Move
from darwinflow.model.errors import Refused, StoreFull
from darwinflow.model.phrases import counted
from darwinflow.model.stores import FILE, MEMORY, POSTGRES, SQLITE, StoreChoice
from darwinflow.ports.inspection import Inspectable
from darwinflow.recorder.paths import Home, Workspace
from darwinflow.settings.dsn import resolved
from darwinflow.settings.user import parse
from darwinflow.settings.workspace import parse as read_workspace
from darwinflow.settings.writing import with_stores
from darwinflow.storage.figures import Figures
from darwinflow.storage.organization import OrganizationStores
from darwinflow.storage.places import is_same_store, place_of_concern
from darwinflow.storage.team import Team, membership
from darwinflow.tenancy.personal import PERSONAL, Person

NAMES = {"logs": "runs", "metrics": "figures", "workflows": "workflows"}
"""Of concerns, for people."""
_BYTES_A_RUN = 10_000
"""Of a store on a server, whose size nobody tells."""
_GROWTH = 4
"""How much larger files may be than the database, which is compressed."""


class Asked(NamedTuple):
    """What a user wants."""

    choices: Mapping[str, StoreChoice]
    """By concern, DSNs as they are to be written into `config.yaml`; empty: go on with what was begun."""
    organization: str | None = None
    """On the server, where it has several."""
    workspaces: tuple[Workspace, ...] = ()
    """Whose published versions are moved, where they are files before or after."""


def plan(home: Home, environ: Mapping[str, str], person: Person, asked: Asked, at: datetime) -> Migration:
    """Raises `Refused` where it cannot be, with nothing opened yet."""
    if not asked.choices:
        raise Refused(
            "no migration of this home was begun", hint="say where to: darwinflow storage migrate --to sqlite"
        )
    slug = person.organization.slug
    configured_stores(home, environ, slug)  # raises where config.yaml has faults
    now = parse(config_text(home), _Unresolved()).stores_of(slug)
    moves: dict[str, Move] = {}
    for concern, target in asked.choices.items():
        variable = f"DARWINFLOW_STORAGE_{concern.upper()}"
        if environ.get(variable):
            raise Refused(
                f"{variable} says where {NAMES[concern]} are kept, and goes before {config_path(home)}",
                hint=f"unset {variable}, here and where the daemon is started",
            )
        source: StoreChoice = getattr(now, concern)
        resolved_both = (resolved_choice(source, environ), resolved_choice(target, environ))
        if not is_same_store(home.data, person.organization.id, concern, *resolved_both):
            moves[concern] = Move(source, target)
    if not moves:
        names = " and ".join(NAMES[concern] for concern in asked.choices)
        raise Refused(f"{names} are kept there already", hint="darwinflow storage status shows where")
    with_stores(config_text(home), slug, {concern: move.target for concern, move in moves.items()}, environ)
    aside = os.path.join(home.data, "set-aside", f"migrated-{at:%Y%m%dT%H%M%S%f}")
    return Migration(moves, aside, workspaces=_folders(asked.workspaces) if "workflows" in moves else {})


def refuse_in_memory(home: Home, environ: Mapping[str, str], concerns: Iterable[str]) -> None:
    """Raises `Refused` where one is kept in memory: to be called before the daemon, which has it, is stopped."""
    stores = configured_stores(home, environ, PERSONAL)
    for concern in concerns:
        if getattr(stores, concern).type == MEMORY:
            raise Refused(f"{NAMES[concern]} are kept in memory, and are gone when the daemon ends")


def joined_team(
    environ: Mapping[str, str], planned: Migration, person: Person, name: str | None
) -> Team | None:
    """The organization on the server that something goes to. Raises as `team.membership`, and `Refused`."""
    dsns = {move.target.dsn for move in planned.moves.values() if move.target.dsn is not None}
    if not dsns:
        return None
    if len(dsns) > 1:
        raise Refused("an organization has one server", hint="name the same DSN for each concern")
    found = membership(resolved(dsns.pop(), environ), name)
    leaves_a_server = any(move.source.type == POSTGRES for move in planned.moves.values())
    if leaves_a_server and found.id != person.organization.id:
        raise Refused(
            f"organization {found.name} of {found.place} is another one than yours on the other server",
            hint="go by way of this machine: darwinflow storage migrate --to sqlite first",
        )
    return found


def _folders(workspaces: Iterable[Workspace]) -> dict[str, str]:
    """Where versions are files, by project. Raises `Refused`, `StoreUnwritable`."""
    found: dict[str, str] = {}
    for workspace in workspaces:
        read = read_workspace(workspace.settings, os.path.basename(workspace.folder))
        if read.names_no_store:
            raise Refused(
                f"the settings of {workspace.folder} name no folder where workflows could be stored",
                hint="darwinflow check shows what is wrong with it",
            )
        folder = folder_inside(workspace.folder, read.workflows_path)
        if found.setdefault(read.project, folder) != folder:
            raise Refused(
                f"both {found[read.project]} and {folder} are of project '{read.project}'",
                hint="name one of them with --workspace",
            )
    return found


def refuse_homeless(stores: OrganizationStores, planned: Migration) -> None:
    """Raises `Refused` where versions would become files of a workspace that was not named."""
    move = planned.moves.get("workflows")
    if move is None or move.target.type != FILE:
        return
    lacking = [project for project in stores.published_projects() if project not in planned.workspaces]
    if lacking:
        raise Refused(
            f"project '{lacking[0]}' has published versions, and no workspace of it is named",
            hint="--workspace DIR for the workspace of each project",
        )


def resolved_choice(choice: StoreChoice, environ: Mapping[str, str]) -> StoreChoice:
    """With the values of the variables that its DSN names. Raises `Refused`."""
    return choice if choice.dsn is None else choice._replace(dsn=resolved(choice.dsn, environ))


def count_of(store: object, what: str) -> int:
    """How many `runs` or `countedRuns` *store* has."""
    assert isinstance(store, Inspectable), "every back end can be looked at"
    return store.inspect().counts[what]


def is_missing(home: Home, organization: str, concern: str, choice: StoreChoice) -> bool:
    """Whether the store has not even been made, so that looking into it would make it."""
    place = place_of_concern(home.data, organization, concern, choice)
    return place is not None and not os.path.lexists(place)


def refuse_content(stores: OrganizationStores, concern: str, target: StoreChoice) -> None:
    """Raises `Refused` where *target* holds something already, unless it is shared with others."""
    if target.type == POSTGRES or concern == "workflows":  # versions that are there are compared
        return
    if concern == "logs":
        store: object = stores.log_store(target)
        there = count_of(store, "runs")
    else:
        store = stores.metrics_store(target)
        assert isinstance(store, Figures), "every back end can be carried"
        there = len(store.figures()[1])
    if there:
        assert isinstance(store, Inspectable), "every back end can be looked at"
        what = counted(there, "run" if concern == "logs" else "counted run")
        raise Refused(
            f"{store.inspect().place} holds {what} already, which would be mixed with yours",
            hint="move it elsewhere; darwinflow storage backup keeps a copy of what is in use",
        )


def refuse_full(home: Home, stores: OrganizationStores, planned: Migration) -> None:
    """Raises `StoreFull` where the disk of the home has no room for the copy, and for what is set aside."""
    needed = 0
    for concern, move in planned.moves.items():
        if concern == "workflows":
            continue
        store: object = stores.log_store() if concern == "logs" else stores.metrics_store()
        assert isinstance(store, Inspectable), "every back end can be looked at"
        content = store.inspect()
        size = content.size or _BYTES_A_RUN * max(content.counts.values(), default=0)
        if move.target.type != POSTGRES:
            needed += size * (_GROWTH if (move.source.type, move.target.type) == (SQLITE, FILE) else 1)
        needed += size if move.source.type == SQLITE else 0
    free = shutil.disk_usage(home.data).free
    if needed > free:
        raise StoreFull(
            f"this needs about {needed >> 20} MiB, and the disk with {home.data} has {free >> 20} MiB free",
            hint="free some space there; nothing has been changed",
        )


class _Unresolved(Mapping[str, str]):
    """An environment in which every variable stays the variable."""

    def __getitem__(self, name: str) -> str:
        if name.startswith("DARWINFLOW_STORAGE_"):
            raise KeyError(name)
        return f"${{{name}}}"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
