"""The one place that connects, with every setting and its reason."""

import os
import re
from typing import Any, NamedTuple

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import TupleRow
from psycopg.types.numeric import Int8Dumper

from darwinflow.model.errors import OrganizationNotFound, SchemaTooNew, StoreUnwritable
from darwinflow.storage.postgres.faults import store_error
from darwinflow.storage.postgres.watched import WatchedConnection

Link = Connection[TupleRow]

LEAST_SERVER = 150_000
"""PostgreSQL 15, the oldest that the suite runs on."""

ORGANIZATION = re.compile(r"[a-z0-9]{8,32}", re.ASCII)
_SCHEMAS = os.path.join(os.path.dirname(__file__), "schema")

_PARAMETERS = {
    "connect_timeout": "5",
    "application_name": "darwinflow",
    "client_encoding": "UTF8",
    # A server that vanishes with its network is noticed within a minute, not after the system's two hours.
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""What the DSN says goes before."""

_URI = re.compile(r"postgres(ql)?://")
_AFTER_USER = re.compile(r"[a-z]+://([^@/]*@)?")
"""What libpq takes for scheme, user and password."""
_PORTS = re.compile(r"[0-9,]*", re.ASCII)
_FORM = "it is of the form postgresql://user@host:5432/database"
_ENCODED = (
    "name a password alone, as in postgresql://user:${PASSWORD}@host/database, where it may have any characters; "
    "in a whole DSN write / as %2F, @ as %40, : as %3A, a blank as %20 and % as %25"
)

_SESSION = """
SELECT
    -- Names in our statements are whole; those of operators and functions are then PostgreSQL's own.
    set_config('search_path', '', false),
    -- A laptop that goes to sleep in a transaction must not keep its organization from writing.
    set_config('idle_in_transaction_session_timeout', '10s', false),
    set_config('lock_timeout', '20s', false),
    set_config('statement_timeout', '60s', false),
    -- An acknowledged commit survives a power cut. What is stricter (a replica's word) stays.
    CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END
"""

# Several statements in one message to the server take no parameters; the id's form leaves nothing to quote.
_BEGIN = """
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SELECT events, pending, figures, now FROM darwinflow.begin_writing('ORGANIZATION')
"""
_BEGIN_READING = """
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT set_config('darwinflow.organization', 'ORGANIZATION', true)
"""

_WHO = """
SELECT role.rolsuper OR role.rolbypassrls, current_setting('server_encoding'),
    EXISTS (
        SELECT FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace AS space ON space.oid = relnamespace
        WHERE nspname = 'darwinflow' AND relname = 'schema_step'
    )
FROM pg_catalog.pg_roles AS role WHERE role.rolname = session_user
"""

_STATE = """
SELECT (SELECT max(number) FROM darwinflow.schema_step),
    EXISTS (
        SELECT FROM darwinflow.membership WHERE organization = %(organization)s AND role = session_user
    ),
    ARRAY(
        SELECT relname::text FROM pg_catalog.pg_class
        WHERE relnamespace = 'darwinflow'::pg_catalog.regnamespace AND relkind IN ('r', 'p')
          AND relname <> 'schema_step' AND NOT (relrowsecurity AND relforcerowsecurity)
        ORDER BY relname
    )
"""


def schema_steps() -> list[str]:
    """Paths, in the order they are applied; a released step never changes."""
    return [os.path.join(_SCHEMAS, name) for name in sorted(os.listdir(_SCHEMAS)) if name.endswith(".sql")]


class Database(NamedTuple):
    """One organization's part of a database."""

    dsn: str
    """As libpq takes it: a URI, or `name=value` pairs. May hold a password: never shown."""
    organization: str
    """The id, `[a-z0-9]{8,32}`."""

    @property
    def place(self) -> str:
        """What to call it in a message."""
        return place_of(self.dsn)

    @property
    def channel(self) -> str:
        """Where commits of this organization are told of."""
        return f"darwinflow_{self.organization}"

    @property
    def begin(self) -> bytes:
        """Begins a transaction that writes, names the organization and takes the right to write in it."""
        return _BEGIN.replace("ORGANIZATION", self.organization).encode()

    @property
    def begin_reading(self) -> bytes:
        """Begins a transaction that sees one state of the data and cannot change it."""
        return _BEGIN_READING.replace("ORGANIZATION", self.organization).encode()

    def connect(self) -> Link:
        """A connection on which only what is begun here runs in a transaction.

        Raises `StoreAway`, `StoreUnwritable`, `SchemaTooNew`, `OrganizationNotFound`.
        """
        try:
            link = connect(self.dsn)
            try:
                self.prepare(link)
            except BaseException:
                link.close()
                raise
        except psycopg.Error as error:
            raise store_error(error, self.place) or error from error
        return link

    def prepare(self, link: Link) -> None:
        """Make *link* ours. Raises, as `connect` does, where it could see rows of others, or not read our own."""
        place = self.place
        # One type for every integer: otherwise a statement is planned once for each width its values happen to have.
        link.adapters.register_dumper(int, Int8Dumper)
        link.execute(_SESSION)
        who = link.execute(_WHO).fetchone()
        is_above, encoding, is_prepared = who or (True, "", False)
        if link.info.server_version < LEAST_SERVER:
            raise StoreUnwritable(
                f"{place} is PostgreSQL {link.info.server_version // 10_000}; {LEAST_SERVER // 10_000} is the oldest "
                "that darwinflow works with"
            )
        if encoding != "UTF8":
            raise StoreUnwritable(f"{place} has the encoding {encoding}; darwinflow needs a database in UTF8")
        if is_above:
            raise StoreUnwritable(
                f"role '{link.info.user}' is above the rules that keep organizations apart in {place}",
                hint="connect as a role of your own that is neither superuser nor has BYPASSRLS",
            )
        if not is_prepared:
            raise StoreUnwritable(
                f"{place} has no schema of darwinflow", hint="have its owner prepare it, and admit your role"
            )
        row = link.execute(_STATE, {"organization": self.organization}).fetchone()
        assert row is not None, "a query without FROM has one row"
        version, is_member, unguarded = row
        newest = len(schema_steps())
        if version > newest:
            raise SchemaTooNew(
                f"{place} has schema {version}; this version knows {newest}",
                hint="upgrade darwinflow: a newer version has prepared this database",
            )
        if version < newest:
            raise StoreUnwritable(
                f"{place} has schema {version}; this version needs {newest}",
                hint="have the database's owner prepare it again with this version",
            )
        if unguarded:
            raise StoreUnwritable(
                f"{place} does not keep organizations apart in {', '.join(unguarded)}",
                hint="have the database's owner force row security on them again",
            )
        if not is_member:
            raise OrganizationNotFound(
                f"role '{link.info.user}' is no member of an organization {self.organization} in {place}",
                hint=_way_in(link),
            )


def _way_in(link: Link) -> str:
    """The next step of a role that is in other organizations than the one of this machine, or in none."""
    slugs = [slug for (slug,) in link.execute("SELECT slug FROM darwinflow.organization ORDER BY slug")]
    if not slugs:
        return "ask who looks after the database to admit your role"
    if len(slugs) == 1:
        return (
            f"darwinflow org join DSN, which brings this machine into {slugs[0]}, where your role is a member"
        )
    return f"darwinflow org join DSN --organization NAME, with one that your role is in: {', '.join(slugs)}"


def database(dsn: str, organization: str) -> Database:
    """Raises `StoreUnwritable` for a DSN that libpq cannot read."""
    assert ORGANIZATION.fullmatch(organization), "organizations are told apart by opaque ids"
    place_of(dsn)
    return Database(dsn, organization)


def connect(dsn: str) -> Link:
    """A plain connection in autocommit. Raises psycopg's errors."""
    return WatchedConnection.connect(**parameters(dsn))


def parameters(dsn: str) -> dict[str, Any]:
    """What `psycopg.connect` takes. Raises `StoreUnwritable`."""
    return {**_PARAMETERS, **_given(dsn), "autocommit": True}


def place_of(dsn: str) -> str:
    """Host, port and database of *dsn*, without user and password. Raises `StoreUnwritable`."""
    given = _given(dsn)
    host = given.get("host") or given.get("hostaddr") or ""
    port = f":{given['port']}" if "port" in given else ""
    return f"postgresql://{host}{port}/{given.get('dbname', '')}"


def _given(dsn: str) -> dict[str, str]:
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    except psycopg.Error:
        raise StoreUnwritable(f"the DSN cannot be read; {_FORM}", hint=_ENCODED) from None
    # A password with a sign of URIs that is written as it is: some of it has become host, port or database.
    rest = _AFTER_USER.sub("", dsn) if _URI.match(dsn) else ""
    if "@" in rest.partition("?")[0] or not _PORTS.fullmatch(given.get("port", "")):
        raise StoreUnwritable(
            f"the DSN cannot be read: it has '@' after its host, or a port that is no number; {_FORM}",
            hint=_ENCODED,
        )
    return given
