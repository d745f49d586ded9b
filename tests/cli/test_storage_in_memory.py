"""What needs the home for itself, of runs and figures that only the daemon has, in its memory."""

import json

import pytest

from cli.recorded_runs import record
from cli.test_export import new_home, told

RUNS_IN_MEMORY = "storage: {logs: {type: memory}, metrics: {type: memory}}\n"


def configure(tmp_path, text):
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home/config.yaml").write_text(text)


def ids(darwinflow):
    return [run["runId"] for run in json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]]


@pytest.mark.parametrize("metrics", ["memory", "sqlite"])
def test_nothing_stops_the_daemon_that_has_the_runs(darwinflow, tmp_path, metrics):
    record(darwinflow)
    file = str(tmp_path / "some.jsonl.zst")
    darwinflow("storage", "export", file)
    darwinflow("daemon", "stop")
    (tmp_path / "home/config.yaml").write_text(
        f"storage: {{logs: {{type: memory}}, metrics: {{type: {metrics}}}}}\n"
    )
    record(darwinflow, 2)
    before = ids(darwinflow)
    assert len(before) >= 2  # a journal of before may have come, too
    for arguments in (
        ("export", str(tmp_path / "other.jsonl.zst")),
        ("import", file),
        ("migrate", "--to", "file"),
    ):
        said = darwinflow("storage", *arguments, expect=1).stderr
        assert said.startswith("error: runs are kept in memory, ")
        assert ids(darwinflow) == before
    assert not (tmp_path / "other.jsonl.zst").exists()


def test_runs_whose_figures_are_in_memory_are_exported_and_counted_where_they_come_to(darwinflow, tmp_path):
    configure(tmp_path, "storage: {metrics: {type: memory}}\n")
    record(darwinflow, 2)
    before = told(darwinflow)
    file = str(tmp_path / "all.jsonl.zst")
    darwinflow("storage", "export", file)
    new_home(darwinflow, tmp_path, "sqlite")
    assert darwinflow("storage", "import", file).stdout == "imported 2 runs; 0 were there already\n"
    assert told(darwinflow) == before
    assert "all is well" in darwinflow("storage", "verify").stdout
