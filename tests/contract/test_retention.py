"""What retention lets go of, on every store of logs: never more than it should, and into the archive before it goes."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta

import pytest

from contract.sample_runs import START, STEP, finished, live
from darwinflow.model.filter import RunFilter
from darwinflow.model.retention import Retention, Rule, Rules
from darwinflow.model.run import RunStatus
from darwinflow.storage.archive import Archive
from darwinflow.storage.files.logs import FileLogStore
from darwinflow.storage.retention import Pass, due
from darwinflow.storage.run_file import FiledRun
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

DAY = 24 * 3600
NOW = START + timedelta(days=100)


def keep(store, *logs, project="demo"):
    store.write(lambda tx: [tx.logs(project).store_log(log) for log in logs]).result(10)


def ids(store, project="demo"):
    page = store.read(lambda tx: tx.logs(project).query_logs(RunFilter(limit=500)))
    return {header.run_id for header in page.items}


def let_go(store, retention, archive=None, *, projects=("demo",), rest=lambda _: True):
    going = Pass(store, store, archive, rest)
    going.run(projects, retention, NOW)
    return going


def at_days(run_id, days, **more):
    """A run that began so many days before `NOW`."""
    return finished(run_id, at=(100 - days) * DAY, **more)


def test_where_nothing_is_said_nothing_goes(open_logs):
    store = open_logs()
    keep(store, at_days("a", 99))
    assert let_go(store, Retention()).removed == 0
    assert list(due(store, ["demo"], Retention(), NOW)) == []
    assert ids(store) == {"a"}


def test_runs_go_by_age_unless_they_are_among_the_newest_of_their_workflow(open_logs):
    store = open_logs()
    keep(store, *(at_days(f"a{days}", days) for days in (1, 20, 31, 40, 50)))
    keep(store, *(at_days(f"b{days}", days, workflow="rare") for days in (60, 70, 80)))
    rules = Rules(Rule(30, 2), None)
    assert [(one.workflow, one.runs) for one in due(store, ["demo"], Retention(rules), NOW)] == [
        ("assistant", 3),
        ("rare", 1),
    ]
    assert let_go(store, Retention(rules)).removed == 4
    assert ids(store) == {"a1", "a20", "b60", "b70"}
    assert let_go(store, Retention(rules)).removed == 0


def test_kinds_and_workflows_have_rules_of_their_own(open_logs):
    store = open_logs()
    failed = [RunStatus.FAILED, RunStatus.CANCELLED]
    keep(store, *(at_days(f"bad{n}", 40 + n, status=status) for n, status in enumerate(failed)))
    keep(store, at_days("good", 40), at_days("kept", 40, workflow="audit"), at_days("young", 5))
    retention = Retention(Rules(Rule(30, 0), Rule(0, 1)), (("audit", Rules()),))
    let_go(store, retention)
    assert ids(store) == {"bad0", "kept", "young"}


def test_runs_that_live_or_are_pinned_stay_and_lost_ones_count_as_failed(open_logs):
    store = open_logs()
    store.write(
        lambda tx: (
            tx.logs("demo").start(live("lives")),
            tx.logs("demo").start(live("lost", steps=(STEP,))),
            tx.logs("demo").mark_lost("lost"),
        )
    ).result(10)
    keep(store, at_days("pinned", 90), at_days("old", 90))
    store.write(lambda tx: tx.logs("demo").pin("pinned", pinned=True)).result(10)
    let_go(store, Retention(Rules(Rule(1, 0), Rule(1, 0))))
    assert ids(store) == {"lives", "pinned"}


def test_what_goes_is_archived_as_it_was_each_once(open_logs, tmp_path):
    store, archive = open_logs(), Archive(str(tmp_path / "archive"))
    old = [at_days(f"r{n:02}", 90 - n) for n in range(40)]
    keep(store, *old)
    keep(store, at_days("other", 90), project="second")
    archive.add(
        [FiledRun("demo", run, False) for run in old[:7]]
    )  # as who was killed before deleting has left it
    going = let_go(store, Retention(Rules(Rule(30, 0))), archive, projects=("demo", "second"))
    assert going.removed == 41
    assert ids(store) == ids(store, "second") == set()
    assert [Archive(archive.path).get("demo", run.run_id).log for run in old] == old
    lines = b"".join(path.read_bytes() for path in (tmp_path / "archive").glob("*.index.jsonl"))
    assert lines.count(b'"project":"demo"') == 40


def test_a_pass_that_is_stopped_is_taken_up_by_the_next(open_logs, tmp_path):
    store, archive = open_logs(), Archive(str(tmp_path / "archive"))
    keep(store, *(at_days(f"r{n:02}", 90) for n in range(40)))
    first = let_go(store, Retention(Rules(Rule(30, 0))), archive, rest=lambda _: False)
    assert 0 < first.removed < 40
    assert len(ids(store)) == 40 - first.removed
    assert let_go(store, Retention(Rules(Rule(30, 0))), archive).removed == 40 - first.removed


def test_a_run_that_goes_on_meanwhile_stays(open_logs):
    store = open_logs()
    keep(store, *(at_days(f"r{n}", 90 - n) for n in range(20)))

    def pin_the_oldest(_):
        store.write(lambda tx: tx.logs("demo").pin("r0", pinned=True)).result(10)
        return True

    let_go(store, Retention(Rules(Rule(30, 0))), rest=pin_the_oldest)
    assert ids(store) == {"r0"}


@pytest.mark.parametrize("seed", range(5))
def test_it_agrees_with_a_plain_model(open_logs, seed):
    store, rng = open_logs(), random.Random(seed)
    statuses = (RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.CANCELLED)
    runs = [
        at_days(f"r{n:02}", rng.randrange(90), workflow=rng.choice("ab"), status=rng.choice(statuses))
        for n in range(40)
    ]
    keep(store, *runs)
    pinned = set(rng.sample([run.run_id for run in runs], 4))
    store.write(lambda tx: [tx.logs("demo").pin(run_id, pinned=True) for run_id in pinned]).result(10)
    rules = Rules(Rule(rng.randrange(60), rng.randrange(6)), Rule(rng.randrange(60), rng.randrange(6)))
    stays = set(pinned)
    for workflow in "ab":
        for is_good, rule in zip((True, False), rules, strict=True):
            group = [
                run
                for run in runs
                if run.workflow_id == workflow and (run.status is RunStatus.SUCCESS) == is_good
            ]
            group.sort(key=lambda run: (run.start_time, run.run_id), reverse=True)
            stays |= {
                run.run_id
                for place, run in enumerate(group)
                if place < rule.keep_last or run.start_time >= NOW - timedelta(days=rule.days)
            }
    expected = Counter(run.workflow_id for run in runs if run.run_id not in stays)
    told = Counter()
    for one in due(store, ["demo"], Retention(rules), NOW):
        told[one.workflow] += one.runs
    assert told == expected
    let_go(store, Retention(rules))
    assert ids(store) == stays


def test_free_space_is_given_back(tmp_path):
    path = tmp_path / "t.db"
    store = SqliteTenantStore(str(path))
    keep(store, *(at_days(f"r{n:04}", 90, nodes=tuple(f"n{n}-{m}" for m in range(300))) for n in range(200)))
    store.scrub("demo", [])
    before = path.stat().st_size
    let_go(store, Retention(Rules(Rule(30, 0))))
    store.scrub("demo", [])
    assert path.stat().st_size < before / 3
    store.close()


KILLED = """
import sys
from contract.test_retention import NOW, let_go, opened
from darwinflow.model.retention import Retention, Rule, Rules
from darwinflow.storage.archive import Archive

