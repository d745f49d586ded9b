"""Figures in files: what people find in them, and what damage and crashes do to them."""

import json
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from contract.sample_runs import HASH, START
from darwinflow.model.errors import SchemaTooNew, StoreFull, StoreUnwritable
from darwinflow.model.metric import ExecutionMetric
from darwinflow.storage.files.metric_file import name_of, text_of
from darwinflow.storage.files.metrics import FileMetricsStore


def metric(run_id, *, version=1, text=HASH, workflow="assistant", ms=100.0, at=0):
    return ExecutionMetric(
        run_id, workflow, version, text, ms, run_id != "failed", 3, 5, 0.25, START + timedelta(seconds=at)
    )


ALL = [
    metric("a"),
    metric("b", version=2, ms=3.5),
    metric("failed", at=9_000),
    metric("c", workflow="Größe", text=""),
    metric("d", version=2, text="0" * 64),
]


def count(store, *metrics, project="demo"):
    def work(tx):
        return [tx.metrics(project).record_execution(one) for one in metrics]

    return store.write(work).result(10)


def figures(store, project="demo"):
    def ask(tx):
        metrics = tx.metrics(project)
        return (
            [metrics.get_summary(name, version) for name in ("assistant", "Größe") for version in (1, 2)],
            [metrics.get_text_summary("assistant", text) for text in (HASH, "0" * 64)],
            [metrics.get_hours(name, START, START + timedelta(days=1)) for name in ("assistant", "Größe")],
        )

    return store.read(ask)


def filled(folder):
    store = FileMetricsStore(str(folder))
    assert count(store, *ALL) == [True] * 5
    found = figures(store)
    store.close()
    return found


def counted_lines(folder):
    """Ids that the list names."""
    return [line.split(" ")[0] for line in (folder / "demo/counted.txt").read_text().splitlines()[1:]]


def json_files(folder):
    return sorted(folder.glob("*/*/*.json"))


def test_a_file_of_figures_reads_with_cat(tmp_path):
    filled(tmp_path)
    names = [str(path.relative_to(tmp_path)) for path in json_files(tmp_path)]
    assert "demo/assistant/v1.json" in names
    assert f"demo/assistant/text-{HASH}.json" in names
    assert "demo/assistant/hours-2026-02.json" in names
    said = json.loads((tmp_path / "demo/assistant/v1.json").read_text())
    assert (said["format"], said["project"], said["workflow"]) == (1, "demo", "assistant")
    assert (said["sums"]["version 1"]["runs"], said["sums"]["version 1"]["successes"]) == (2, 1)
    assert counted_lines(tmp_path) == ["a", "b", "failed", "c", "d"]
    assert (tmp_path / "demo/counted.txt").read_text().splitlines()[1] == "a e8b7be43"


def test_a_file_is_small_however_many_runs_it_counts(tmp_path):
    store = FileMetricsStore(str(tmp_path))
    rng = random.Random(1)
    count(store, *(metric(f"run-{n:05}", ms=rng.lognormvariate(6, 1)) for n in range(5_000)))
    store.close()
    assert (tmp_path / "demo/assistant/v1.json").stat().st_size < 6_000
    assert (tmp_path / "demo/counted.txt").stat().st_size < 5_000 * 20


