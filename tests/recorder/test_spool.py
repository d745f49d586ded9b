"""The files a program leaves: whole lines under a lock, also on a full disk and among strangers."""

import json
import os
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

from darwinflow.recorder import RecordingWarning, record_run
from darwinflow.recorder.events import decode
from darwinflow.recorder.journal import Journal
from darwinflow.recorder.paths import home_of, poke_path
from darwinflow.recorder.poke import QUIET_S

THREE_STEPS = """
import sys
from darwinflow.recorder import record_run
with record_run("assistant.yaml") as run:
    for node in "abc":
        with run.step(node) as step:
            step.output = node
print(run.state)
"""


def test_the_spool_is_for_its_owner_alone(place) -> None:
    before = os.umask(0)
    try:
        with record_run("assistant.yaml"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE(place.spool.stat().st_mode) == 0o700
    assert stat.S_IMODE(place.home.stat().st_mode) == 0o700
    assert [stat.S_IMODE(path.stat().st_mode) for path in place.spool.iterdir()] == [0o600]


def test_the_lock_is_held_while_the_program_lives(place) -> None:
    program = place.started(THREE_STEPS + "sys.stdout.flush(); sys.stdin.read()")
    assert program.stdout.readline() == "spooled\n"
    (journal,) = place.journals()
    assert place.is_locked(journal)
    program.kill()
    program.communicate()
    assert not place.is_locked(journal)


def test_a_program_that_another_starts_does_not_keep_the_lock(place) -> None:
    done = place.program(
        THREE_STEPS + "import subprocess; print(subprocess.Popen(['sleep', '30'], stdout=-3, stderr=-3).pid)"
    )
    try:
        assert not place.is_locked(place.journals()[0])
    finally:
        os.kill(int(done.stdout.split()[-1]), 9)


def test_nobody_sees_a_journal_before_it_is_locked(place) -> None:
    """A reader that takes an unlocked journal for a dead program's never meets one that is being made."""
    program = place.started(
        "from darwinflow.recorder.journal import Journal\nimport os\n"
        f"os.makedirs({str(place.spool)!r}, 0o700)\nprint(flush=True)\n"
        f"for _ in range(3000): Journal.created({str(place.spool)!r}, b'x\\n')._fd\n"
    )
    program.stdout.readline()
    looks = 0
    while program.poll() is None:
        newest = place.journals()[-1:]
        if newest and program.poll() is None:
            locked = place.is_locked(newest[0])
            assert locked or program.poll() is not None or program.wait(5) is not None
            looks += locked
    program.communicate()
    assert looks


def test_a_full_spool_refuses_new_runs_loudly_and_finishes_old_ones(
    place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARWINFLOW_SPOOL_LIMIT", "3000")
    with record_run("assistant.yaml") as old:
        with old.step("a", input="x" * 4000):
            pass
        new = record_run("assistant.yaml")
        with (
            pytest.warns(RecordingWarning, match=r"is full .*darwinflow daemon start"),
            new,
            new.step("never"),
        ):
            pass
    assert (old.state, new.state) == ("spooled", "unrecorded")
    assert [event["run"] for event in place.events("run.started", "run.finished")] == [old.id, old.id]


def test_a_spool_that_was_emptied_takes_runs_again(place) -> None:
    source = """
import os, time, warnings
from darwinflow.recorder import record_run
warnings.simplefilter("ignore")
states = []
for number in range(3):
    with record_run("assistant.yaml") as run:
        pass
    states.append(run.state)
    if number == 1:
        os.unlink("home/spool/other.jsonl")
        time.sleep(1.1)
    elif number == 0:
        open("home/spool/other.jsonl", "w").write("x" * 5000)
        time.sleep(1.1)
print(*states)
"""
    assert place.program(source, DARWINFLOW_SPOOL_LIMIT="4000").stdout.split() == [
        "spooled",
        "unrecorded",
        "spooled",
    ]


def test_a_long_program_begins_a_new_journal_and_lets_go_of_the_old(place) -> None:
    source = """
from darwinflow.recorder import record_run
with record_run("assistant.yaml") as early:
    for _ in range(45):
        with record_run("assistant.yaml", request="x" * 200_000) as run:
            pass
    print(flush=True)
    input()
print(flush=True)
input()
"""
    program = place.started(source)
    program.stdout.readline()
    first, second = place.journals()
    assert first.stat().st_size > 8 << 20
    assert (place.is_locked(first), place.is_locked(second)) == (True, True)
    print(file=program.stdin, flush=True)
    program.stdout.readline()
    assert (place.is_locked(first), place.is_locked(second)) == (False, True)
    program.communicate("\n")
    kinds = [json.loads(line)["event"] for line in second.read_bytes().splitlines()]
    assert kinds[:2] == ["journal", "document"]


def test_without_a_place_to_write_the_program_goes_on(place) -> None:
    place.home.write_text("a file where the folder should be")
    run = record_run("assistant.yaml")
    with pytest.warns(RecordingWarning, match="not recorded"), run, run.step("a") as step:
        step.output = 1
    assert run.state == "unrecorded"
    assert run.wait_stored(0) is False
    assert run.environ == step.environ == {}


def test_in_a_folder_that_cannot_be_written_the_program_goes_on(place) -> None:
    if os.getuid() != 0:
        place.home.mkdir(0o500)
        source, environ = THREE_STEPS, {}
    else:  # root may write anywhere, so the program becomes nobody
        place.home.mkdir(0o700)
        for folder in [place.folder, *place.folder.parents][:-1]:
            folder.chmod(folder.stat().st_mode | 0o055)
        source, environ = f"import os, darwinflow.recorder.run\nos.setuid(65534)\n{THREE_STEPS}", {}
    done = place.program(source, **environ)
    assert done.stdout == "unrecorded\n"
    assert "PermissionError" in done.stderr


def test_a_file_size_limit_is_a_warning_and_the_lines_before_are_whole(place) -> None:
    """Past RLIMIT_FSIZE a write is short or fails, as on a full disk."""
    source = """
import resource, warnings
from darwinflow.recorder import record_run
with record_run("assistant.yaml") as run:
    with run.step("before", input="x" * 1000):
        pass
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
    for number in range(4):
        with run.step("during", input="y" * 900 + str(number)):
            pass
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with run.step("after"):
        pass
print(run.state)
"""
    done = place.program(source)
    assert done.stdout == "spooled\n"
    assert "not recorded: " in done.stderr
    assert "File too large" in done.stderr
    assert "No space left" not in done.stderr
    torn = [line for line in place.lines() if not isinstance(decode(line), dict)]
    assert len(torn) == 1  # the half that went in before the limit, on a line of its own
    events = [event for line in place.lines() if isinstance(event := decode(line), dict)]
    nodes = [event["node"] for event in events if event["event"] == "step.started"]
    assert nodes == ["before", *["during"] * 4, "after"]  # what waited in memory is there, in order
    assert events[-1]["event"] == "run.finished"


@pytest.mark.parametrize("missing", range(1, 6))
def test_a_line_that_lacks_only_its_end_is_not_written_twice(place, missing: int) -> None:
    place.spool.mkdir(parents=True)
    source = f"""
import resource
from darwinflow.recorder.journal import Journal
first, line = b'{{"v":1,"event":"journal"}}\\n', b'{{"v":1,"event":"journal","pid":1}}\\n'
journal = Journal.created({str(place.spool)!r}, first)
resource.setrlimit(resource.RLIMIT_FSIZE, (len(first) + len(line) - {missing}, resource.RLIM_INFINITY))
try:
    journal.write(line)
except OSError as exc:
    print(exc.strerror)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
journal.write(line.replace(b":1}}", b":2}}"))
"""
    assert place.program(source).stdout == "File too large\n"
    events = [event for line in place.lines() if isinstance(event := decode(line), dict)]
    assert [event["pid"] for event in events] == [None, 1, 2]


def test_a_full_disk_is_a_warning_and_what_waits_is_written_when_there_is_room(place) -> None:
    if os.getuid() != 0:
        pytest.skip("only root may mount a small file system")
    place.home.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place.home], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    try:
        source = """
import os
from darwinflow.recorder import record_run
with record_run("assistant.yaml") as run:
    for number in range(20):
        with run.step("n", input=f"{number} " + "x" * 5000):
            pass
    os.unlink("home/ballast")
    with run.step("after"):
        pass
print(run.state)
"""
        (place.home / "ballast").write_bytes(b"x" * 30_000)
        done = place.program(source)
        assert "No space left on device" in done.stderr
        assert done.stdout == "unrecorded\n"  # of 100 KB that waited, there is room for 30
        events = [event for line in place.lines() if isinstance(event := decode(line), dict)]
        steps = {event["step"] for event in events if event["event"] == "step.started"}
        ended = {event["step"] for event in events if event["event"] == "step.finished"}
        assert len(steps) > 5
        assert ended <= steps
        for line in place.lines():
            assert isinstance(decode(line), dict) or not line.endswith(b"}")
    finally:
        subprocess.run(["umount", place.home], check=True)


def test_a_program_that_closes_every_descriptor_keeps_its_own_files_clean(place) -> None:
    source = """
import os
from darwinflow.recorder import record_run
with record_run("assistant.yaml") as run:
    os.closerange(3, 100)
    mine = [open(f"mine{number}", "w") for number in range(20)]
    with run.step("a"):
        pass
with record_run("assistant.yaml") as later:
    pass
print(run.state, later.state)
"""
    done = place.program(source)
    assert "the journal was closed" in done.stderr
    assert [path.stat().st_size for path in place.folder.glob("mine*")] == [0] * 20
    assert len(place.journals()) == 2
    assert len(place.events("run.finished")) == 1


def test_a_spool_that_is_deleted_under_a_program_is_a_warning(place) -> None:
    source = """
import shutil
from darwinflow.recorder import record_run
with record_run("assistant.yaml") as run:
    shutil.rmtree("home")
    with run.step("a"):
        pass
with record_run("assistant.yaml") as run:
    pass
"""
    assert "the journal was deleted" in place.program(source).stderr
    assert len(place.events("run.finished")) == 1


def test_the_daemons_socket_hears_of_runs_at_once_and_of_steps_now_and_then_and_a_full_queue_does_not_block(
    place,
) -> None:
    home = home_of(os.environ)
    directory = place.folder / "s"
    directory.mkdir()
    address = str(directory / "d")
    place.home.mkdir()
    with record_run("assistant.yaml"):
        pass  # nobody listens
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(poke_path(address))
        ear.setblocking(False)
        Path(home.lock_path).write_text(address)
        with record_run("assistant.yaml") as run:
            assert ear.recv(200).decode() == place.journals()[0].name
            time.sleep(2 * QUIET_S)
            with run.step("a"):
                assert ear.recv(200)
                time.sleep(2 * QUIET_S)
            assert ear.recv(200)
        assert ear.recv(200)
        started = time.monotonic()
        with record_run("assistant.yaml") as run:
            for _ in range(1000):
                with run.step("a"):
                    pass
        assert time.monotonic() - started < 5
        heard = 0
        while True:
            try:
                heard += ear.recv(200).decode() == place.journals()[0].name
            except BlockingIOError:
                break
        assert heard > 1
        with record_run("assistant.yaml") as run:
            began = time.monotonic()
            for _ in range(5):
                with run.step("a"):
                    pass
            is_in_a_moment = time.monotonic() - began < QUIET_S
            assert ear.recv(200)
            if is_in_a_moment:  # else the machine was busy with others
                with pytest.raises(BlockingIOError):
                    ear.recv(200)
    moved = str(directory / "e")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(poke_path(moved))
        ear.setblocking(False)
        Path(home.lock_path).write_text(moved)
        with record_run("assistant.yaml"):
            assert ear.recv(200)  # a daemon that has come back elsewhere is found again


def test_half_a_line_of_another_program_does_not_swallow_the_next(place) -> None:
    place.spool.mkdir(parents=True)
    owner = Journal.created(str(place.spool), b'{"v":1,"event":"journal"}\n')
    guest = Journal.joined(owner.path)
    owner.shared = True
    os.write(owner._fd, b'{"v":1,"event":"run.st')
    guest.write(b'{"v":1,"event":"journal","pid":2}\n')
    owner.write(b'{"v":1,"event":"journal","pid":3}\n')
    lines = Path(owner.path).read_bytes().splitlines()
    assert [json.loads(line).get("pid") for line in (lines[0], *lines[2:])] == [None, 2, 3]
    owner.close()
    guest.close()
