"""`runs import`, against a daemon that it starts itself."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run, flow
from .on_terminal import shown
from .recorded_events import START, events, lines

EVIL = "e\x1b[31m\x07\x9b2J\u202ev"
LOOK = {"node": "look", "output": ["ann"]}


def listed(darwinflow: Run) -> dict[str, dict[str, Any]]:
    runs = json.loads(darwinflow("runs", "list", "--limit", "500", "--json").stdout)["runs"]
    return {run["runId"]: run for run in runs}


def place(folder: Path) -> str:
    return f"project 'hello' of '{folder}/.darwinflow.yaml'"


def test_runs_of_a_file_are_there_once_however_often_it_is_imported(darwinflow: Run, folder: Path) -> None:
    (folder / "ci.jsonl").write_text(
        lines(events("ci-1", LOOK), events("ci-2", LOOK, error="boom", at=START + 1))
    )
    assert darwinflow("runs", "import", "--dry-run", "ci.jsonl").stdout == (
        f"2 runs would be imported into {place(folder)}\n"
    )
    assert listed(darwinflow) == {}
    assert darwinflow("runs", "import", "ci.jsonl").stdout == f"2 runs imported into {place(folder)}\n"
    for _ in range(2):
        assert darwinflow("runs", "import", "ci.jsonl").stdout == (
            f"0 runs imported into {place(folder)}, 2 there already\n"
        )
    assert darwinflow("runs", "import", "ci.jsonl", "ci.jsonl").stdout.endswith(", 4 there already\n")
    found = listed(darwinflow)
    assert {
        name: (run["status"], run["workflowId"], run["workflowVersion"]) for name, run in found.items()
    } == {
        "ci-1": ("SUCCESS", "greet", 1),
        "ci-2": ("FAILED", "greet", 1),
    }
    log = json.loads(darwinflow("runs", "show", "ci-1", "--json").stdout)["log"]
    assert log["steps"][0]["output"] == ["ann"]
    assert len(log["workflowHash"]) == 64
    figures = json.loads(darwinflow("metrics", "greet", "--json").stdout)["versions"]
    assert [one["summary"]["runs"] for one in figures] == [2]


def test_the_same_run_from_standard_input_and_from_a_file_is_one(darwinflow: Run, folder: Path) -> None:
    (folder / "ci.jsonl").write_text(lines(events("ci-1", LOOK)))
    record = f"'{sys.executable}' -m darwinflow.cli.main record --stdin < ci.jsonl"
    darwinflow("record", "--workflow", "flows/greet.yaml", "--", "sh", "-c", record)
    assert "ci-1" in listed(darwinflow)
    said = darwinflow("runs", "import", "ci.jsonl")
    assert said.stdout == f"0 runs imported into {place(folder)}, 1 there already\n"
    assert len(listed(darwinflow)) == 2


def test_a_journal_of_a_program_that_no_daemon_served_is_imported(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    """What a CI job leaves in its own home."""
    (folder / "job.py").write_text(
        "import sys\nfrom darwinflow.recorder import record_run\n"
        "with record_run('flows/greet.yaml', request={'n': 1}) as run:\n"
        "    with run.step('look') as step:\n        step.action('LLM_CALL', tokens=7)\n        step.output = 'token ghp_' + 'a' * 36\n"
        "print(run.id)\n"
    )
    home = tmp_path / "ci"
    done = subprocess.run(
        [sys.executable, "job.py"],
        cwd=folder,
        env={**os.environ, "DARWINFLOW_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    (journal,) = (home / "spool").glob("*.jsonl")
    (folder / "flows/greet.yaml").write_text(flow(7))
    for outcome in ("new", "known"):
        found = json.loads(darwinflow("runs", "import", str(journal), "--json").stdout)
        assert found["runs"] == [{"runId": done.stdout.strip(), "path": str(journal), "outcome": outcome}]
    log = json.loads(darwinflow("runs", "show", done.stdout.strip(), "--json").stdout)["log"]
    assert (log["workflowId"], log["workflowVersion"], log["input"]["request"]) == ("greet", 1, {"n": 1})
    assert log["steps"][0]["output"] == "token (redacted)"
    assert log["metadata"]["recorder"] == "python"


def test_a_run_without_an_end_is_lost_until_a_file_has_it(darwinflow: Run, folder: Path) -> None:
    whole = events("ci-1", LOOK, {"node": "sort"})
    (folder / "torn.jsonl").write_text(lines(whole[:3]))
    (folder / "whole.jsonl").write_text(lines(whole))
    said = darwinflow("runs", "import", "torn.jsonl").stdout
    assert said == f"1 run imported into {place(folder)}, 1 without an end, kept as lost\n"
    assert listed(darwinflow)["ci-1"]["status"] == "LOST"
    assert "1 there already" in darwinflow("runs", "import", "torn.jsonl").stdout
    assert "1 completed" in darwinflow("runs", "import", "whole.jsonl").stdout
    assert listed(darwinflow)["ci-1"]["status"] == "SUCCESS"
    assert listed(darwinflow)["ci-1"]["stepCount"] == 2
    for name in ("torn.jsonl", "whole.jsonl"):
        assert "1 there already" in darwinflow("runs", "import", name).stdout


def test_lines_that_are_no_events_are_named_and_the_rest_is_taken(darwinflow: Run, folder: Path) -> None:
    bad = [
        "{", "[]", "\x00\xff", '{"v": 2, "event": "run.started"}', '{"v": 1, "event": "party"}',
        '{"v": 1, "event": "run.finished", "run": "ci-9", "at": 1, "status": "SUCCESS"}',
        '{"v": 1, "event": "run.started", "run": "ci-8", "at": 1}',
        '{"v": 1, "event": "run.started", "run": "a b", "at": 1, "path": "x.yaml"}',
    ]  # fmt: skip
    text = (
        lines(events("ci-1", LOOK))
        + "\n".join(["", *bad, ""])
        + lines(events("ci-1"), events("ci-2", at=START + 5))
    )
    (folder / "ci.jsonl").write_bytes(text.encode("latin-1"))
    said = darwinflow("runs", "import", "ci.jsonl", expect=1)
    faults = [line.split(": ", 1) for line in said.stderr.splitlines()]
    first_bad = len(events("ci-1", LOOK)) + 2
    assert [place for place, _ in faults] == [
        f"ci.jsonl:{first_bad + number}" for number in range(len(bad) + len(events("ci-1")))
    ]
    assert faults[5][1] == "no 'run.started' of run 'ci-9' has come before"
    assert faults[-1][1] == "run 'ci-1' is over"
    assert said.stdout == f"2 runs imported into {place(folder)}, 10 lines left out\n"
    assert set(listed(darwinflow)) == {"ci-1", "ci-2"}


def test_a_byte_order_mark_costs_no_run(darwinflow: Run, folder: Path) -> None:
    (folder / "ci.jsonl").write_bytes(b"\xef\xbb\xbf" + lines(events("ci-1", LOOK)).encode())
    assert darwinflow("runs", "import", "ci.jsonl").stdout == f"1 run imported into {place(folder)}\n"


def test_a_run_with_a_wrong_line_is_left_out_until_that_is_mended(darwinflow: Run, folder: Path) -> None:
    whole = lines(events("ci-1", LOOK, {"node": "sort"}), events("ci-2", LOOK))
    wrong = whole.replace('"SUCCESS"', '"SUCESS"', 1)  # of the first step
    (folder / "ci.jsonl").write_text(wrong)
    said = darwinflow("runs", "import", "ci.jsonl", expect=1)
    assert said.stdout == f"1 run imported into {place(folder)}, 1 line left out, and with them 1 run\n"
    first = wrong[: wrong.index("SUCESS")].count("\n") + 1
    told = said.stderr.splitlines()
    assert told[0] == f"ci.jsonl:{first}: 'status' must be SUCCESS, FAILED or CANCELLED"
    assert told[-1].endswith(
        f"run 'ci-1' is left out for its line {first}: mend that, and import the file again"
    )
    assert set(listed(darwinflow)) == {"ci-2"}
    (folder / "ci.jsonl").write_text(whole)
    said = darwinflow("runs", "import", "ci.jsonl")
    assert said.stdout == f"1 run imported into {place(folder)}, 1 there already\n"
    assert {run["stepCount"] for run in listed(darwinflow).values()} == {1, 2}


def test_a_run_that_was_recorded_alone_is_there_already(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    """The recorder has added its host and user; a file that is silent on them says nothing else."""
    (folder / "ci.jsonl").write_text(lines(events("ci-1", LOOK)))
    subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", "record", "--stdin"],
        input=(folder / "ci.jsonl").read_bytes(),
        cwd=folder,
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")},
        check=True,
    )
    assert "host" in json.loads(darwinflow("runs", "show", "ci-1", "--json").stdout)["log"]["metadata"]
    said = darwinflow("runs", "import", "ci.jsonl")
    assert (said.stdout, said.stderr) == (f"0 runs imported into {place(folder)}, 1 there already\n", "")


def test_pages_of_runs_that_began_at_one_moment_miss_none(darwinflow: Run, folder: Path) -> None:
    runs = [events(f"run-{number:04}-of-many", at=START + number // 3) for number in range(1_010)]
    (folder / "ci.jsonl").write_text(lines(*runs))
    darwinflow("runs", "import", "ci.jsonl")
    seen: list[str] = []
    words = ("runs", "list", "--limit", "500", "--json")
    more: tuple[str, ...] = ()
    while True:
        page = json.loads(darwinflow(*words, *more).stdout)
        seen += [run["runId"] for run in page["runs"]]
        if page["next"] is None:
            break
        more = ("--before", page["next"])
    assert seen == [f"run-{number:04}-of-many" for number in reversed(range(1_010))]
    told = darwinflow("runs", "list", "--limit", "500").stdout.splitlines()[-1]
    assert told == "more: darwinflow runs list --limit 500 --before run-0510-of-many"


def test_another_run_of_the_same_id_is_refused_and_named(darwinflow: Run, folder: Path) -> None:
    (folder / "one.jsonl").write_text(lines(events("ci-1", LOOK)))
    (folder / "two.jsonl").write_text(lines(events("ci-1", LOOK, at=START + 7), events("ci-2", at=START + 8)))
    (folder / "three.jsonl").write_text(lines(events("ci-1", LOOK, error="boom")))
    darwinflow("runs", "import", "one.jsonl")
    said = darwinflow("runs", "import", "two.jsonl", expect=1)
    assert said.stderr.startswith(
        "two.jsonl: run ci-1: another run of this id began 2026-11-24T19:30:00+00:00"
    )
    assert said.stdout == f"1 run imported into {place(folder)}, 1 refused\n"
    said = darwinflow("runs", "import", "three.jsonl", expect=1)
    assert (
        said.stderr == "three.jsonl: run ci-1: it has ended before with other content, and stays as it is\n"
    )
    assert said.stdout == f"0 runs imported into {place(folder)}, 1 stored otherwise before\n"
    assert listed(darwinflow)["ci-1"]["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("names", "error"),
    [
        (("none.jsonl",), "'none.jsonl' cannot be read: No such file or directory"),
        (("ci.jsonl", "flows"), "'flows' cannot be read: it is no regular file"),
        (("ci.jsonl", "pipe"), "'pipe' cannot be read: it is no regular file"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_before_anything_is_imported(
    darwinflow: Run, folder: Path, names: tuple[str, ...], error: str
) -> None:
    (folder / "ci.jsonl").write_text(lines(events("ci-1")))
    os.mkfifo(folder / "pipe")
    said = darwinflow("runs", "import", *names, expect=1)
    assert said.stderr == (
        f"error: {error}\ntry: name a file of events, a JSON object a line; nothing is imported\n"
    )
    assert listed(darwinflow) == {}


def test_a_text_outside_of_the_workspace_is_not_read(darwinflow: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "outside.yaml").write_text(flow(3))
    (folder / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (folder / "ci.jsonl").write_text(
        lines(
            *(
                events(f"ci-{n}", path=path)
                for n, path in enumerate(("../outside.yaml", str(tmp_path / "outside.yaml"), "link.yaml"))
            )
        )
    )
    darwinflow("runs", "import", "ci.jsonl")
    found = listed(darwinflow)
    assert {(run["workflowId"], run["workflowVersion"], run["workflowHash"]) for run in found.values()} == {
        ("outside", 0, ""),
        ("link", 0, ""),
    }


def test_ten_thousand_runs_are_imported_in_few_commits_and_listed(darwinflow: Run, folder: Path) -> None:
    runs = [events(f"ci-{number:05}", LOOK, at=START + 1000 * number) for number in range(10_000)]
    (folder / "ci.jsonl").write_text(lines(*runs))
    assert darwinflow("runs", "import", "ci.jsonl").stdout.startswith("10000 runs imported into ")
    assert (
        json.loads(darwinflow("metrics", "greet", "--json").stdout)["versions"][0]["summary"]["runs"]
        == 10_000
    )
    assert (
        len(darwinflow("metrics", "greet", "--by", "hour", "--since", "2026-11-20").stdout.splitlines()) == 2
    )
    assert darwinflow("runs", "list").stdout.count("\n") == 22


def test_ctrl_c_says_what_is_kept_and_the_next_import_brings_the_rest(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    runs = [events(f"ci-{number:05}", LOOK, at=START + 1000 * number) for number in range(3_000)]
    (folder / "ci.jsonl").write_text(lines(*runs))
    darwinflow("daemon", "start")
    process = subprocess.Popen(
        [sys.executable, "-m", "darwinflow.cli.main", "runs", "import", "ci.jsonl"],
        cwd=folder,
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")},
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    while not listed(darwinflow) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    if process.returncode == 130:
        assert err.startswith("interrupted; kept until then: ")
    else:
        assert out.startswith("3000 runs imported")
    darwinflow("runs", "import", "ci.jsonl")
    assert darwinflow("runs", "import", "ci.jsonl").stdout.endswith(", 3000 there already\n")


def test_nothing_in_a_file_commands_the_terminal(darwinflow: Run, folder: Path, tmp_path: Path) -> None:
    name = f"{EVIL}.jsonl"
    (folder / name).write_text(
        lines(events("ci-1", {"node": EVIL}, path=f"{EVIL}.yaml"))
        + json.dumps({"v": 1, "event": EVIL})
        + "\n"
        + f"{EVIL}\n"
    )
    environ = {"DARWINFLOW_HOME": str(tmp_path / "home"), "NO_COLOR": "1"}
    for words in (("--dry-run", name), (name,), (f"{EVIL}x",)):
        said = darwinflow("runs", "import", *words, expect=1)
        seen = shown(folder, environ, "runs", "import", *words)
        for text in (said.stdout, said.stderr, seen):
            assert all(line.replace("\ufffd", "").isprintable() for line in text.splitlines()), text


def test_a_run_with_more_than_anybody_writes_is_imported_shown_and_exported(
    darwinflow: Run, folder: Path, tmp_path: Path
) -> None:
    big = events("big", LOOK, at=START + 1)
    action = {"v": 1, "event": "step.action", "run": "big", "step": "0", "at": START + 2, "type": "TOOL_CALL"}
    wide = {**action, "details": {f"k{number}": number for number in range(1_100)}}
    big[2:2] = [wide, *[action] * 10_001]
    (folder / "ci.jsonl").write_text(lines(events("ci-1"), big, events("ci-2", at=START + 3)))
    assert darwinflow("runs", "import", "ci.jsonl").stdout.startswith("3 runs imported into ")
    (step,) = json.loads(darwinflow("runs", "show", "big", "--json").stdout)["log"]["steps"]
    assert len(step["actions"]) == 10_002
    assert len(step["actions"][0]["details"]) == 1_100
    file = str(tmp_path / "all.jsonl.zst")
    darwinflow("storage", "export", file)
    assert "3 were there already" in darwinflow("storage", "import", file).stdout