def test_everything_is_there_after_a_restart(tmp_path):
    expected = filled(tmp_path)
    again = FileMetricsStore(str(tmp_path))
    assert figures(again) == expected
    assert count(again, *ALL) == [False] * 5
    assert again.damaged() == ()
    again.close()


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut", "missing", "flipped"])
def test_a_damaged_file_is_kept_aside_and_counted_again_from_the_logs(tmp_path, damage, caplog):
    expected = filled(tmp_path)
    sound = {path: path.read_bytes() for path in json_files(tmp_path)}
    rng = random.Random(2)
    for path, content in sound.items():
        flipped = bytearray(content)
        flipped[rng.randrange(len(flipped))] ^= 1 << rng.randrange(8)
        is_version = path.name.startswith("v")
        if damage == "missing":
            if not is_version:
                continue
            path.unlink()
        else:
            changed = {
                "garbage": b"\x00garbage",
                "empty": b"",
                "cut": content[:-3],
                "flipped": bytes(flipped),
            }
            path.write_bytes(changed[damage])
        store = FileMetricsStore(str(tmp_path))
        assert store.damaged() == ("demo",), path
        store.rebuild("demo", ALL)
        assert store.damaged() == ()
        assert figures(store) == expected
        assert count(store, *ALL) == [False] * 5
        store.close()
        again = FileMetricsStore(str(tmp_path))
        assert figures(again) == expected
        assert again.damaged() == ()
        again.close()
    if damage != "missing":
        kept = [each.read_bytes() for each in (tmp_path / "set-aside").iterdir()]
        assert len(kept) == len(sound)
        assert "counted again from the logs" in caplog.text


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.unlink(), lambda path: path.write_text("?"), lambda path: os.truncate(path, 60)],
)
def test_a_lost_list_of_what_was_counted_is_made_anew_from_the_logs(tmp_path, damage):
    expected = filled(tmp_path)
    damage(tmp_path / "demo/counted.txt")
    store = FileMetricsStore(str(tmp_path))
    assert store.damaged() == ("demo",)
    store.rebuild("demo", ALL)
    assert figures(store) == expected
    store.close()
    again = FileMetricsStore(str(tmp_path))
    assert again.damaged() == ()
    assert count(again, *ALL) == [False] * 5
    again.close()


@pytest.mark.parametrize("bit", [0, 4])
def test_a_flipped_bit_in_the_list_counts_no_run_twice(tmp_path, bit):
    expected = filled(tmp_path)
    path = tmp_path / "demo/counted.txt"
    whole = path.read_bytes()
    for place in range(whole.index(b"\n") + 1, len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << bit
        path.write_bytes(flipped)
        store = FileMetricsStore(str(tmp_path))
        assert store.damaged() == ("demo",), place
        store.rebuild("demo", ALL)
        assert count(store, *ALL) == [False] * 5
        assert figures(store) == expected
        (fault,) = store.verify()
        assert str(path) in fault
        assert "missing" not in fault
        whole_again, lacking = store.acknowledge()
        assert (whole_again, lacking, store.verify()) == ((fault,), (), ())
        store.close()


def test_a_list_without_checksums_is_read_and_gets_them_with_the_next_run(tmp_path):
    expected = filled(tmp_path)
    path = tmp_path / "demo/counted.txt"
    older = "\n".join(['{"format": 1, "project": "demo"}', *counted_lines(tmp_path), ""])
    path.write_text(older)
    store = FileMetricsStore(str(tmp_path))
    assert figures(store) == expected
    assert count(store, *ALL) == [False] * 5
    assert path.read_text() == older
    count(store, metric("new"))
    count(store, metric("newer"))
    store.close()
    assert counted_lines(tmp_path) == ["a", "b", "failed", "c", "d", "new", "newer"]
    assert all(" " in line for line in path.read_text().splitlines())
    again = FileMetricsStore(str(tmp_path))
    assert (again.damaged(), count(again, metric("new"))) == ((), [False])
    again.close()


@pytest.mark.parametrize("name", ["v2.json", "hours-2026-02.json", f"text-{HASH}.json"])
def test_a_damaged_file_is_told_with_the_runs_that_nobody_can_count_again(tmp_path, name):
    expected = filled(tmp_path)
    path = tmp_path / "demo/assistant" / name
    path.write_bytes(path.read_bytes()[:-3])
    store = FileMetricsStore(str(tmp_path))
    store.rebuild("demo", [one for one in ALL if one.run_id != "b"])
    lacking = figures(store)
    assert lacking != expected
    store.close()
    again = FileMetricsStore(str(tmp_path))
    assert (again.damaged(), figures(again)) == ((), lacking)
    (fault,) = again.verify()
    assert again.inspect().faults == (fault,)
    assert f"{path} was damaged and is kept as {tmp_path}/set-aside/" in fault
    assert "up to 1 run" in fault
    assert count(again, *ALL, metric("new", version=2)) == [False] * 5 + [True]
    assert again.acknowledge() == ((), (fault,))
    again.close()
    last = FileMetricsStore(str(tmp_path))
    assert (last.damaged(), last.verify()) == ((), ())
    last.close()


@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: os.truncate(path, 60)])
def test_a_lost_list_never_makes_figures_less(tmp_path, damage):
    """Of runs that were deleted since, the sums are all there is."""
    expected = filled(tmp_path)
    damage(tmp_path / "demo/counted.txt")
    store = FileMetricsStore(str(tmp_path))
    store.rebuild("demo", ALL[-1:])
    assert figures(store) == expected
    assert count(store, ALL[-1]) == [False]
    store.close()
    again = FileMetricsStore(str(tmp_path))
    assert (again.damaged(), figures(again)) == ((), expected)
    again.close()


