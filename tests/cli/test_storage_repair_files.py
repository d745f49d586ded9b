"""Runs and figures in files that were damaged: what is told, what is counted again, and what is lost."""

import json
from pathlib import Path

import pytest

from cli.recorded_runs import record
from cli.test_storage_repair import FILES, configure, figures, run_ids


@pytest.mark.parametrize("kept", ["archive: {path: archive}", ""])
@pytest.mark.parametrize("harmed", ["v1.json", "nodes-*.json", "counted.txt"])
def test_damaged_figures_are_told_and_counted_again_from_archived_runs_too(
    darwinflow, tmp_path, kept, harmed
):
    configure(tmp_path, FILES)
    record(darwinflow, 2, step="hello")
    configure(tmp_path, f"{FILES}retention: {{succeeded: {{keep_last: 1}}, {kept or 'failed: {days: 1}'}}}\n")
    darwinflow("storage", "retention")
    assert len(run_ids(darwinflow)) == 1
    before = [figures(darwinflow), darwinflow("metrics", "greet", "--nodes").stdout]
    darwinflow("daemon", "stop")
    for journal in (tmp_path / "home/spool").glob("*.jsonl"):
        journal.unlink()  # one that is not swept yet would bring its run again
    (path,) = (tmp_path / "home/metrics").rglob(harmed)
    content = bytearray(path.read_bytes())
    content[len(content) - 12] ^= 1
    path.write_bytes(content)
    for command in ("verify", "status"):
        said = json.loads(darwinflow("storage", command, "--json", expect=1).stdout)
        (fault,) = said["faults"] if command == "verify" else said["stores"][1]["faults"]
        assert f"{path} was damaged and is kept as " in fault
        kept_as = Path(fault.split("is kept as ")[1].split(":")[0])
        assert kept_as.read_bytes() == content
        is_lost = not kept and harmed != "counted.txt"
        assert ("up to 1 run" in fault) is is_lost
    after = [figures(darwinflow), darwinflow("metrics", "greet", "--nodes").stdout]
    assert (after == before) is not is_lost
    found = darwinflow("storage", "repair", expect=1 if is_lost else 0)
    assert str(path) in (found.stderr if is_lost else found.stdout)
    assert "went without a word" not in found.stdout
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert darwinflow("storage", "repair").stdout == "all is well\n"
    assert [figures(darwinflow), darwinflow("metrics", "greet", "--nodes").stdout] == after
