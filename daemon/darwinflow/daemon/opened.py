"""A home's own organization, opened by a command that has the home for itself."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import NamedTuple, Protocol

from darwinflow.daemon.person import this_person
from darwinflow.daemon.stores import retention_of, stores_of
from darwinflow.ports.identity import IdentityStore
from darwinflow.recorder.paths import Home
from darwinflow.storage.opening import open_identity, open_organization
from darwinflow.storage.organization import OrganizationStores
from darwinflow.tenancy.personal import Person


class Opened(NamedTuple):
    identity: IdentityStore
    person: Person
    stores: OrganizationStores


class OpenIdentity(Protocol):
    """`open_identity`, or `open_identity_by_restore`."""

    def __call__(self, path: str, *, now: Callable[[], datetime]) -> IdentityStore: ...


@contextmanager
def opened(
    home: Home, environ: Mapping[str, str], open_system: OpenIdentity = open_identity
) -> Iterator[Opened]:
    """On what config.yaml says. Raises what reading that and opening databases does."""
    with closing(open_system(home.system_db, now=_now)) as identity:
        person = this_person(identity)
        own = person.organization
        stores = open_organization(
            identity,
            own.id,
            home.tenant_db(own.id),
            announce=lambda _: None,
            now=_now,
            stores=stores_of(home, environ, own.slug),
            archive=retention_of(home, environ, own.slug).archive,
        )
        with closing(stores):
            yield Opened(identity, person, stores)


def _now() -> datetime:
    return datetime.now(UTC)