def test_what_was_not_counted_yet_is_not_counted_by_mending_one_file(tmp_path):
    filled(tmp_path)
    (tmp_path / "demo/assistant/v1.json").write_bytes(b"")
    store = FileMetricsStore(str(tmp_path))
    store.rebuild("demo", [*ALL, metric("pending")])
    assert figures(store)[0][0].runs == 2
    assert count(store, metric("pending")) == [True]
    assert figures(store)[0][0].runs == 3
    store.close()


def test_a_file_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    from zlib import crc32

    filled(tmp_path)
    path = tmp_path / "demo/assistant/v1.json"
    body = path.read_bytes().replace(b'"format": 1', b'"format": 2')
    body = body[: body.index(b',\n "checksum"')]
    newer = body + b',\n "checksum": "%08x"\n}\n' % crc32(body)
    path.write_bytes(newer)
    with pytest.raises(SchemaTooNew, match=r"v1\.json"):
        FileMetricsStore(str(tmp_path))
    assert path.read_bytes() == newer


def test_what_was_committed_and_not_written_is_written_at_the_next_opening(tmp_path):
    store = FileMetricsStore(str(tmp_path))
    count(store, metric("a"))
    # A folder in the file's place lets the commit stand and nothing follow from it.
    blocked = tmp_path / "demo/assistant/v2.json.tmp"
    blocked.mkdir()
    count(store, metric("b", version=2))
    found = figures(store)
    assert found[0][1].runs == 1
    with pytest.raises(StoreUnwritable):
        count(store, metric("c"))
    assert figures(store) == found
    store.close()
    assert (tmp_path / "commits.jsonl").stat().st_size > 0
    blocked.rmdir()
    again = FileMetricsStore(str(tmp_path))
    assert figures(again) == found
    assert (tmp_path / "commits.jsonl").stat().st_size == 0
    assert count(again, metric("b", version=2), metric("c")) == [False, True]
    again.close()


def in_a_process_that_dies(folder, runs):
    """Count *runs*, one a commit, and die without closing."""
    script = (
        "import os, sys; from storage.test_file_metrics import *; store = FileMetricsStore(sys.argv[1])\n"
        "for at, one in enumerate(sys.argv[2].split(',')): count(store, metric(one, version=at % 40 + 1))\n"
        "os._exit(0)"
    )
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
    subprocess.run([sys.executable, "-c", script, str(folder), ",".join(runs)], env=environment, check=True)


def test_a_power_cut_that_takes_what_was_not_synced_takes_nothing_that_was_committed(tmp_path):
    in_a_process_that_dies(tmp_path, [f"r{n}" for n in range(900)])
    commits = tmp_path / "commits.jsonl"
    assert commits.stat().st_size < 1_100_000
    recent = set()
    for line in commits.read_bytes().splitlines():
        said = json.loads(line.partition(b" ")[2])
        recent.update(said["whole"])
        for name, (size, _) in said["appended"].items():
            os.truncate(tmp_path / name, min(size, (tmp_path / name).stat().st_size))
    assert 0 < len(recent) < len(json_files(tmp_path)) + 1
    for name in recent:
        (tmp_path / name).write_bytes(b"")
    store = FileMetricsStore(str(tmp_path))
    assert store.damaged() == ()
    listed = store.read(lambda tx: tx.metrics("demo").list_summaries("assistant"))
    assert sum(one.summary.runs for one in listed) == 900
    assert count(store, metric("r0"), metric("r899"), metric("new")) == [False, False, True]
    store.close()


