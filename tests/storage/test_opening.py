"""Opening by path, and which of Honker's two forms a tenant's database gets."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from darwinflow.storage.opening import open_identity, open_tenant
from darwinflow.storage.sqlite.honker import find_extension
from darwinflow.tenancy.personal import personal


def now():
    return datetime.now(UTC)


def test_a_crash_between_the_two_files_leaves_nothing_to_repair(tmp_path):
    identity = open_identity(str(tmp_path / "system.db"), now=now)
    before = personal(identity, 1000, "ada", lambda: os.urandom(8).hex())
    identity.close()  # and the daemon dies here: no tenant database yet
    identity = open_identity(str(tmp_path / "system.db"), now=now)
    again = personal(identity, 1000, "ada", lambda: os.urandom(8).hex())
    assert again == before
    tenant = open_tenant(str(tmp_path / f"tenant-{again.organization.id}.db"), announce=lambda _: None)
    assert tenant.read(lambda tx: tx.events.last_offset()) == 0
    tenant.close()
    identity.close()


def installed(tmp_path, monkeypatch, library: bytes):
    """As if the distribution were installed; importing it would fail."""
    package = tmp_path / "honker"
    (package / "_lib").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('a second SQLite')")
    (package / "_lib" / "libhonker_ext.so").write_bytes(library)
    monkeypatch.syspath_prepend(tmp_path)
    return str(package / "_lib" / "libhonker_ext.so")


def test_an_installed_extension_is_found_and_its_package_never_imported(tmp_path, monkeypatch, honker):
    with open(honker, "rb") as library:
        path = installed(tmp_path, monkeypatch, library.read())
    assert find_extension() == path
    assert "honker" not in sys.modules


def test_an_installed_extension_that_does_not_load_here_is_told_of_and_passed_over(
    tmp_path, monkeypatch, caplog
):
    installed(tmp_path, monkeypatch, b"for another machine")
    assert find_extension() is None
    assert "using the built-in adapter" in caplog.text


@pytest.mark.parametrize("module", ["apsw", "zstandard", "pydantic", "asyncio", "yaml"])
def test_reading_published_workflows_imports_no_database(tmp_path, module):
    script = f"""
import sys
from datetime import UTC, datetime
from darwinflow.storage.opening import open_workflows
store = open_workflows({str(tmp_path)!r}, now=lambda: datetime.now(UTC), understand=lambda _: None, read_only=True)
assert store.list_all() == ()
sys.exit({module!r} in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
