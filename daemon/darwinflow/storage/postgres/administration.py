"""What the owner of a database does: prepare it, make organizations, admit members and dismiss them.

Members connect as roles of their own, which are neither superuser nor owner of anything. The tables belong to
`darwinflow_owner`, a role nobody logs in as; what a member may do at all is granted to `darwinflow_member`, and
which organization's rows it may see is decided by row security on `membership`. The search in errors belongs to
`darwinflow_search`; see schema/0010_error_pieces.sql.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg import sql

from darwinflow.model.errors import OrganizationNotFound, Refused, SchemaTooNew, StoreUnwritable
from darwinflow.storage.postgres.database import ORGANIZATION, Link, connect, place_of, schema_steps
from darwinflow.storage.postgres.faults import store_error

_MIGRATING = 0x44464C54
"""The advisory lock of whoever changes the schema."""

_ROLES = """
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['darwinflow_owner', 'darwinflow_member', 'darwinflow_search'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOBYPASSRLS', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- another database of this server has them
        END;
    END LOOP;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        BEGIN
            EXECUTE format('GRANT darwinflow_owner, darwinflow_search TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            NULL;  -- who may not give it to oneself has it, or is refused below
        END;
    END IF;
END
$$;
"""

_SCHEMA = """
CREATE SCHEMA IF NOT EXISTS darwinflow AUTHORIZATION darwinflow_owner;
SET LOCAL ROLE darwinflow_owner;
GRANT USAGE ON SCHEMA darwinflow TO darwinflow_member;
CREATE TABLE IF NOT EXISTS darwinflow.schema_step (
    number  integer PRIMARY KEY,
    applied timestamptz NOT NULL DEFAULT now()
);
"""


class Membership(NamedTuple):
    """An organization that a role may work in."""

    id: str
    slug: str


def prepare(dsn: str) -> int:
    """Bring the schema of the database up to date, all of it or nothing; how many steps that took.

    *dsn* is of a role that may make roles and schemas here. Several may do so at once. Raises `SchemaTooNew`,
    `StoreAway`, `StoreUnwritable`.
    """
    with _administrating(dsn) as link:
        link.execute("SELECT pg_advisory_xact_lock(%(key)s)", {"key": _MIGRATING})
        link.execute(_ROLES.encode())
        link.execute(_SCHEMA.encode())
        row = link.execute("SELECT coalesce(max(number), 0) FROM darwinflow.schema_step").fetchone()
        assert row is not None, "an aggregate has one row"
        known, steps = int(row[0]), schema_steps()
        if known > len(steps):
            raise SchemaTooNew(
                f"{place_of(dsn)} has schema {known}; this version knows {len(steps)}",
                hint="upgrade darwinflow: a newer version has prepared this database",
            )
        for number, path in enumerate(steps[known:], start=known + 1):
            with open(path, "rb") as step:
                link.execute(step.read())
            link.execute(
                "INSERT INTO darwinflow.schema_step (number) VALUES (%(number)s)", {"number": number}
            )
        return len(steps) - known


def create_organization(dsn: str, organization: str, slug: str) -> None:
    """*dsn* as for `prepare`. Does nothing where it is there. Raises `Refused` for an id of another form."""
    if not ORGANIZATION.fullmatch(organization):
        raise Refused(f"an organization's id is 8 to 32 of a-z and 0-9, which '{organization}' is not")
    with _administrating(dsn) as link:
        link.execute("SET LOCAL ROLE darwinflow_owner")
        values = {"organization": organization, "slug": slug}
        link.execute(
            """
            INSERT INTO darwinflow.organization (id, slug) VALUES (%(organization)s, %(slug)s)
            ON CONFLICT (id) DO NOTHING
            """,
            values,
        )
        link.execute(
            "INSERT INTO darwinflow.counter (organization) VALUES (%(organization)s) ON CONFLICT DO NOTHING",
            values,
        )


def admit(dsn: str, organization: str, role: str) -> None:
    """Let *role*, which can log in and is there, work in *organization*. *dsn* as for `prepare`.

    Raises `OrganizationNotFound`, and `Refused` for a role that row security does not hold.
    """
    with _administrating(dsn) as link:
        row = link.execute(
            "SELECT rolsuper OR rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname = %(role)s",
            {"role": role},
        ).fetchone()
        if row is None or not row[1]:
            raise Refused(
                f"no role '{role}' can log in to {place_of(dsn)}", hint=f'CREATE ROLE "{role}" LOGIN'
            )
        if row[0]:
            raise Refused(
                f"role '{role}' is above the rules that keep organizations apart",
                hint="admit a role that is neither superuser nor has BYPASSRLS",
            )
        link.execute(sql.SQL("GRANT darwinflow_member TO {}").format(sql.Identifier(role)))
        link.execute("SET LOCAL ROLE darwinflow_owner")
        values = {"organization": organization, "role": role}
        if not link.execute(
            "SELECT FROM darwinflow.organization WHERE id = %(organization)s", values
        ).rowcount:
            raise OrganizationNotFound(f"there is no organization {organization} in {place_of(dsn)}")
        link.execute(
            """
            INSERT INTO darwinflow.membership (organization, role) VALUES (%(organization)s, %(role)s)
            ON CONFLICT DO NOTHING
            """,
            values,
        )


def dismiss(dsn: str, organization: str, role: str) -> bool:
    """Take *role* out of *organization*, from its next statement on; whether it was a member. *dsn* as for `prepare`."""
    with _administrating(dsn) as link:
        link.execute("SET LOCAL ROLE darwinflow_owner")
        gone = link.execute(
            "DELETE FROM darwinflow.membership WHERE organization = %(organization)s AND role = %(role)s",
            {"organization": organization, "role": role},
        )
        return gone.rowcount == 1


def organizations(dsn: str) -> tuple[Membership, ...]:
    """All that there are, by slug. *dsn* as for `prepare`."""
    with _administrating(dsn) as link:
        link.execute("SET LOCAL ROLE darwinflow_owner")
        rows = link.execute("SELECT id, slug FROM darwinflow.organization ORDER BY slug, id").fetchall()
        return tuple(Membership(*row) for row in rows)


def memberships(dsn: str) -> tuple[Membership, ...]:
    """The organizations that the role of *dsn*, a member's, may work in, by slug.

    Raises `StoreAway`, `StoreUnwritable`.
    """
    with _administrating(dsn) as link:
        rows = link.execute("SELECT id, slug FROM darwinflow.organization ORDER BY slug, id").fetchall()
        return tuple(Membership(*row) for row in rows)


@contextmanager
def _administrating(dsn: str) -> Iterator[Link]:
    """A connection in one transaction, with psycopg's errors as ours."""
    try:
        link = connect(dsn)
        with link, link.transaction():
            yield link
    except psycopg.errors.UndefinedTable as error:
        raise StoreUnwritable(
            f"{place_of(dsn)} has no schema of darwinflow", hint="have its owner prepare it first"
        ) from error
    except psycopg.Error as error:
        raise store_error(error, place_of(dsn)) or error from error