def test_a_flipped_bit_among_the_commits_is_passed_over_and_shows(tmp_path):
    runs = ("a", "b", "c", "d")
    for which in range(4):
        in_a_process_that_dies(tmp_path, [f"{name}{which}" for name in runs])
        commits = (tmp_path / "commits.jsonl").read_bytes().split(b"\n")
        assert len(commits) == 5
        commits[which] = commits[which].replace(b"whole", b"whOle")
        (tmp_path / "commits.jsonl").write_bytes(b"\n".join(commits))
        store = FileMetricsStore(str(tmp_path))
        everything = [
            metric(f"{name}{number}", version=at + 1)
            for number in range(which + 1)
            for at, name in enumerate(runs)
        ]
        if store.damaged():
            store.rebuild("demo", everything)
        count(store, *everything)
        listed = store.read(lambda tx: tx.metrics("demo").list_summaries("assistant"))
        assert [one.summary.runs for one in listed] == [which + 1] * 4
        store.close()


KILLED = """
import sys
from darwinflow.storage.files.metrics import FileMetricsStore
from storage.test_file_metrics import count, metric
store = FileMetricsStore(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    name = f"{sys.argv[2]}-{number}"
    count(store, metric(name, version=number % 2 + 1), metric(f"{name}x", version=1))
    print(name, flush=True)
    number += 1
"""


def test_a_writer_that_is_killed_leaves_each_run_counted_in_all_its_files_or_in_none(tmp_path):
    rng = random.Random(4)
    here = os.path.dirname(os.path.dirname(__file__))
    counted = 0
    for round_number in range(6):
        command = [sys.executable, "-c", KILLED, str(tmp_path / "m"), str(round_number)]
        environment = {**os.environ, "PYTHONPATH": here}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as writer:
            assert writer.stdout.readline() == "ready\n"
            for _ in range(rng.randrange(1, 12)):
                writer.stdout.readline()
            writer.kill()
            rest = writer.stdout.read().count("\n")
        counted += rest
        store = FileMetricsStore(str(tmp_path / "m"))
        assert store.damaged() == ()
        found = figures(store)
        by_version = sum(each.runs for each in found[0] if each is not None)
        by_hour = sum(each.runs for each in found[2][0])
        assert by_version == by_hour == found[1][0].runs
        assert by_version % 2 == 0
        assert by_version >= counted
        counted = by_version
        store.close()


def test_a_full_disk_is_told_of_and_changes_nothing(small_disk):
    store = FileMetricsStore(str(small_disk))
    count(store, metric("a"))
    (small_disk / "ballast").write_bytes(
        b"x" * (os.statvfs(small_disk).f_bavail * os.statvfs(small_disk).f_frsize)
    )
    with pytest.raises(StoreFull):
        count(store, *(metric(f"r{n}", version=n) for n in range(200)))
    assert figures(store)[0][0].runs == 1
    (small_disk / "ballast").unlink()
    assert count(store, metric("a"), metric("b")) == [False, True]
    store.close()
    again = FileMetricsStore(str(small_disk))
    assert (figures(again)[0][0].runs, again.damaged()) == (2, ())
    again.close()


def test_another_process_is_refused(tmp_path):
    store = FileMetricsStore(str(tmp_path))
    script = (
        f"from darwinflow.storage.files.metrics import FileMetricsStore; FileMetricsStore({str(tmp_path)!r})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert f"{tmp_path} is in use by another program" in done.stderr
    store.close()


@pytest.mark.parametrize(
    "text",
    ["", ".", "..", "a/b", "Demo", "demo", "größe", "caf\udce9", "x" * 300, "con", "a~b", "%41", ".git"],
)
def test_any_name_has_a_folder_of_its_own(tmp_path, text):
    store = FileMetricsStore(str(tmp_path))
    count(store, replace(metric("a"), workflow_id=text), project=text)
    store.close()
    again = FileMetricsStore(str(tmp_path))
    found = again.read(lambda tx: tx.metrics(text).get_summary(text, 1))
    assert found.runs == 1
    assert count(again, replace(metric("a"), workflow_id=text), project=text) == [False]
    again.close()
    assert text_of(name_of(text)) in (text, None)
    assert len(list(tmp_path.glob("*/*/v1.json"))) == 1


def test_names_that_differ_in_case_alone_differ_in_any_case():
    names = [name_of(text).casefold() for text in ("demo", "Demo", "DEMO", "größe", "GRÖSSE")]
    assert len(set(names)) == len(names)
