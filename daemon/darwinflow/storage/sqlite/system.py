"""`IdentityStore` on `system.db`. Every statement about accounts, organizations and the audit log is in this file."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import apsw

from darwinflow.model.errors import Refused, StoreDamaged
from darwinflow.ports.identity import Account, AuditEntry, Organization
from darwinflow.storage.instants import from_micros, to_micros
from darwinflow.storage.sqlite.connection import SYSTEM, connect, let_go
from darwinflow.storage.sqlite.faults import store_error
from darwinflow.storage.sqlite.fetch import Values, bindable, fetch
from darwinflow.storage.sqlite.lost import set_aside_where_told


class SqliteIdentityStore:
    """Asked at start and when something is made, so one connection with a lock serves all threads."""

    def __init__(self, path: str, now: Callable[[], datetime], *, organizations: Sequence[str] = ()) -> None:
        """*organizations*: ids of those whose databases lie beside *path*, so that it must know them.

        Where the user has it begun anew, the first organization that is made has the id of the only one of them:
        nobody but it can own that database.
        """
        self.path = path
        self._now = now
        is_begun_anew = set_aside_where_told(path)
        self._adopted = organizations[0] if is_begun_anew and len(organizations) == 1 else None
        self._db = connect(path, SYSTEM, is_known=bool(organizations) and not is_begun_anew)
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            let_go(self._db)

    def account_of_uid(self, uid: int) -> Account | None:
        rows = self._ask("SELECT id, name, uid FROM accounts WHERE uid = :uid", {"uid": uid})
        return Account(*rows[0]) if rows else None

    def organization(self, slug: str) -> Organization | None:
        rows = self._ask("SELECT id, slug FROM organizations WHERE slug = :slug", {"slug": slug})
        return Organization(*rows[0]) if rows else None

    def is_member(self, account: str, organization: str) -> bool:
        rows = self._ask(
            "SELECT 1 FROM organization_members WHERE organization = :organization AND account = :account",
            {"organization": organization, "account": account},
        )
        return bool(rows)

    def create_personal(self, account: Account, organization: Organization) -> None:
        if self._adopted:
            organization = organization._replace(id=self._adopted)
        self._write(lambda: self._create_personal(account, organization))

    def has_database(self, organization: str) -> bool:
        rows = self._ask(
            "SELECT 1 FROM organizations WHERE id = :id AND database_at IS NOT NULL", {"id": organization}
        )
        return bool(rows)

    def note_database(self, organization: str) -> None:
        self._ask(
            "UPDATE organizations SET database_at = :at WHERE id = :id AND database_at IS NULL",
            {"at": to_micros(self._now()), "id": organization},
        )

    def rename(self, organization: str, new_id: str, *, by: str) -> None:
        self._write(lambda: self._rename(organization, new_id, by))

    def audit(self, actor: str, action: str, subject: str, details: Mapping[str, Any]) -> None:
        self._write(lambda: self._audit(actor, action, subject, details))

    def audited(self, limit: int) -> tuple[AuditEntry, ...]:
        rows = self._ask(
            "SELECT at, actor, action, subject, details FROM audit_logs ORDER BY number DESC LIMIT :limit",
            {"limit": max(limit, 0)},
        )
        return tuple(
            AuditEntry(from_micros(at), actor, action, subject, json.loads(details))
            for at, actor, action, subject, details in rows
        )

    def _rename(self, organization: str, new_id: str, by: str) -> None:
        values = {"id": organization, "new": new_id}
        if fetch(self._db, "SELECT 1 FROM organizations WHERE id = :new", {"new": new_id}):
            raise Refused(f"there is another organization with the id {new_id}")
        fetch(self._db, "PRAGMA defer_foreign_keys = ON")  # until the end of this transaction
        fetch(self._db, "UPDATE organizations SET id = :new WHERE id = :id", values)
        fetch(
            self._db, "UPDATE organization_members SET organization = :new WHERE organization = :id", values
        )
        fetch(self._db, "UPDATE projects SET organization = :new WHERE organization = :id", values)
        self._audit(by, "organization.renamed", new_id, {"before": organization})

    def _create_personal(self, account: Account, organization: Organization) -> None:
        at = to_micros(self._now())
        made = fetch(
            self._db,
            """
            INSERT INTO accounts (id, name, uid, created_at) VALUES (:id, :name, :uid, :at)
            ON CONFLICT (uid) DO NOTHING
            RETURNING id
            """,
            {**account._asdict(), "at": at},
        )
        if not made:
            return
        fetch(
            self._db,
            """
            INSERT INTO organizations (id, slug, created_at) VALUES (:id, :slug, :at)
            ON CONFLICT (slug) DO NOTHING
            """,
            {**organization._asdict(), "at": at},
        )
        fetch(
            self._db,
            """
            INSERT INTO organization_members (organization, account, role, created_at)
            SELECT id, :account, 'owner', :at FROM organizations WHERE slug = :slug
            """,
            {"account": account.id, "at": at, "slug": organization.slug},
        )
        said = {"name": account.name, "organization": organization.slug}
        self._audit(account.id, "account.created", account.id, said)

    def _audit(self, actor: str, action: str, subject: str, details: Mapping[str, Any]) -> None:
        fetch(
            self._db,
            """
            INSERT INTO audit_logs (at, actor, action, subject, details)
            VALUES (:at, :actor, :action, :subject, :details)
            """,
            {
                "at": to_micros(self._now()),
                "actor": actor,
                "action": action,
                "subject": bindable(subject),
                "details": json.dumps(details),
            },
        )

    def _write(self, work: Callable[[], None]) -> None:
        """*work* in one transaction."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    work()
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except (apsw.Error, StoreDamaged) as error:
                raise store_error(error, self.path) or error from error

    def _ask(self, statement: str, values: Values) -> list[Any]:
        with self._lock:
            try:
                return fetch(self._db, statement, values)
            except (apsw.Error, StoreDamaged) as error:
                raise store_error(error, self.path) or error from error
