"""Runs and figures on each mix of back ends, chosen by one line: what the daemon says is the same on all of them."""

from pathlib import Path

import pytest

from daemon.program import Program
from daemon_process import DaemonProcess, a_run, eventually

MIXES = {
    "files": "storage: {logs: {type: file}, metrics: {type: file}}\n",
    "logs in files": "storage:\n  logs: {type: file, path: runs}\n",
    "figures in files": "storage:\n  metrics: {type: file}\n",
    "another database for logs": "storage:\n  logs: {type: sqlite, path: apart}\n",
    "another database for all": "storage: {logs: {type: sqlite, path: apart}, metrics: {type: sqlite, path: apart}}\n",
    "of the organization": "organizations: {personal: {storage: {logs: {type: file}}}}\n",
    "the usual": "storage: {}\n",
}


def configure(daemon: DaemonProcess, text: str) -> None:
    Path(daemon.home.config).mkdir(parents=True, exist_ok=True)
    Path(daemon.home.config, "config.yaml").write_text(text)


@pytest.mark.parametrize("mix", MIXES)
def test_what_is_recorded_is_found_counted_and_announced_also_after_a_kill(stopped: DaemonProcess, mix: str):
    configure(stopped, MIXES[mix])
    stopped.start()
    reader = stopped.client()
    reader.subscribe(["run"])
    stopped.client().call("run/record", {"run": a_run("r1")})
    program = Program(stopped)
    program.start("r2")
    program.of_run("step.started", "r2", step="s1", index=0, node="read")
    eventually(lambda: stopped.client().call("run/get", {"run": "r2"})["run"]["status"] == "RUNNING")
    stopped.hang_up()
    stopped.kill()
    stopped.start()
    program.of_run("step.finished", "r2", step="s1", status="FAILED", error="no such file")
    program.of_run("run.finished", "r2", status="FAILED", error="no such file")
    program.end()
    client = stopped.client()
    eventually(lambda: client.call("run/get", {"run": "r2"})["run"]["status"] == "FAILED")
    assert [run["runId"] for run in client.call("run/query", {"text": "SUCH"})["runs"]] == ["r2"]
    assert {run["runId"] for run in client.call("run/query")["runs"]} == {"r1", "r2"}
    history = client.call("workflow/history", {"workflow": "assistant", "version": 3})
    assert history["summaries"]["version"]["runs"] == 2
    assert history["summaries"]["version"]["failures"] == 1
    assert client.call("run/record", {"run": a_run("r1")})["created"] is False
    assert stopped.complaints() == []


def test_logs_in_files_can_be_read_with_cat(stopped: DaemonProcess):
    configure(stopped, MIXES["logs in files"])
    stopped.start()
    stopped.client().call("run/record", {"run": a_run("r1")})
    files = [path for path in Path(stopped.home.data, "runs").rglob("*.jsonl") if "r1" in path.read_text()]
    assert len(files) == 1


@pytest.mark.parametrize(
    ("text", "said", "code"),
    [
        ("storage:\n  logs: {type: fil}\n", "config.yaml, line 2: 'logs' cannot be kept on 'fil'; it may be sqlite, file", 2),
        ("storage: [\n", "config.yaml, line 1: '[' is never closed; add ']'\n", 2),
        ("organizations: {persnal: {storage: {logs: {type: file}}}}\n", "no organization here is called 'persnal'; did you mean 'personal'?", 2),
        ("storage: {logs: {type: file, path: '/proc/nowhere'}}\n", "/proc/nowhere", 1),
    ],
)  # fmt: skip
def test_a_daemon_that_is_told_what_cannot_be_serves_nothing(
    stopped: DaemonProcess, text: str, said: str, code: int
):
    configure(stopped, text)
    process = stopped.spawn()
    _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert errors.startswith(b"error: ")
    assert said in errors.decode()
    assert b"Traceback" not in errors


def test_a_variable_that_cannot_be_is_blamed_and_no_line_of_a_file(stopped: DaemonProcess):
    for name, value in (("DARWINFLOW_STORAGE_LOGS", "fil"), ("DARWINFLOW_BALLAST_MIB", "x")):
        stopped.environ[name] = value
        process = stopped.spawn()
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 2
        assert errors.decode().startswith(f"error: {name} cannot be '{value}'; it may be ")
        assert "\ntry: mend it, here and where the daemon is started, or unset it\n" in errors.decode()
        del stopped.environ[name]


def test_the_environment_goes_before_the_file(stopped: DaemonProcess):
    configure(stopped, "storage: {logs: {type: sqlite}}\n")
    stopped.environ["DARWINFLOW_STORAGE_LOGS"] = "memory"
    stopped.start()
    stopped.client().call("run/record", {"run": a_run("r1")})
    stopped.hang_up()
    stopped.kill()
    stopped.start()
    assert stopped.client().call("run/query")["runs"] == []
