"""`system.db`: its audit log is append-only, and what was made together is there together."""

from datetime import UTC, datetime

import apsw
import pytest

from darwinflow.model.errors import SchemaTooNew, StoreDamaged
from darwinflow.ports.identity import Account, Organization
from darwinflow.storage.sqlite.system import SqliteIdentityStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ADA = Account("account01", "ada", 1000)


@pytest.fixture
def store(tmp_path):
    opened = SqliteIdentityStore(str(tmp_path / "system.db"), lambda: NOW)
    yield opened
    opened.close()


def rows(store, statement):
    return store._db.execute(statement).fetchall()


def test_making_an_account_is_in_the_audit_log(store):
    store.create_personal(ADA, Organization("org00001", "personal"))
    store.create_personal(ADA, Organization("org00001", "personal"))
    assert rows(store, "SELECT at, actor, action, subject, details FROM audit_logs") == [
        (
            int(NOW.timestamp()) * 1_000_000,
            "account01",
            "account.created",
            "account01",
            '{"name": "ada", "organization": "personal"}',
        )
    ]


@pytest.mark.parametrize("statement", ["UPDATE audit_logs SET actor = 'me'", "DELETE FROM audit_logs"])
def test_the_audit_log_is_append_only(store, statement):
    store.create_personal(ADA, Organization("org00001", "personal"))
    with pytest.raises(apsw.ConstraintError, match="append-only"):
        store._db.execute(statement)
    assert len(rows(store, "SELECT number FROM audit_logs")) == 1


def test_nothing_is_made_where_one_part_is_refused(store):
    with pytest.raises(apsw.ConstraintError):
        store.create_personal(ADA, Organization("Not an opaque id", "personal"))
    assert rows(store, "SELECT id FROM accounts") == []
    assert rows(store, "SELECT number FROM audit_logs") == []


def test_a_newer_system_database_is_refused(tmp_path):
    path = str(tmp_path / "system.db")
    SqliteIdentityStore(path, lambda: NOW).close()
    db = apsw.Connection(path)
    db.pragma("user_version", 99)
    db.close()
    with pytest.raises(SchemaTooNew):
        SqliteIdentityStore(path, lambda: NOW)


def test_a_text_that_is_damaged_names_the_file(tmp_path):
    path = tmp_path / "system.db"
    opened = SqliteIdentityStore(str(path), lambda: NOW)
    opened.create_personal(Account("account01", "ada lovelace", 1000), Organization("org00001", "personal"))
    opened.close()
    db = apsw.Connection(str(path))
    db.execute("UPDATE accounts SET name = CAST(x'616461fffeff' AS TEXT)")
    db.close()
    opened = SqliteIdentityStore(str(path), lambda: NOW)
    with pytest.raises(StoreDamaged, match="no UTF-8") as told:
        opened.account_of_uid(1000)
    assert str(told.value).startswith(f"{path} is damaged")
    assert "put a copy of it in its place" in told.value.advice
    opened.close()
