"""Row security: the ways in which it is known to leak, each tried as a member would, or a careless owner."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import errors, sql

from contract.sample_runs import HASH, finished
from darwinflow.model.errors import OrganizationNotFound, StoreUnwritable
from darwinflow.model.filter import RunFilter
from darwinflow.ports.journals import Taken
from darwinflow.storage.postgres.administration import (
    admit,
    create_organization,
    dismiss,
    memberships,
    prepare,
)
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.recording import record
from postgres_server import new_organization, shared

TABLES = (
    "run",
    "run_step",
    "pinned_run",
    "erased_run",
    "removed",
    "journal",
    "outbox",
    "summary",
    "summary_duration",
    "hour_sums",
    "node_sums",
    "counted_run",
    "to_learn",
    "tally",
    "event",
    "consumer",
    "counter",
    "workflow_version",
)


@pytest.fixture
def theirs(open_store):
    """An organization that the role 'cleo' of `mine` is no member of, with a run in it."""
    organization = new_organization()
    store = open_store(organization.dsn, organization.id)
    store.write(lambda tx: record(tx, "demo", finished("secret", error="a secret"))).result(10)
    store.write(lambda tx: tx.journals.advance("j", Taken(1))).result(10)
    return organization.id


@pytest.fixture(scope="module")
def cleo():
    """A DSN of a role that is in one organization of its own, and that organization."""
    create_organization(shared().dsn(), "cleosorg1", "cleos")
    with psycopg.connect(shared().dsn(), autocommit=True) as link:
        link.execute("CREATE ROLE cleo LOGIN")
    admit(shared().dsn(), "cleosorg1", "cleo")
    return shared().dsn(user="cleo"), "cleosorg1"


def rows_of(link, table):
    return link.execute(sql.SQL("SELECT * FROM darwinflow.{}").format(sql.Identifier(table))).fetchall()


def test_every_table_with_an_organization_forces_row_security(admin):
    names = admin.execute(
        """
        SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
        WHERE relnamespace = 'darwinflow'::regnamespace AND relkind = 'r' AND relname <> 'schema_step'
        """
    ).fetchall()
    assert {name for name, _ in names} == {*TABLES, "organization", "membership"}
    assert all(forced for _, forced in names)


def test_every_key_begins_with_the_organization(admin):
    keys = admin.execute(
        """
        SELECT index.indrelid::regclass::text, index.indexrelid::regclass::text, attname FROM pg_index AS index
        JOIN pg_class ON pg_class.oid = index.indrelid AND relnamespace = 'darwinflow'::regnamespace
        JOIN pg_attribute ON attrelid = index.indrelid AND attnum = index.indkey[0]
        WHERE relkind = 'r' AND relname NOT IN ('schema_step', 'organization')
        """
    ).fetchall()
    assert len(keys) > 15
    assert {column for _, _, column in keys} == {"organization"}


@pytest.mark.parametrize("table", TABLES)
def test_without_an_organization_no_row_is_seen(theirs, cleo, table):
    with psycopg.connect(cleo[0]) as link:
        assert rows_of(link, table) == []


@pytest.mark.parametrize("table", TABLES)
def test_naming_another_organization_in_ones_own_sql_shows_nothing(theirs, cleo, table):
    with psycopg.connect(cleo[0]) as link:
        link.execute("SELECT set_config('darwinflow.organization', %s, true)", (theirs,))
        assert rows_of(link, table) == []
        link.execute("SELECT set_config('darwinflow.organization', %s, false)", (theirs,))
        assert rows_of(link, table) == []


@pytest.mark.parametrize("table", TABLES)
def test_the_owner_of_the_tables_sees_no_row_of_an_organization(theirs, admin, table):
    with admin.transaction():
        admin.execute("SET LOCAL ROLE darwinflow_owner")
        admin.execute("SELECT set_config('darwinflow.organization', %s, true)", (theirs,))
        # Of counters it sees that they are there: it has made them.
        assert rows_of(admin, table) == [] or table == "counter"


def test_a_connection_that_is_used_again_knows_no_organization(organization, open_store):
    store = open_store(organization.dsn, organization.id)
    store.write(lambda tx: record(tx, "demo", finished("r"))).result(10)

    def setting(link):
        link.execute("COMMIT")
        (named,) = link.execute("SELECT current_setting('darwinflow.organization', true)").fetchone()
        seen = rows_of(link, "run")
        link.execute("BEGIN")
        return named, seen

    assert store.write(lambda tx: setting(tx.connection)).result(10) == ("", [])
    assert store.read(lambda tx: setting(tx.connection)) == ("", [])


def test_a_row_of_another_organization_can_be_neither_written_nor_probed_for(theirs, cleo):
    """Whether an id is taken there must not show: it is refused as belonging to others before any key is looked at."""
    told = []
    for run_id in ("secret", "unknown"):
        with psycopg.connect(cleo[0]) as link:
            link.execute("SELECT set_config('darwinflow.organization', %s, true)", (theirs,))
            with pytest.raises(errors.InsufficientPrivilege) as refused:
                link.execute(
                    "INSERT INTO darwinflow.counted_run (organization, project, id) VALUES (%s, 'demo', %s)",
                    (theirs, run_id),
                )
        told.append(str(refused.value))
    assert told[0] == told[1]


def test_ids_of_different_organizations_do_not_meet(theirs, cleo, open_store):
    store = open_store(*cleo)
    assert store.write(lambda tx: record(tx, "demo", finished("secret", version=9))).result(10)
    found = store.read(lambda tx: tx.logs("demo").query_logs(RunFilter())).items
    assert [(header.run_id, header.workflow_version) for header in found] == [("secret", 9)]
    assert store.read(lambda tx: tx.metrics("demo").get_text_summary("assistant", HASH)).runs == 1


def test_no_function_of_the_readers_search_is_run_on_rows_of_others(theirs, cleo):
    """A function that tells what it is given, in a condition: row security comes first."""
    with psycopg.connect(cleo[0]) as link:
        told = []
        link.add_notice_handler(lambda notice: told.append(notice.message_primary))
        link.execute(
            "CREATE FUNCTION pg_temp.told(text) RETURNS bool LANGUAGE plpgsql COST 0.0000001 AS "
            "$$ BEGIN RAISE NOTICE '%', $1; RETURN true; END $$"
        )
        link.execute("SELECT set_config('darwinflow.organization', %s, true)", (theirs,))
        assert link.execute("SELECT * FROM darwinflow.run WHERE pg_temp.told(id)").fetchall() == []
        assert told == []


def test_the_search_in_errors_finds_those_of_the_askers_organization_alone(theirs, cleo):
    """It runs above row security, and holds to it itself."""
    search = """
        SELECT run FROM darwinflow.runs_with_error(
            'demo', ARRAY[%s]::bigint[], 'secret', -9223372036854775808, 9223372036854775807, '', NULL
        )
    """
    pieces = [int.from_bytes(piece, "big") for piece in (b"sec", b"ret")]
    with psycopg.connect(shared().dsn(user="ada")) as link:
        link.execute("SELECT set_config('darwinflow.organization', %s, true)", (theirs,))
        assert link.execute(search.replace("%s", "%s, %s"), pieces).fetchall() == [("secret",)]
    with psycopg.connect(cleo[0]) as link:
        for named in (theirs, "cleosorg1", ""):
            link.execute("SELECT set_config('darwinflow.organization', %s, true)", (named,))
            assert link.execute(search.replace("%s", "%s, %s"), pieces).fetchall() == []


def test_the_role_of_that_search_sees_errors_and_owns_nothing_else(admin):
    owned = admin.execute(
        """
        SELECT proname::text FROM pg_proc WHERE proowner = 'darwinflow_search'::regrole
        UNION ALL SELECT relname::text FROM pg_class WHERE relowner = 'darwinflow_search'::regrole
        """
    ).fetchall()
    columns = admin.execute(
        """
        SELECT table_name, column_name, privilege_type FROM information_schema.column_privileges
        WHERE grantee = 'darwinflow_search'
        """
    ).fetchall()
    members, may_create = admin.execute(
        """
        SELECT (SELECT count(*) FROM pg_auth_members WHERE roleid = 'darwinflow_search'::regrole),
            has_schema_privilege('darwinflow_search', 'darwinflow', 'CREATE')
        """
    ).fetchone()
    assert owned == [("runs_with_error",)]
    assert {name for table, name, may in columns} == {"organization", "project", "id", "started", "errors"}
    assert {(table, may) for table, _, may in columns} == {("run", "SELECT")}
    assert members == 0
    assert not may_create


def test_a_view_of_a_members_shows_what_its_reader_may_see(theirs, admin, cleo):
    """A view made by a superuser would show all, unless it asks as its reader; we have none, and this is how to."""
    admin.execute(
        "CREATE OR REPLACE VIEW public.all_runs WITH (security_invoker) AS SELECT * FROM darwinflow.run"
    )
    admin.execute("GRANT SELECT ON public.all_runs TO cleo")
    with psycopg.connect(cleo[0]) as link:
        link.execute("SELECT set_config('darwinflow.organization', %s, true)", (theirs,))
        assert link.execute("SELECT * FROM public.all_runs").fetchall() == []
    (views,) = admin.execute(
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'darwinflow'::regnamespace AND relkind IN ('v', 'm')"
    ).fetchone()
    assert views == 0
    admin.execute("DROP VIEW public.all_runs")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE darwinflow.event SET payload = '{}'",
        "UPDATE darwinflow.workflow_version SET text = ''",
        "INSERT INTO darwinflow.membership VALUES ('cleosorg1', 'bob')",
        "INSERT INTO darwinflow.organization VALUES ('cleosorg2', 'x')",
        "DELETE FROM darwinflow.counter",
        "ALTER TABLE darwinflow.run NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY of_one_organization ON darwinflow.run",
        "CREATE TABLE darwinflow.mine (x int)",
        "SET ROLE darwinflow_owner",
        "SET ROLE darwinflow_search",
        "SET SESSION AUTHORIZATION ada",
        "TRUNCATE darwinflow.run",
    ],
)
def test_a_member_may_not_change_the_rules(cleo, statement):
    with psycopg.connect(cleo[0]) as link:
        link.execute("SELECT set_config('darwinflow.organization', 'cleosorg1', true)")
        with pytest.raises(errors.InsufficientPrivilege):
            link.execute(statement)


def test_a_role_that_is_dismissed_sees_nothing_from_then_on(organization, open_store):
    store = open_store(organization.other_dsn, organization.id)
    store.write(lambda tx: record(tx, "demo", finished("r"))).result(10)
    assert len(store.read(lambda tx: tx.logs("demo").query_logs(RunFilter())).items) == 1
    assert dismiss(shared().dsn(), organization.id, "bob")
    assert not dismiss(shared().dsn(), organization.id, "bob")
    assert store.read(lambda tx: tx.logs("demo").query_logs(RunFilter())).items == ()
    with pytest.raises(StoreUnwritable, match="no longer a member"):
        store.write(lambda tx: record(tx, "demo", finished("r2"))).result(10)
    with pytest.raises(OrganizationNotFound):
        PostgresTenantStore(organization.other_dsn, organization.id)


def test_a_role_finds_the_organizations_it_is_a_member_of(cleo):
    assert [(one.id, one.slug) for one in memberships(cleo[0])] == [("cleosorg1", "cleos")]


@pytest.mark.parametrize("attribute", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_above_row_security_is_refused_at_opening_and_at_admission(organization, admin, attribute):
    admin.execute("DROP ROLE IF EXISTS above")
    admin.execute(sql.SQL("CREATE ROLE above LOGIN {}").format(sql.SQL(attribute)))
    with pytest.raises(StoreUnwritable, match="'above' is above the rules"):
        PostgresTenantStore(shared().dsn(user="above"), organization.id)
    with pytest.raises(Exception, match="'above' is above the rules"):
        admit(shared().dsn(), organization.id, "above")


def test_a_table_that_has_lost_its_row_security_is_refused_at_opening(server):
    create_organization(server.dsn(), "someorg01", "team")
    admit(server.dsn(), "someorg01", "ada")
    with psycopg.connect(server.dsn()) as link:
        link.execute("ALTER TABLE darwinflow.event NO FORCE ROW LEVEL SECURITY")
    with pytest.raises(StoreUnwritable, match="does not keep organizations apart in event"):
        PostgresTenantStore(server.dsn(user="ada"), "someorg01")


def test_an_owner_who_is_no_superuser_prepares_and_admits(server):
    with psycopg.connect(server.dsn(), autocommit=True) as link:
        link.execute("CREATE ROLE keeper LOGIN CREATEROLE CREATEDB")
        link.execute(
            "GRANT darwinflow_owner, darwinflow_member, darwinflow_search TO keeper WITH ADMIN OPTION"
        )
    with psycopg.connect(server.dsn(user="keeper"), autocommit=True) as link:
        link.execute("CREATE DATABASE team")
    dsn = server.dsn(user="keeper", database="team")
    assert prepare(dsn) > 0
    assert prepare(dsn) == 0
    create_organization(dsn, "keepers01", "team")
    admit(dsn, "keepers01", "ada")
    store = PostgresTenantStore(server.dsn(user="ada", database="team"), "keepers01")
    assert store.write(lambda tx: record(tx, "demo", finished("r"))).result(10)
    store.close()


def test_eight_prepare_one_database_at_once(server):
    with psycopg.connect(server.dsn(), autocommit=True) as link:
        link.execute("CREATE DATABASE fresh")
    with ThreadPoolExecutor(8) as pool:
        steps = list(pool.map(lambda _: prepare(server.dsn(database="fresh")), range(8)))
    assert sorted(steps)[:7] == [0] * 7
    assert steps.count(0) == 7
