"""`WorkflowRepository` on PostgreSQL.

Publishing is rare and its readers keep what they have read, so each call has a connection of its own and nothing is
held in between: a server has few of them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg

from darwinflow.model.errors import OutcomeUnknown, WorkflowNotFound
from darwinflow.model.workflow import Damage, Parent, PublishedVersion, Workflow
from darwinflow.storage.instants import from_micros, to_micros
from darwinflow.storage.names import check_workflow_id, folded
from darwinflow.storage.postgres.database import Link, database
from darwinflow.storage.postgres.faults import is_lost, store_error
from darwinflow.storage.postgres.texts import restored, storable
from darwinflow.storage.publishing import published_from, refuse_other, version_already_there

Published = tuple[PublishedVersion, bytes]

VersionRow = tuple[Any, ...]
"""workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning, description, published_by,
published: as the statements of this file select them."""


class PostgresWorkflowRepository:
    """*dsn* and *organization* as for `PostgresTenantStore`. Raises `StoreAway` and its kin from every method."""

    def __init__(self, dsn: str, organization: str, project: str, *, now: Callable[[], datetime]) -> None:
        self._database = database(dsn, organization)
        self._project = storable(project)
        self._now = now

    def store(self, workflow: Workflow, text: bytes, *, published_by: str) -> tuple[PublishedVersion, bool]:
        check_workflow_id(workflow.id)
        with self._transaction(self._database.begin) as link:
            known = self._versions(link, workflow.id)
            there = version_already_there(
                workflow, known, lambda name, version: self._is_published(link, name, version)
            )
            if there is not None:
                return there, False
            new = published_from(
                workflow,
                known[0].workflow if known else workflow.id,
                published_by=published_by,
                published_at=self._now(),
            )
            self._insert(link, new, text)
            self._commit(link)
        return new, True

    def adopt(self, version: PublishedVersion, text: bytes) -> bool:
        check_workflow_id(version.workflow)
        with self._transaction(self._database.begin) as link:
            known = {one.version: one for one in self._versions(link, version.workflow)}
            if version.version in known:
                refuse_other(known[version.version], version)
                return False
            self._insert(link, version, text)
            self._commit(link)
        return True

    def projects(self) -> tuple[str, ...]:
        """All of the organization that have published workflows."""
        with self._transaction(self._database.begin_reading) as link:
            rows = link.execute(
                "SELECT DISTINCT project FROM darwinflow.workflow_version WHERE organization = %(organization)s",
                {"organization": self._database.organization},
            ).fetchall()
        return tuple(sorted(restored(project) for (project,) in rows))

    def delete(self, workflow_id: str, version: int) -> PublishedVersion:
        with self._transaction(self._database.begin) as link:
            row = link.execute(
                """
                DELETE FROM darwinflow.workflow_version
                WHERE organization = %(organization)s AND project = %(project)s
                  AND folded = %(folded)s AND version = %(version)s
                RETURNING workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                    description, published_by, published
                """,
                {**self._key(workflow_id), "version": version},
            ).fetchone()
            if row is None:
                raise WorkflowNotFound(f"{workflow_id} version {version} is not published")
            self._commit(link)
        return _version_from(row)

    def get(self, workflow_id: str, version: int) -> Published:
        with self._transaction(self._database.begin_reading) as link:
            row = link.execute(
                """
                SELECT workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                    description, published_by, published, text
                FROM darwinflow.workflow_version
                WHERE organization = %(organization)s AND project = %(project)s
                  AND folded = %(folded)s AND version = %(version)s
                """,
                {**self._key(workflow_id), "version": version},
            ).fetchone()
        if row is None:
            raise WorkflowNotFound(f"{workflow_id} version {version} is not published")
        return _version_from(row[:-1]), row[-1]

    def get_latest(self, workflow_id: str) -> Published:
        with self._transaction(self._database.begin_reading) as link:
            row = link.execute(
                """
                SELECT workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                    description, published_by, published, text
                FROM darwinflow.workflow_version
                WHERE organization = %(organization)s AND project = %(project)s AND folded = %(folded)s
                ORDER BY version DESC LIMIT 1
                """,
                self._key(workflow_id),
            ).fetchone()
        if row is None:
            raise WorkflowNotFound(f"{workflow_id} is not published")
        return _version_from(row[:-1]), row[-1]

    def list(self, workflow_id: str) -> tuple[PublishedVersion, ...]:
        with self._transaction(self._database.begin_reading) as link:
            return self._versions(link, workflow_id)

    def damages(self, workflow_id: str) -> tuple[Damage, ...]:  # noqa: ARG002 - the port's
        """No member may change a row of versions, so there is nothing to compare them with."""
        return ()

    def list_all(self) -> tuple[PublishedVersion, ...]:
        with self._transaction(self._database.begin_reading) as link:
            rows = link.execute(
                """
                SELECT workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                    description, published_by, published
                FROM darwinflow.workflow_version
                WHERE organization = %(organization)s AND project = %(project)s ORDER BY folded, version
                """,
                {"organization": self._database.organization, "project": self._project},
            ).fetchall()
        return tuple(_version_from(row) for row in rows)

    def _versions(self, link: Link, workflow_id: str) -> tuple[PublishedVersion, ...]:
        rows = link.execute(
            """
            SELECT workflow, version, content_hash, parent_workflow, parent_version, created_by, reasoning,
                description, published_by, published
            FROM darwinflow.workflow_version
            WHERE organization = %(organization)s AND project = %(project)s AND folded = %(folded)s
            ORDER BY version
            """,
            self._key(workflow_id),
        ).fetchall()
        return tuple(_version_from(row) for row in rows)

    def _is_published(self, link: Link, workflow_id: str, version: int) -> bool:
        found = link.execute(
            """
            SELECT FROM darwinflow.workflow_version
            WHERE organization = %(organization)s AND project = %(project)s
              AND folded = %(folded)s AND version = %(version)s
            """,
            {**self._key(workflow_id), "version": version},
        )
        return found.rowcount == 1

    def _insert(self, link: Link, new: PublishedVersion, text: bytes) -> None:
        link.execute(
            """
            INSERT INTO darwinflow.workflow_version
                (organization, project, folded, version, workflow, content_hash, parent_workflow, parent_version,
                 created_by, reasoning, description, published_by, published, text)
            VALUES
                (%(organization)s, %(project)s, %(folded)s, %(version)s, %(workflow)s, %(content_hash)s,
                 %(parent_workflow)s, %(parent_version)s, %(created_by)s, %(reasoning)s, %(description)s,
                 %(published_by)s, %(published)s, %(text)s)
            """,
            {
                **self._key(new.workflow),
                "version": new.version,
                "workflow": storable(new.workflow),
                "content_hash": storable(new.content_hash),
                "parent_workflow": None if new.parent is None else storable(new.parent.workflow),
                "parent_version": None if new.parent is None else new.parent.version,
                "created_by": storable(new.created_by),
                "reasoning": storable(new.reasoning),
                "description": storable(new.description),
                "published_by": storable(new.published_by),
                "published": to_micros(new.published_at),
                "text": text,
            },
        )

    def _commit(self, link: Link) -> None:
        try:
            link.execute("COMMIT")
        except psycopg.Error as error:
            if not is_lost(error):
                raise
            raise OutcomeUnknown(
                f"{self._database.place}: the commit failed ({error}) and may have taken effect; publish again"
            ) from error

    def _key(self, workflow_id: str) -> dict[str, object]:
        return {
            "organization": self._database.organization,
            "project": self._project,
            "folded": storable(folded(workflow_id)),
        }

    @contextmanager
    def _transaction(self, begin: bytes) -> Iterator[Link]:
        """Undone with the connection where it is not committed."""
        try:
            link = self._database.connect()
            try:
                link.execute(begin)
                yield link
            finally:
                link.close()
        except psycopg.Error as error:
            raise store_error(error, self._database.place) or error from error


def _version_from(row: VersionRow) -> PublishedVersion:
    (
        workflow,
        version,
        content_hash,
        parent,
        parent_version,
        created_by,
        reasoning,
        description,
        by,
        published,
    ) = row
    return PublishedVersion(
        workflow=restored(workflow),
        version=version,
        content_hash=restored(content_hash),
        parent=None if parent is None else Parent(restored(parent), parent_version),
        created_by=restored(created_by),
        reasoning=restored(reasoning),
        description=restored(description),
        published_by=restored(by),
        published_at=from_micros(published),
    )
