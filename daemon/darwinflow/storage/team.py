"""An organization whose data a team shares on a database server: making it, and coming into it from a machine."""

import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from darwinflow.model.errors import OrganizationNotFound, Refused, StoreUnwritable
from darwinflow.model.stores import Stores
from darwinflow.ports.identity import IdentityStore
from darwinflow.storage.durable import sync_folder
from darwinflow.storage.names import is_workflow_id
from darwinflow.storage.opening import give_database, open_tenant
from darwinflow.storage.places import place_of_choice, places_of
from darwinflow.storage.sqlite.acknowledged import SUFFIX


class Named(Protocol):
    """An organization as a server tells of it."""

    @property
    def id(self) -> str: ...

    @property
    def slug(self) -> str: ...


class Team(NamedTuple):
    """An organization that lives on a server."""

    id: str
    name: str
    place: str
    """Host, port and database, with nothing that is secret."""


def create(dsn: str, name: str) -> tuple[Team, bool]:
    """Prepare the database of *dsn* and make the organization *name* there; whether it is new.

    *dsn* is of a role that may make roles and schemas. Raises `Refused`, `SchemaTooNew`, `StoreAway`,
    `StoreUnwritable`.
    """
    from darwinflow.storage.postgres import administration
    from darwinflow.storage.postgres.database import place_of

    if not is_workflow_id(name):
        raise Refused(
            f"an organization's name is made of letters, digits, '_', '-' and '.', which '{name}' is not"
        )
    administration.prepare(dsn)
    there = [each.id for each in administration.organizations(dsn) if each.slug == name]
    made = there[0] if there else secrets.token_hex(8)
    if not there:
        administration.create_organization(dsn, made, name)
    return Team(made, name, place_of(dsn)), not there


def admit(dsn: str, role: str, name: str | None) -> Team:
    """Let the role *role* work in the organization *name*, or the only one. *dsn* as for `create`."""
    from darwinflow.storage.postgres import administration

    team = _chosen(administration.organizations(dsn), name, dsn)
    administration.admit(dsn, team.id, role)
    return team


def dismiss(dsn: str, role: str, name: str | None) -> tuple[Team, bool]:
    """The opposite of `admit`; whether *role* was a member."""
    from darwinflow.storage.postgres import administration

    team = _chosen(administration.organizations(dsn), name, dsn)
    return team, administration.dismiss(dsn, team.id, role)


def membership(dsn: str, name: str | None) -> Team:
    """The organization *name*, or the only one, that the role of *dsn* is a member of and can work in.

    Raises `OrganizationNotFound`, `Refused`, `StoreAway`, `StoreUnwritable`, `SchemaTooNew`.
    """
    from darwinflow.storage.postgres import administration
    from darwinflow.storage.postgres.database import database

    team = _chosen(administration.memberships(dsn), name, dsn)
    database(dsn, team.id).connect().close()
    return team


class Kept(NamedTuple):
    """What a home keeps, and where."""

    folder: str
    """The data directory."""
    stores: Stores
    archive: str | None
    """As the settings name it."""

    def places(self, organization: str) -> list[str]:
        """In the same order for each organization."""
        archive = [] if self.archive is None else [place_of_choice(self.folder, self.archive, organization)]
        return places_of(self.folder, organization, self.stores) + archive


def bring_in(identity: IdentityStore, organization: str, team: str, kept: Kept, by: str) -> None:
    """Give the *organization* of this machine the id *team*, and rename what is *kept* of it.

    Nothing may have any of it open. Whoever is killed half way does it again. Raises `Refused` where this machine
    has data of both.
    """
    before_and_after = zip(kept.places(organization), kept.places(team), strict=True)
    moves = [(before, after) for before, after in before_and_after if os.path.lexists(before)]
    for before, after in moves:
        if os.path.lexists(after):
            raise Refused(
                f"both {before} and {after} are there", hint="move the one that is not wanted elsewhere"
            )
    for before, _ in moves:
        if before.endswith(".db"):
            _checkpoint(before)
    for before, after in moves:
        try:
            os.rename(before, after)
            sync_folder(os.path.dirname(after))
        except OSError as error:
            raise StoreUnwritable(f"{before} cannot be renamed: {error.strerror}") from error
    for after in kept.places(team):  # of one who was killed on the way, too
        if after.endswith(".db") and os.path.lexists(after):
            give_database(after, organization, team)
    identity.rename(organization, team, by=by)


def _checkpoint(path: str) -> None:
    """Leave one file of the database *path*: what its WAL holds is then in it."""
    open_tenant(path, announce=lambda _: None, is_known=True).close()
    if os.path.exists(f"{path}-wal"):
        raise Refused(f"something else has {path} open", hint="end it, and join again")
    with suppress(FileNotFoundError):
        os.unlink(path + SUFFIX)  # there is no WAL now that could be lost


def _chosen(found: Sequence[Named], name: str | None, dsn: str) -> Team:
    from darwinflow.storage.postgres.database import place_of

    place = place_of(dsn)
    fitting = [each for each in found if name in (None, each.slug, each.id)]
    if not fitting and name is not None:
        names = ", ".join(each.slug for each in found)
        raise OrganizationNotFound(
            f"{place} has no organization '{name}' for this role",
            hint=f"name one of: {names}" if names else None,
        )
    if not fitting:
        raise OrganizationNotFound(
            f"the role of this DSN is in no organization of {place}",
            hint="have whoever looks after the database run: darwinflow org admit DSN ROLE",
        )
    if len(fitting) > 1:
        names = ", ".join(f"{each.slug} ({each.id})" for each in fitting)
        raise Refused(
            f"there are several organizations in {place}: {names}", hint="name one with --organization"
        )
    return Team(fitting[0].id, fitting[0].slug, place)
