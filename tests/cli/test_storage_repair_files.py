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


@pytest.mark.parametrize("is_removed", [False, True])
def test_a_cut_segment_is_named_with_the_runs_it_lacks_until_they_are_back_or_given_up(
    darwinflow, tmp_path, is_removed
):
    configure(tmp_path, FILES)
    record(darwinflow, 3)
    configure(tmp_path, f"{FILES}retention: {{succeeded: {{keep_last: 2}}, archive: {{path: archive}}}}\n")
    darwinflow("storage", "retention")
    newest, oldest = run_ids(darwinflow)
    before = figures(darwinflow)
    darwinflow("daemon", "stop")
    for journal in (tmp_path / "home/spool").glob("*.jsonl"):
        journal.unlink()  # one that is not swept yet would bring its run again
    (segment,) = [path for path in (tmp_path / "home/logs").rglob("20*.jsonl") if path.stat().st_size]
    whole = segment.read_bytes()
    end = whole.index(newest.encode()) - 20  # within the record; that the archived run went lies behind it
    segment.unlink() if is_removed else segment.write_bytes(whole[:end])
    for command in ("verify", "status"):
        said = json.loads(darwinflow("storage", command, "--json", expect=1).stdout)
        (fault,) = said["faults"] if command == "verify" else said["stores"][0]["faults"]
        size = "is gone, and with it 2 runs" if is_removed else f"it has {end} of {len(whole)} bytes"
        assert size in fault
        assert str(segment) in fault
        assert newest in fault
        assert (oldest in fault) is is_removed
    assert newest in (tmp_path / "home/daemon.log").read_text()
    for command in (("runs", "list"), ("runs", "list", "--json"), ("patterns",)):
        told = darwinflow(*command).stderr
        assert told.startswith(f"warning: {fault}\ntry: put a copy of that file back")
    assert f"lacks     {fault}\n" in darwinflow("daemon", "status").stdout
    darwinflow("daemon", "stop")
    cut = segment.read_bytes() if segment.exists() else None
    segment.write_bytes(whole)
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert run_ids(darwinflow) == [newest, oldest]
    assert darwinflow("runs", "list").stderr == ""
    darwinflow("daemon", "stop")
    segment.unlink() if cut is None else segment.write_bytes(cut)
    found = darwinflow("storage", "repair", expect=1)
    assert str(segment) in found.stderr
    assert newest in found.stderr
    lost = "2 runs" if is_removed else "1 run"
    assert f"{lost} of project 'hello' went without a word and count in figures still: " in found.stdout
    assert figures(darwinflow) == before
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert darwinflow("storage", "repair").stdout == "all is well\n"
    record(darwinflow)
    assert darwinflow("storage", "repair").stdout == "all is well\n"
