"""A migration goes on past a run that cannot be read."""

import json

import apsw
import pytest

from cli.recorded_runs import record


@pytest.mark.parametrize("kind", ["file", "sqlite:apart"])
def test_a_run_that_cannot_be_read_is_named_and_the_others_come_along(darwinflow, tmp_path, kind):
    record(darwinflow, 3)
    darwinflow("daemon", "stop")
    (path,) = (tmp_path / "home").glob("tenant-*.db")
    db = apsw.Connection(str(path), vfs="cksmvfs" if "cksmvfs" in apsw.vfs_names() else None)
    db.execute("UPDATE run_body SET body = zeroblob(length(body)) WHERE run = 2")
    (lost,) = db.execute("SELECT id FROM run WHERE number = 2").fetchone()
    db.close()
    said = darwinflow("storage", "migrate", "--to", kind, expect=1)
    assert f"error: run {lost} cannot be read, and stays where it was" in said.stderr
    assert "1 run did not come along" in said.stderr
    assert "2 runs compared" in said.stdout
    runs = json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]
    assert len(runs) == 2
    assert lost not in {run["runId"] for run in runs}
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert list((tmp_path / "home/set-aside").rglob(path.name))
