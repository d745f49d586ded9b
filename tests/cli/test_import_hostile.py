"""`darwinflow storage import` of a file that somebody has made, or that is not what its index says."""

import hashlib
import json
import os
import resource
import subprocess
import sys

import pytest
import zstandard

from contract.sample_runs import finished
from darwinflow.storage.log_codec import stored_log

RUN = stored_log(finished("sound"))


def write(path, lines, **said):
    """A file of runs with *lines*, one frame and an index in which *said* stands instead."""
    content = b"".join(
        line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines
    )
    packed = zstandard.ZstdCompressor().compress(content)
    path.write_bytes(packed)
    runs = sum(isinstance(line, dict) and "log" in line for line in lines)
    frame = {"offset": 0, "length": len(packed), "sha256": hashlib.sha256(content).hexdigest(), "runs": runs}
    frame |= {"first": None, "last": None, **said.pop("frame", {})}
    index = {"format": 1, "runs": runs, "projects": {"hello": runs}, "frames": [frame], **said}
    path.with_name(f"{path.name}.index.json").write_text(json.dumps(index))
    return str(path)


def line(**changed):
    return {"project": "hello", "log": {**RUN, **changed}}


def step(**changed):
    return line(steps=[{**RUN["steps"][0], **changed}])


def refused(darwinflow, file):
    """What is said of it, by the check alone and by who imports; nothing is taken in."""
    checked = darwinflow("storage", "import", file, "--dry-run", expect=1)
    imported = darwinflow("storage", "import", file, expect=1)
    assert checked.stdout == imported.stdout == ""
    assert checked.stderr == imported.stderr
    assert "a fault of darwinflow's own" not in checked.stderr
    runs = json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]
    assert [run["runId"] for run in runs if run["runId"] in ("sound", "other")] == []
    return checked.stderr


def test_a_file_that_was_made_by_hand_and_is_sound_is_taken_in(darwinflow, tmp_path):
    file = write(tmp_path / "x.jsonl.zst", [{"format": 1}, line()])
    assert "is whole: 1 run" in darwinflow("storage", "import", file, "--dry-run").stdout
    assert "imported 1 run" in darwinflow("storage", "import", file).stdout
    assert "all is well" in darwinflow("storage", "verify").stdout


WRONG_RUNS = {
    "a node that is a number": step(nodeId=5),
    "a node without a name": step(nodeId=""),
    "an attempt before the first": step(attempt=0),
    "a time in a text": step(startTime="now"),
    "a status that is none": step(status="DONE"),
    "actions that are a number": step(actions=7),
    "details that are a list": step(actions=[{"type": "x", "timestamp": 1, "details": [1]}]),
    "a version below none": line(workflowVersion=-3),
    "a version in a text": line(workflowVersion="1"),
    "a version and a half": line(workflowVersion=1.5),
    "a version too large": line(workflowVersion=2**70),
    "metadata that are a list": line(metadata=[1]),
    "a workflow that is a number": line(workflowId=5),
    "an id that leads elsewhere": line(runId="../../evil"),
    "a hash that is none": line(workflowHash="abc"),
    "a year that is none": line(startTime=10**30),
    "input that is a text": line(input="x"),
    "a log that is a list": {"project": "hello", "log": []},
    "a project that is a number": {"project": 5, "log": RUN},
    "a project without a name": {"project": "", "log": RUN},
}


@pytest.mark.parametrize("wrong", WRONG_RUNS.values(), ids=WRONG_RUNS)
def test_a_run_that_could_not_be_shown_is_refused_with_the_file(darwinflow, tmp_path, wrong):
    projects = {"hello": 1}
    if wrong.get("project") == "hello":
        projects = {"hello": 2}
    sound = {"project": "hello", "log": {**RUN, "runId": "other"}}
    file = write(tmp_path / "x.jsonl.zst", [{"format": 1}, sound, wrong], projects=projects)
    said = refused(darwinflow, file)
    assert "x.jsonl.zst" in said
    assert "try: export again, or take another copy" in said


