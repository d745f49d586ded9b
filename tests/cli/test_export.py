"""`darwinflow storage export` and `import`: all runs from one back end to another, by the command."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from itertools import pairwise

import pytest
import zstandard

from cli.recorded_runs import record
from contract.sample_runs import finished
from darwinflow.storage.run_file import FiledRun, read_runs, write_runs
from postgres_server import new_organization, shared

KEPT = {
    "sqlite": "{}",
    "files": "{logs: {type: file}, metrics: {type: file}}",
    "logs in files": "{logs: {type: file}}",
    "another database": "{logs: {type: sqlite, path: apart}, metrics: {type: sqlite, path: apart}}",
    "postgres": "",
}


def new_home(darwinflow, tmp_path, kept):
    """Instead of the one that is there, which is moved away."""
    darwinflow("daemon", "stop")
    home = tmp_path / "home"
    if home.exists():
        home.rename(tmp_path / f"home-before-{len(list(tmp_path.iterdir()))}")
    home.mkdir(mode=0o700)
    if kept == "postgres":
        dsn = f"postgresql://ada@/postgres?host={shared().folder}"
        darwinflow("org", "join", dsn, "--organization", new_organization().id)
    else:
        (home / "config.yaml").write_text(f"storage: {KEPT[kept]}\n")


def told(darwinflow):
    """Each run whole, and the figures."""
    listed = json.loads(darwinflow("runs", "list", "--json", "--limit", "100").stdout)["runs"]
    runs = [darwinflow("runs", "show", run["runId"], "--json").stdout for run in listed]
    # The order in which times are added up is a back end's own: their sum may differ in the last bit.
    figures = json.loads(
        darwinflow("metrics", "--json").stdout, parse_float=lambda text: round(float(text), 6)
    )
    return runs, figures, json.dumps(listed)


def some_runs(darwinflow):
    record(darwinflow, 2)
    record(darwinflow, 1, "false")


def test_runs_go_through_every_back_end_and_come_back_the_same(darwinflow, tmp_path):
    new_home(darwinflow, tmp_path, "sqlite")
    some_runs(darwinflow)
    before = told(darwinflow)
    ways = ["sqlite", "files", "postgres", "another database", "logs in files", "sqlite"]
    for number, (one, other) in enumerate(pairwise(ways)):
        file = str(tmp_path / f"{number}.jsonl.zst")
        assert "exported 3 runs of 1 project" in darwinflow("storage", "export", file).stdout
        new_home(darwinflow, tmp_path, other)
        said = darwinflow("storage", "import", file).stdout
        assert said == "imported 3 runs; 0 were there already\n", (one, other)
        assert told(darwinflow) == before, (one, other)
        assert "all is well" in darwinflow("storage", "verify").stdout
    assert darwinflow("storage", "import", file).stdout == "imported 0 runs; 3 were there already\n"
    assert told(darwinflow) == before


def test_a_file_can_be_read_with_what_everybody_has(darwinflow, tmp_path):
    some_runs(darwinflow)
    file = tmp_path / "runs.jsonl.zst"
    darwinflow("storage", "export", str(file))
    with file.open("rb") as packed, zstandard.ZstdDecompressor().stream_reader(
        packed, read_across_frames=True
    ) as plain:  # fmt: skip
        lines = [json.loads(line) for line in plain.read().splitlines()]
    assert lines[0] == {"format": 1}
    assert [line["project"] for line in lines if "log" in line] == ["hello"] * 3
    assert [line["counted"] for line in lines[4:]] == [
        [line["log"]["runId"] for line in reversed(lines[1:4])]
    ]
    index = json.loads((tmp_path / "runs.jsonl.zst.index.json").read_text())
    assert (index["runs"], index["projects"]) == (3, {"hello": 3})


@pytest.mark.parametrize("harm", ["flip", "cut", "no index", "half an index", "newer"])
def test_a_file_that_was_harmed_is_refused_with_nothing_taken_in(darwinflow, tmp_path, harm):
    some_runs(darwinflow)
    file, index = tmp_path / "runs.jsonl.zst", tmp_path / "runs.jsonl.zst.index.json"
    darwinflow("storage", "export", str(file))
    new_home(darwinflow, tmp_path, "sqlite")
    content = bytearray(file.read_bytes())
    if harm == "flip":
        content[len(content) // 2] ^= 4
        file.write_bytes(content)
    elif harm == "cut":
        file.write_bytes(content[:-9])
    elif harm == "no index":
        index.unlink()
    elif harm == "newer":
        index.write_text(index.read_text().replace('"format": 1', '"format": 2'))
    else:
        index.write_text(index.read_text()[:-9])
    for arguments in ((), ("--dry-run",)):
        assert darwinflow("storage", "import", str(file), *arguments, expect=1).stderr.startswith("error: ")
    assert json.loads(darwinflow("runs", "list", "--json").stdout)["runs"] == []


def test_a_run_whose_id_another_has_is_told_and_the_others_come(darwinflow, tmp_path):
    some_runs(darwinflow)
    file = tmp_path / "runs.jsonl.zst"
    darwinflow("storage", "export", str(file))
    ids = [run["runId"] for run in json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]]
    new_home(darwinflow, tmp_path, "sqlite")
    events = tmp_path / "events.jsonl"
    events.write_text(
        "".join(
            json.dumps({"v": 1, "event": event, "run": ids[0], "at": at, **more}) + "\n"
            for event, at, more in (
                ("run.started", 1795548600601055, {"path": "flows/greet.yaml"}),
                ("run.finished", 1795548602010007, {"status": "SUCCESS"}),
            )
        )
    )
    darwinflow("runs", "import", str(events))
    said = darwinflow("storage", "import", str(file), expect=1)
    assert said.stderr == f"error: another run has the id {ids[0]}\n"
    assert said.stdout == "imported 2 runs; 0 were there already\n"
    assert re.search("3 runs read .* all is well", darwinflow("storage", "verify").stdout)


@pytest.mark.parametrize("kept", ["sqlite", "files", "postgres"])
def test_an_import_that_is_killed_again_and_again_is_gone_on_with(darwinflow, tmp_path, kept):
    many = 1500
    file = str(tmp_path / "runs.jsonl.zst")
    write_runs(file, (FiledRun("hello", finished(f"run-{n}", at=n), is_lost=False) for n in range(many)))
    new_home(darwinflow, tmp_path, kept)
    command = [sys.executable, "-m", "darwinflow.cli.main", "storage", "import", file]
    environ = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}
    for number in range(4):
        importing = subprocess.Popen(
            command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        time.sleep(0.4 + number * 0.15)  # the moments differ: there is no event to wait for
        importing.send_signal(signal.SIGKILL)
        importing.communicate()
    taken = json.loads(darwinflow("storage", "import", file, "--json").stdout)
    assert taken["new"] + taken["known"] == many
    assert taken["conflicts"] == []
    assert darwinflow("storage", "verify").stdout.startswith(
        f"{many} runs read and added up again: all is well"
    )
    again = str(tmp_path / "again.jsonl.zst")
    darwinflow("storage", "export", again)
    assert sorted(map(repr, read_runs(again))) == sorted(map(repr, read_runs(file)))


def test_nothing_that_is_there_is_written_over(darwinflow, tmp_path):
    some_runs(darwinflow)
    (tmp_path / "runs.jsonl.zst").write_text("mine")
    assert "is there already" in darwinflow(
        "storage", "export", str(tmp_path / "runs.jsonl.zst"), expect=1
    ).stderr  # fmt: skip
    assert (tmp_path / "runs.jsonl.zst").read_text() == "mine"
    assert "ends in '.jsonl.zst'" in darwinflow("storage", "export", str(tmp_path / "r"), expect=1).stderr


def test_the_index_that_a_removed_file_has_left_is_named(darwinflow, tmp_path):
    some_runs(darwinflow)
    file = tmp_path / "runs.jsonl.zst"
    darwinflow("storage", "export", str(file))
    file.unlink()
    said = darwinflow("storage", "export", str(file), expect=1).stderr
    assert f"error: {file}.index.json, of a file that is gone, is there still\n" in said
    (tmp_path / "runs.jsonl.zst.index.json").unlink()
    darwinflow("storage", "export", str(file))
