"""What is said where a database cannot be worked with, and nothing of it is changed."""

import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import psycopg
import pytest

from darwinflow.model.errors import OrganizationNotFound, Refused, SchemaTooNew, StoreUnwritable
from darwinflow.storage.postgres.administration import admit, create_organization, memberships, prepare
from darwinflow.storage.postgres.database import place_of, schema_steps
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from postgres_server import shared


@pytest.fixture
def fresh(admin):
    """An empty database; gives a function from role to DSN."""
    name = f"fresh{time.monotonic_ns()}"
    admin.execute(f"CREATE DATABASE {name}")
    yield lambda role="postgres": shared().dsn(user=role, database=name)
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def made(fresh):
    prepare(fresh())
    create_organization(fresh(), "freshorg1", "team")
    admit(fresh(), "freshorg1", "ada")
    return fresh


def test_psycopg_is_imported_only_where_it_is_opened():
    code = "import sys, darwinflow.storage.opening, darwinflow.daemon.main; print('psycopg' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_newer_schema_is_refused_by_members_and_by_who_prepares(made):
    newest = len(schema_steps())
    with psycopg.connect(made()) as link:
        link.execute("INSERT INTO darwinflow.schema_step (number) VALUES (%s)", (newest + 1,))
    with pytest.raises(SchemaTooNew, match=f"has schema {newest + 1}; this version knows {newest}"):
        PostgresTenantStore(made("ada"), "freshorg1")
    with pytest.raises(SchemaTooNew):
        prepare(made())


def test_an_older_schema_is_left_to_its_owner(made):
    with psycopg.connect(made()) as link:
        link.execute("DELETE FROM darwinflow.schema_step WHERE number > 3")
    with pytest.raises(StoreUnwritable, match="has schema 3; this version needs"):
        PostgresTenantStore(made("ada"), "freshorg1")


def test_a_database_that_nobody_prepared_is_refused(fresh):
    for ask in (lambda: PostgresTenantStore(fresh("ada"), "freshorg1"), lambda: memberships(fresh("ada"))):
        with pytest.raises(StoreUnwritable, match="no schema of darwinflow"):
            ask()


def test_who_is_no_member_finds_no_organization(made, admin):
    with pytest.raises(OrganizationNotFound, match="role 'bob' is no member of an organization freshorg1"):
        PostgresTenantStore(made("bob"), "freshorg1")
    with pytest.raises(OrganizationNotFound):
        PostgresTenantStore(made("ada"), "otherorg1")
    assert memberships(made("bob")) == ()


def test_a_role_that_was_never_admitted_is_told_so(made, admin):
    admin.execute("DROP ROLE IF EXISTS stranger")
    admin.execute("CREATE ROLE stranger LOGIN")
    with pytest.raises(StoreUnwritable) as refused:
        PostgresTenantStore(made("stranger"), "freshorg1")
    assert "admit your role" in refused.value.advice


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"user": "nobodyatall"}, "turns this connection down"),
        ({"database": "nosuchdatabase"}, "turns this connection down"),
    ],
)
def test_a_connection_that_is_turned_down_for_good_is_no_absence(change, said):
    with pytest.raises(StoreUnwritable, match=said):
        PostgresTenantStore(shared().dsn(**change), "freshorg1")


@pytest.mark.parametrize(
    ("dsn", "place"),
    [
        ("postgresql://ada:secret@db.example:5433/team?sslmode=require", "postgresql://db.example:5433/team"),
        ("host=/run/pg user=ada password=secret dbname=team", "postgresql:///run/pg/team"),
        ("postgresql:///team", "postgresql:///team"),
    ],
)
def test_a_place_is_named_without_its_secrets(dsn, place):
    assert place_of(dsn) == place


def test_a_dsn_that_cannot_be_read_is_not_repeated():
    for dsn in (
        "secret",
        "postgresql://[::1/x?secret",
        "host=x secret",
        "postgresql://ada:pass/secret:X@db.example/team",
        "postgresql://ada:pass@secret@db.example/team",
        "postgresql://ada:pass/w?user=secret@db.example",
        "postgresql://ada:secret/team",
        "postgresql://ada:secret%zz@db.example/team",
    ):
        with pytest.raises(StoreUnwritable, match="the DSN cannot be read") as refused:
            PostgresTenantStore(dsn, "freshorg1")
        assert "secret" not in str(refused.value)
        assert "write / as %2F" in (refused.value.advice or "")


def test_a_database_of_another_encoding_is_refused(admin):
    admin.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        with pytest.raises(StoreUnwritable, match="encoding LATIN1"):
            PostgresTenantStore(shared().dsn(user="ada", database="latin"), "freshorg1")
    finally:
        admin.execute("DROP DATABASE latin")


@pytest.mark.parametrize("name", ["", "short", "UPPERCASE1", "with space", "a" * 33, "o'quote123"])
def test_an_id_of_another_form_makes_no_organization(made, name):
    with pytest.raises(Refused, match="an organization's id is"):
        create_organization(made(), name, "team")


def test_a_role_that_is_not_there_is_not_admitted(made):
    with pytest.raises(Refused, match="no role 'nobodyatall' can log in"):
        admit(made(), "freshorg1", "nobodyatall")
    with pytest.raises(OrganizationNotFound):
        admit(made(), "otherorg1", "bob")


PREPARE = """
import sys
from darwinflow.storage.postgres import administration, database
print("ready", flush=True)
print(administration.prepare(sys.argv[1]), flush=True)
"""


def test_a_preparation_that_is_killed_leaves_all_or_nothing(admin):
    """At any moment; the next one does what is left."""
    found = set()
    for number in range(8):
        name = f"killed{number}"
        admin.execute(f"CREATE DATABASE {name}")
        dsn = shared().dsn(database=name)
        with subprocess.Popen(
            [sys.executable, "-c", PREPARE, dsn], stdout=subprocess.PIPE, text=True
        ) as child:
            assert child.stdout.readline() == "ready\n"
            time.sleep(0.02 * number)
            os.kill(child.pid, signal.SIGKILL)
        while admin.execute("SELECT FROM pg_stat_activity WHERE datname = %s", (name,)).fetchall():
            time.sleep(0.01)
        left = prepare(dsn)
        found.add(left)
        assert left in (0, len(schema_steps()))
        with psycopg.connect(dsn) as link:
            (count,) = link.execute("SELECT count(*) FROM darwinflow.schema_step").fetchone()
        assert count == len(schema_steps())
        admin.execute(f"DROP DATABASE {name}")
    assert len(schema_steps()) in found


def test_the_steps_are_part_of_the_package():
    folder = Path(import_module("darwinflow.storage.postgres").__file__).parent / "schema"
    numbers = [int(Path(path).name[:4]) for path in schema_steps()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert {Path(path).parent for path in schema_steps()} == {folder}