LINES = {
    "no JSON": b"{{{\n",
    "a number": b"5\n",
    "null": b"null\n",
    "a text": b'"log"\n',
    "a line that is deep": b"[" * 200_000 + b"\n",
    "a run that is deep": b'{"project": "hello", "log": {"metadata": '
    + b'{"a":' * 90_000
    + b"1"
    + b"}" * 90_000
    + b"}}\n",
    "no end of a line": b'{"project": "hello"}',
    "an empty line": b"\n",
}


@pytest.mark.parametrize("wrong", LINES.values(), ids=LINES)
def test_a_line_that_is_no_run_is_refused_with_the_file(darwinflow, tmp_path, wrong):
    said = refused(darwinflow, write(tmp_path / "x.jsonl.zst", [{"format": 1}, line(), wrong]))
    assert "x.jsonl.zst" in said


SAID = {
    "more runs": {"runs": 1_000_000},
    "a number in a text": {"runs": "x"},
    "another project": {"projects": {"other": 1}},
    "projects in a list": {"projects": [1]},
    "frames in a text": {"frames": "x"},
    "an offset in a text": {"frame": {"offset": "a"}},
    "an offset before the file": {"frame": {"offset": -1}},
    "a length without end": {"frame": {"length": 10**15}},
    "fewer runs of a frame": {"frame": {"runs": 0}},
    "a hash that is none": {"frame": {"sha256": 5}},
    "a format in a text": {"format": "1"},
}


@pytest.mark.parametrize("said", SAID.values(), ids=SAID)
def test_an_index_that_lies_is_refused(darwinflow, tmp_path, said):
    told = refused(darwinflow, write(tmp_path / "x.jsonl.zst", [{"format": 1}, line()], **said))
    assert "x.jsonl.zst" in told


def test_lines_of_a_newer_version_are_told_as_such(darwinflow, tmp_path):
    assert "has format 99" in refused(darwinflow, write(tmp_path / "x.jsonl.zst", [{"format": 99}, line()]))


NOTES = {
    "project": "hello",
    "pinned": [],
    "erased": [],
    "removed": 0,
    "figures": [],
    "counted": [],
    "waiting": [],
    "tallies": {},
}


@pytest.mark.parametrize(
    "wrong",
    [{"pinned": 5}, {"erased": [[]]}, {"figures": [["w", "v", 1]]}, {"tallies": {"w": 5}}, {"project": 5}],
)
def test_notes_of_a_project_that_are_none_are_refused(darwinflow, tmp_path, wrong):
    path = tmp_path / "x.jsonl.zst"
    write(path, [{"format": 1}, {**NOTES, **wrong}])
    assert "is kept beside the runs" in refused(darwinflow, str(path))


@pytest.mark.parametrize(
    "lines",
    [
        [{"project": "hello", "goesOn": True, "counted": ["r1"]}],
        [NOTES, {"project": "other", "goesOn": True, "counted": ["r1"]}],
        [NOTES, {"project": "hello", "goesOn": True, "counted": "r1"}],
        [{**NOTES, "counted": "r1"}, {"project": "hello", "goesOn": True, "counted": ["r2"]}],
        [NOTES, {"project": "hello", "goesOn": True, "counted": [5]}],
    ],
)
def test_lists_that_go_on_from_nothing_are_refused(darwinflow, tmp_path, lines):
    path = tmp_path / "x.jsonl.zst"
    write(path, [{"format": 1}, *lines])
    assert "is kept beside the runs" in refused(darwinflow, str(path))


@pytest.mark.parametrize("unpacked", [b"\n" * (300 << 20), b"[" * (300 << 20)], ids=["lines", "one line"])
def test_a_small_file_that_unpacks_to_much_is_refused_in_little_memory(tmp_path, unpacked):
    file = write(tmp_path / "x.jsonl.zst", [{"format": 1}, unpacked])
    assert (tmp_path / "x.jsonl.zst").stat().st_size < 100_000
    checked = subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", "storage", "import", file, "--dry-run"],
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)),
    )
    assert checked.returncode == 1, checked.stderr
    assert "try: export again" in checked.stderr
