"""The daemon with Honker's real extension, and with our adapter in its place: the same events."""

from pathlib import Path

import pytest

from daemon.program import Program
from daemon_process import DaemonProcess, a_run
from honker_extension import NoExtension, extension


def events_of(daemon: DaemonProcess) -> list[dict[str, object]]:
    """What a subscriber is given for a run over the socket, one from a journal, and one whose program died."""
    daemon.start()
    client = daemon.client()
    client.call("run/record", {"run": a_run("r1", error="no such file: é😀")})
    for run, status in (("r2", "SUCCESS"), ("r3", None)):
        program = Program(daemon)
        program.start(run)
        client.call("run/get", {"run": run})
        program.of_run("step.started", run, step="s1", index=0, node="read")
        client.call("run/get", {"run": run})
        if status:
            program.of_run("run.finished", run, status=status)
        program.end()
        client.call("run/get", {"run": run})
    client.subscribe(["run"], after=0)
    events = []
    while not events or events[-1]["payload"]["run"]["status"] != "LOST":
        events.append(client.next_event(10))
    return [
        {name: value for name, value in event.items() if name not in ("subscription", "createdAt")}
        for event in events
    ]


def is_loaded(library: str, daemon: DaemonProcess) -> bool:
    assert daemon.process is not None
    return str(Path(library).resolve()) in Path(f"/proc/{daemon.process.pid}/maps").read_text()


def test_with_the_extension_and_with_the_adapter_subscribers_are_given_the_same(tmp_path: Path):
    try:
        library = extension()
    except NoExtension as why:
        pytest.skip(str(why))
    given = []
    for name, named in (("adapter", ""), ("extension", library)):
        daemon = DaemonProcess(tmp_path / name, DARWINFLOW_HONKER=named)
        try:
            given.append(events_of(daemon))
            assert is_loaded(library, daemon) == bool(named)
            assert daemon.complaints() == []
        finally:
            daemon.close()
    assert given[0] == given[1]
    assert [(event["key"], event["payload"]["kind"]) for event in given[0]] == [
        ("r1", "run.stored"),
        ("r2", "run.started"),
        ("r2", "run.changed"),
        ("r2", "run.stored"),
        ("r3", "run.started"),
        ("r3", "run.changed"),
        ("r3", "run.changed"),
    ]


def test_a_history_begun_with_one_goes_on_with_the_other(tmp_path: Path):
    try:
        library = extension()
    except NoExtension as why:
        pytest.skip(str(why))
    for number, named in enumerate(("", library, "", library)):
        daemon = DaemonProcess(tmp_path / "home", DARWINFLOW_HONKER=named).start()
        client = daemon.client()
        client.call("run/record", {"run": a_run(f"r{number}")})
        client.subscribe(["run"], after=0)
        assert [client.next_event(10)["offset"] for _ in range(number + 1)] == list(range(1, number + 2))
        daemon.close()


@pytest.mark.parametrize("kind", ["absent", "a folder", "no library"])
def test_a_named_extension_that_cannot_be_had_is_said_and_nothing_else_is_used(tmp_path: Path, kind: str):
    library = tmp_path / "libhonker_ext.so"
    if kind == "a folder":
        library.mkdir()
    elif kind == "no library":
        library.write_text("not a library\n")
    daemon = DaemonProcess(tmp_path / "home", DARWINFLOW_HONKER=str(library))
    process = daemon.spawn()
    _, said = process.communicate(timeout=20)
    daemon.close()
    assert process.returncode == 1
    error, advice = said.decode().splitlines()
    assert error.startswith("error: ")
    assert str(library) in error
    assert advice == "try: unset DARWINFLOW_HONKER: the built-in adapter does the same"


def test_the_files_that_are_used_at_the_start_alone_are_let_go(daemon: DaemonProcess):
    assert daemon.process is not None
    open_files = {path.resolve().name for path in Path(f"/proc/{daemon.process.pid}/fd").iterdir()}
    assert not [name for name in open_files if name.startswith("system.db")]
    assert not [path.name for path in Path(daemon.home.data).glob("system.db-*")]
