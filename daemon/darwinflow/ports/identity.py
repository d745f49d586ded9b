"""Who is there: accounts, organizations and who belongs to which."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol


class Account(NamedTuple):
    id: str
    name: str
    """Of the operating system's user, on a machine of one's own."""
    uid: int | None


class Organization(NamedTuple):
    id: str
    """Opaque, `[a-z0-9]{8,32}`; the tenant database is named by it."""
    slug: str


class AuditEntry(NamedTuple):
    """Who did what. Never contents, never secrets."""

    at: datetime
    actor: str
    """An account's id."""
    action: str
    """Such as `run.deleted`."""
    subject: str
    details: Mapping[str, Any]
    """As JSON has it."""


class IdentityStore(Protocol):
    """What `system.db` says. Defined by `tests/contract/test_identity_store.py`."""

    def account_of_uid(self, uid: int) -> Account | None: ...

    def organization(self, slug: str) -> Organization | None: ...

    def is_member(self, account: str, organization: str) -> bool: ...

    def create_personal(self, account: Account, organization: Organization) -> None:
        """Make account, organization and membership, and say so in the audit log, together.

        Does nothing where the account's uid is already known.
        """
        ...

    def has_database(self, organization: str) -> bool:
        """Whether the organization of this id has a database that something was stored in: it must be there then."""
        ...

    def note_database(self, organization: str) -> None:
        """Say that it has, from now on. To be called after the first commit to it."""
        ...

    def rename(self, organization: str, new_id: str, *, by: str) -> None:
        """Give the organization of this id another one, and say in the audit log that the account *by* did.

        Its members stay, and whether it has a database. Raises `Refused` where another organization has *new_id*.
        """
        ...

    def audit(self, actor: str, action: str, subject: str, details: Mapping[str, Any]) -> None:
        """Add to the audit log, which never changes."""
        ...

    def audited(self, limit: int) -> tuple[AuditEntry, ...]:
        """The newest entries, newest first."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...
