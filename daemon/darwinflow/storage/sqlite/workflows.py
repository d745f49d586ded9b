"""`WorkflowRepository` on SQLite. Every statement about the table `workflow_version` is in this file."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import apsw

from darwinflow.model.errors import WorkflowNotFound
from darwinflow.model.workflow import Damage, Parent, PublishedVersion, Workflow
from darwinflow.storage.compact_json import compact
from darwinflow.storage.instants import from_micros, to_micros
from darwinflow.storage.names import check_workflow_id, folded
from darwinflow.storage.publishing import published_from, refuse_other, version_already_there
from darwinflow.storage.sqlite.fetch import Values, bindable, fetch
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

Published = tuple[PublishedVersion, bytes]
Rows = list[Any]


def projects_in(tenant: SqliteTenantStore) -> tuple[str, ...]:
    """Those that have published workflows."""
    rows = tenant.read(lambda tx: fetch(tx.connection, "SELECT DISTINCT project FROM workflow_version"))
    return tuple(sorted(json.loads(project) for (project,) in rows))


class SqliteWorkflowRepository:
    """In the database of *tenant*, whose one writer also publishes."""

    def __init__(self, tenant: SqliteTenantStore, project: str, *, now: Callable[[], datetime]) -> None:
        self._tenant = tenant
        self._project = compact(project)
        self._now = now

    def store(self, workflow: Workflow, text: bytes, *, published_by: str) -> tuple[PublishedVersion, bool]:
        check_workflow_id(workflow.id)
        return self._tenant.write(
            lambda tx: self._store(tx.connection, workflow, text, published_by)
        ).result()

    def adopt(self, version: PublishedVersion, text: bytes) -> bool:
        check_workflow_id(version.workflow)
        return self._tenant.write(lambda tx: self._adopt(tx.connection, version, text)).result()

    def delete(self, workflow_id: str, version: int) -> PublishedVersion:
        statement = """
            DELETE FROM workflow_version WHERE project = :project AND folded = :folded AND version = :version
            RETURNING workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                description, published_by, published
            """
        values = {**self._key(workflow_id), "version": version}
        rows = self._tenant.write(lambda tx: fetch(tx.connection, statement, values)).result()
        self._tenant.scrub("", ())
        if not rows:
            raise WorkflowNotFound(f"{workflow_id} version {version} is not published")
        return _version_from(*rows[0])

    def get(self, workflow_id: str, version: int) -> Published:
        rows = self._ask(
            """
            SELECT workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                description, published_by, published, text
            FROM workflow_version WHERE project = :project AND folded = :folded AND version = :version
            """,
            {**self._key(workflow_id), "version": version},
        )
        if not rows:
            raise WorkflowNotFound(f"{workflow_id} version {version} is not published")
        return _version_from(*rows[0][:-1]), rows[0][-1]

    def get_latest(self, workflow_id: str) -> Published:
        rows = self._ask(
            """
            SELECT workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                description, published_by, published, text
            FROM workflow_version WHERE project = :project AND folded = :folded
            ORDER BY version DESC LIMIT 1
            """,
            self._key(workflow_id),
        )
        if not rows:
            raise WorkflowNotFound(f"{workflow_id} is not published")
        return _version_from(*rows[0][:-1]), rows[0][-1]

    def list(self, workflow_id: str) -> tuple[PublishedVersion, ...]:
        return self._tenant.read(lambda tx: self._versions(tx.connection, workflow_id))

    def damages(self, workflow_id: str) -> tuple[Damage, ...]:
        rows = self._ask(
            """
            SELECT version, text, checksum FROM workflow_version
            WHERE project = :project AND folded = :folded ORDER BY version
            """,
            self._key(workflow_id),
        )
        return tuple(
            Damage(
                version,
                "edited",
                self._tenant.path,
                f"the text of version {version} is not the one that was published",
                "put a copy of the database in its place",
            )
            for version, text, checksum in rows
            if hashlib.sha256(text).digest() != checksum
        )

    def list_all(self) -> tuple[PublishedVersion, ...]:
        rows = self._ask(
            """
            SELECT workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                description, published_by, published
            FROM workflow_version WHERE project = :project ORDER BY folded, version
            """,
            {"project": self._project},
        )
        return tuple(_version_from(*row) for row in rows)

    def _store(
        self, db: apsw.Connection, workflow: Workflow, text: bytes, published_by: str
    ) -> tuple[PublishedVersion, bool]:
        known = self._versions(db, workflow.id)
        there = version_already_there(
            workflow,
            known,
            lambda name, version: any(each.version == version for each in self._versions(db, name)),
        )
        if there is not None:
            return there, False
        new = published_from(
            workflow,
            known[0].workflow if known else workflow.id,
            published_by=published_by,
            published_at=self._now(),
        )
        self._insert(db, new, text)
        return new, True

    def _adopt(self, db: apsw.Connection, version: PublishedVersion, text: bytes) -> bool:
        known = {one.version: one for one in self._versions(db, version.workflow)}
        if version.version in known:
            refuse_other(known[version.version], version)
            return False
        self._insert(db, version, text)
        return True

    def _versions(self, db: apsw.Connection, workflow_id: str) -> tuple[PublishedVersion, ...]:
        rows = fetch(
            db,
            """
            SELECT workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                description, published_by, published
            FROM workflow_version WHERE project = :project AND folded = :folded ORDER BY version
            """,
            self._key(workflow_id),
        )
        return tuple(_version_from(*row) for row in rows)

    def _insert(self, db: apsw.Connection, new: PublishedVersion, text: bytes) -> None:
        fetch(
            db,
            """
            INSERT INTO workflow_version
                (project, folded, version, workflow, content_hash, parent_workflow, parent_version, created_by,
                 reasoning, description, published_by, published, checksum, text)
            VALUES
                (:project, :folded, :version, :workflow, :content_hash, :parent_workflow, :parent_version,
                 :created_by, :reasoning, :description, :published_by, :published, :checksum, :text)
            """,
            {
                **self._key(new.workflow),
                "version": new.version,
                "workflow": new.workflow,
                "content_hash": new.content_hash,
                "parent_workflow": None if new.parent is None else bindable(new.parent.workflow),
                "parent_version": None if new.parent is None else new.parent.version,
                "created_by": bindable(new.created_by),
                "reasoning": bindable(new.reasoning),
                "description": bindable(new.description),
                "published_by": bindable(new.published_by),
                "published": to_micros(new.published_at),
                "checksum": hashlib.sha256(text).digest(),
                "text": text,
            },
        )

    def _ask(self, statement: str, values: Values) -> Rows:
        return self._tenant.read(lambda tx: fetch(tx.connection, statement, values))

    def _key(self, workflow_id: str) -> dict[str, object]:
        return {"project": self._project, "folded": bindable(folded(workflow_id))}


def _version_from(
    workflow: str,
    version: int,
    content_hash: str,
    parent_workflow: str | None,
    parent_version: int,
    created_by: str,
    reasoning: str,
    description: str,
    published_by: str,
    published: int,
) -> PublishedVersion:
    return PublishedVersion(
        workflow=workflow,
        version=version,
        content_hash=content_hash,
        parent=None if parent_workflow is None else Parent(parent_workflow, parent_version),
        created_by=created_by,
        reasoning=reasoning,
        description=description,
        published_by=published_by,
        published_at=from_micros(published),
    )
