from collections.abc import Callable, Iterator

import psycopg
import pytest

from darwinflow.storage.postgres.tenant import PostgresTenantStore
from postgres_server import Organization, Server, new_organization, prepared, shared


@pytest.fixture
def organization() -> Organization:
    return new_organization()


@pytest.fixture
def admin() -> Iterator[psycopg.Connection]:
    """The server's superuser."""
    with psycopg.connect(shared().dsn(), autocommit=True) as link:
        yield link


@pytest.fixture
def open_store() -> Iterator[Callable[..., PostgresTenantStore]]:
    """Opens stores as `PostgresTenantStore` does, and closes them."""
    opened: list[PostgresTenantStore] = []

    def open_one(dsn: str, organization: str, **named) -> PostgresTenantStore:
        opened.append(PostgresTenantStore(dsn, organization, **named))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def server() -> Iterator[Server]:
    """One of the test's own, with fsync, to be stopped and killed."""
    one = Server(fsync=True)
    prepared(one)
    yield one
    one.close()