store = opened(sys.argv[1], sys.argv[2])
print("ready", flush=True)
let_go(store, Retention(Rules(Rule(30, 0))), Archive(sys.argv[2] + "/archive"))
print("done", flush=True)
"""


def opened(kind, folder):
    return FileLogStore(f"{folder}/logs") if kind == "files" else SqliteTenantStore(f"{folder}/t.db")


@pytest.mark.parametrize("kind", ["sqlite", "files"])
def test_who_is_killed_between_archiving_and_deleting_loses_nothing_and_keeps_nothing_twice(tmp_path, kind):
    old = [at_days(f"r{n:03}", 90 - n % 50) for n in range(300)]
    store = opened(kind, tmp_path)
    keep(store, *old, at_days("young", 3))
    store.close()
    rng, is_done = random.Random(5), False
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(__file__))}
    for _ in range(40):
        command = [sys.executable, "-c", KILLED, kind, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as going:
            assert going.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0.0, 0.08))
            going.kill()
            is_done = "done" in going.stdout.read()
        store, archive = opened(kind, tmp_path), Archive(str(tmp_path / "archive"))
        left = ids(store)
        store.close()
        archived = {header.run_id for header in archive.query("demo", RunFilter(limit=500)).items}
        assert left | archived == {run.run_id for run in old} | {"young"}
        if is_done:
            break
    if not is_done:
        subprocess.run([sys.executable, "-c", KILLED, kind, str(tmp_path)], check=True, env=environment)
    store = opened(kind, tmp_path)
    assert ids(store) == {"young"}
    store.close()
    archive = Archive(str(tmp_path / "archive"))
    assert [archive.get("demo", run.run_id).log for run in old] == old
    lines = b"".join(path.read_bytes() for path in (tmp_path / "archive").glob("*.index.jsonl"))
    assert lines.count(b'"project":"demo"') == len(old)
