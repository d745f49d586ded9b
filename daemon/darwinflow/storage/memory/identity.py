"""`IdentityStore` in memory."""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from darwinflow.model.errors import Refused
from darwinflow.ports.identity import Account, AuditEntry, Organization


class MemoryIdentityStore:
    """Every handle is the object itself."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._audit: list[AuditEntry] = []
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

    def rename(self, organization: str, new_id: str, *, by: str) -> None:  # noqa: ARG002 - for who keeps an audit log
        with self._lock:
            if any(known.id == new_id for known in self._organizations.values()):
                raise Refused(f"there is another organization with the id {new_id}")
            for slug, known in self._organizations.items():
                if known.id == organization:
                    self._organizations[slug] = known._replace(id=new_id)
            ids = {organization: new_id}
            self._members = {(ids.get(known, known), account) for known, account in self._members}
            self._with_database = {ids.get(known, known) for known in self._with_database}

    def audit(self, actor: str, action: str, subject: str, details: Mapping[str, Any]) -> None:
        kept = json.loads(json.dumps(details))
        with self._lock:
            self._audit.append(AuditEntry(self._now(), actor, action, subject, kept))

    def audited(self, limit: int) -> tuple[AuditEntry, ...]:
        return tuple(self._audit[::-1][: max(limit, 0)])

    def close(self) -> None:
        """Nothing to let go of: the store is the object."""
