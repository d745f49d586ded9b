"""Secrets of DSNs come from the environment or the keyring; a keyring that is not there is told."""

import sys

import pytest

from darwinflow.model.errors import Refused
from darwinflow.settings.user import parse, resolved

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
