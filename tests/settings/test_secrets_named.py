"""Secrets of DSNs come from the environment or the keyring; a keyring that is not there is told."""

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict

from darwinflow.model.errors import Refused
from darwinflow.settings.dsn import resolved
from darwinflow.settings.user import parse

DSN = "postgresql://ada:${keyring:team}@db.example.org/darwinflow"

KEYRING = """
def get_password(service, name):
    if name == "locked":
        raise RuntimeError("it is locked")
    return {("darwinflow", "team"): "s3cret"}.get((service, name))
"""
"""The one function of the package that is called, as a module on the path."""


@pytest.fixture
def keyring(tmp_path, monkeypatch):
    (tmp_path / "keyring.py").write_text(KEYRING)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("keyring", None)


def test_the_keyring_is_asked_for_what_a_dsn_names(keyring):
    assert resolved(DSN, {}) == "postgresql://ada:s3cret@db.example.org/darwinflow"
    settings = parse(f"storage: {{logs: {{type: postgres, dsn: '{DSN}'}}}}\n", {})
    assert settings.problems == ()
    assert settings.stores.logs.dsn == "postgresql://ada:s3cret@db.example.org/darwinflow"


def test_an_entry_that_is_not_there_or_a_locked_keyring_is_told(keyring):
    with pytest.raises(Refused, match="the keyring has no 'other' of 'darwinflow'"):
        resolved("postgresql://${keyring:other}@db/x", {})
    with pytest.raises(Refused, match="cannot be asked for 'locked': it is locked"):
        resolved("postgresql://${keyring:locked}@db/x", {})


def test_without_the_package_its_name_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(Refused, match="needs the package 'keyring'") as refused:
        resolved(DSN, {})
    assert "pip install keyring" in (refused.value.advice or "")


def test_variables_are_read_and_nothing_else_is_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert resolved("postgresql://${WHO}@db/x", {"WHO": "ada"}) == "postgresql://ada@db/x"
    with pytest.raises(Refused, match="the environment has no 'WHO'"):
        resolved("postgresql://${WHO}@db/x", {})
    with pytest.raises(Refused, match="a password does not belong in a DSN"):
        resolved("postgresql://ada:s3cret@db/x", {})


HARD = [
    "s3cr/et:X",
    "a/b:c",
    "a%41",
    "a b",
    "/ % @ : # ? & =",
    "p@ss@word",
    'it\'s \\ "so"',
    "\u00e4\u20ac",
    "\t\n",
    "x' y",
    "",
]
FORMS = [
    "postgresql://ada:${PW}@db.example.org:5433/team?sslmode=require",
    "postgres://ada:${PW}@/team?host=/run/pg",
    "postgresql://ada@db.example.org/team?password=${PW}",
    "host=db.example.org user=ada password=${PW} dbname=team",
    "host=db.example.org password = '${PW}' user=ada dbname='team'",
    "password=${PW}",
]
WITHOUT = {
    form: {
        name: value
        for name, value in conninfo_to_dict(form.replace("${PW}", "x")).items()
        if name != "password"
    }
    for form in FORMS
}


@pytest.mark.parametrize("form", FORMS)
@given(
    password=st.sampled_from(HARD)
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
)
def test_the_server_gets_a_secret_as_it_is_whatever_its_characters(form, password):
    for name in ("PW", "keyring:team"):
        found = conninfo_to_dict(resolved(form.replace("PW", name), {name: password}))
        assert found.pop("password", "") == password
        assert found == WITHOUT[form]


@pytest.mark.parametrize(
    ("dsn", "value", "found"),
    [
        ("${X}", "postgresql://ada:a%2Fb@db/team", {"user": "ada", "password": "a/b", "host": "db", "dbname": "team"}),
        ("${X}", "host=db dbname=team", {"host": "db", "dbname": "team"}),
        ("postgresql://${X}/team", "db:5433", {"host": "db", "port": "5433", "dbname": "team"}),
        ("postgresql://${X}@db/team", "ada:a/b", {"user": "ada", "password": "a/b", "host": "db", "dbname": "team"}),
        ("postgresql://${X}/team", "/run/pg", {"host": "/run/pg", "dbname": "team"}),
        ("postgresql://ada@db/${X}", "a/b?c", {"user": "ada", "host": "db", "dbname": "a/b?c"}),
        ("postgresql://db/team?${X}", "sslmode=require&port=1", {"host": "db", "dbname": "team", "sslmode": "require", "port": "1"}),
        ("host=db ${X}", "dbname=team port=1", {"host": "db", "dbname": "team", "port": "1"}),
    ],
)  # fmt: skip
def test_a_variable_may_hold_any_part_of_a_dsn(dsn, value, found):
    assert conninfo_to_dict(resolved(dsn, {"X": value})) == found


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://ada:s3/cr:et@db/x",
        "postgresql://ada:s3?cret@db/x",
        "postgresql://ada:s3@cret@db/x",
        "postgresql://ada:s3cret${PW}@db/x",
        "postgresql://ada@db/x?sslpassword=s3cret",
        "host=db password = s3cret",
        "host=db password=${PW}s3cret",
        "host=db password='s3 cret'",
        "host=db password=://s3cret",
    ],
)
def test_a_password_in_clear_is_refused_in_any_form_and_not_repeated(dsn):
    with pytest.raises(Refused, match="a password does not belong in a DSN") as refused:
        resolved(dsn, {"PW": "more"})
    assert "cret" not in str(refused.value)


@pytest.mark.parametrize(
    "dsn", ["postgresql://db:5432/x?user=ada@realm", "postgresql://ada@db/x", "postgresql:///x"]
)
def test_a_dsn_without_a_password_is_taken_as_it_is(dsn):
    assert resolved(dsn, {}) == dsn
