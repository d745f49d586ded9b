"""What is said of a database that is another home's, and of one whose schema is not that of its number."""

import shutil

import apsw
import pytest

from cli.recorded_runs import record
from cli.test_storage_repair import database
from cli.test_storage_repair_cut import listed


def test_the_database_of_another_home_is_refused_by_every_command(darwinflow, tmp_path):
    record(darwinflow, 2)
    darwinflow("daemon", "stop")
    (tmp_path / "home").rename(tmp_path / "other")
    record(darwinflow, 1)
    ids = listed(darwinflow)
    darwinflow("daemon", "stop")
    ours, theirs = database(tmp_path), next((tmp_path / "other").glob("tenant-*.db"))
    kept = ours.read_bytes()
    shutil.copyfile(theirs, ours)
    beside = ours.with_name(f"{ours.name}-acknowledged")
    acknowledged = beside.read_bytes()
    shutil.copyfile(theirs.with_name(f"{theirs.name}-acknowledged"), beside)
    for command in (("runs", "list"), ("storage", "verify"), ("storage", "repair"), ("metrics",)):
        said = darwinflow(*command, expect=1).stderr
        assert "is the database of another organization" in said
        assert f"put {ours} back as it was" in said
    assert ours.read_bytes() == theirs.read_bytes()
    ours.write_bytes(kept)
    beside.write_bytes(acknowledged)
    assert listed(darwinflow) == ids


@pytest.mark.parametrize("version", [3, 12, "dropped"])
def test_a_schema_that_is_not_that_of_its_number_is_damage_and_repaired(darwinflow, tmp_path, version):
    record(darwinflow, 2)
    record(darwinflow, 1, "false")
    ids = listed(darwinflow)
    darwinflow("daemon", "stop")
    db = apsw.Connection(str(database(tmp_path)), vfs="cksmvfs")
    if version == "dropped":
        db.execute("DROP TABLE node_sums")
    else:
        db.pragma("user_version", version)
    db.close()
    said = darwinflow("storage", "verify", expect=1).stderr
    assert "fault of darwinflow" not in said
    assert "storage repair" in said
    mended = darwinflow("storage", "repair", expect=None)
    assert "is written anew with 3 runs that can be read" in mended.stdout, mended.stderr
    assert listed(darwinflow) == ids
    assert "all is well" in darwinflow("storage", "verify").stdout
    record(darwinflow)
