"""`IdentityStore` in memory."""

import threading

from darwinflow.ports.identity import Account, Organization


class MemoryIdentityStore:
    """Every handle is the object itself."""

    def __init__(self) -> None:
        self._accounts: dict[int, Account] = {}
        self._organizations: dict[str, Organization] = {}
        self._members: set[tuple[str, str]] = set()
        self._with_database: set[str] = set()
        self._lock = threading.Lock()

    def account_of_uid(self, uid: int) -> Account | None:
        return self._accounts.get(uid)

    def organization(self, slug: str) -> Organization | None:
        return self._organizations.get(slug)

    def is_member(self, account: str, organization: str) -> bool:
        return (organization, account) in self._members

    def create_personal(self, account: Account, organization: Organization) -> None:
        assert account.uid is not None, "a personal account is an operating system user's"
        with self._lock:
            if account.uid in self._accounts:
                return
            kept = self._organizations.setdefault(organization.slug, organization)
            self._members.add((kept.id, account.id))
            self._accounts[account.uid] = account

    def has_database(self, organization: str) -> bool:
        return organization in self._with_database

    def note_database(self, organization: str) -> None:
        self._with_database.add(organization)

    def close(self) -> None:
        """Nothing to let go of: the store is the object."""
