"""Each question that the ports ask is answered through an index made for it, in its order."""

from datetime import timedelta

import pytest

from contract.sample_runs import HASH, START, finished
from darwinflow.model.filter import RunFilter
from darwinflow.model.metric import metric_of
from darwinflow.model.run import RunStatus
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

QUESTIONS = {
    "the recent runs of a workflow": (
        "run_by_workflow (project=? AND workflow=? AND started>? AND (started,id)<(?,?))",
        lambda logs: logs.get_recent("assistant", None, 20),
    ),
    "the recent runs of a version": (
        "run_by_version (project=? AND workflow=? AND version=? AND started>? AND (started,id)<(?,?))",
        lambda logs: logs.get_recent("assistant", 3, 20),
    ),
    "the runs of a text": (
        "run_by_hash (project=? AND <expr>=? AND started>? AND (started,id)<(?,?))",
        lambda logs: logs.query_logs(RunFilter(workflow="assistant", version=3, workflow_hash=HASH)),
    ),
    "the failed runs": (
        "run_by_status (project=? AND status=? AND started>? AND (started,id)<(?,?))",
        lambda logs: logs.query_logs(RunFilter(status=RunStatus.FAILED)),
    ),
    "the runs that succeeded": (
        "run_by_start (project=? AND started>? AND (started,id)<(?,?))",
        lambda logs: logs.query_logs(RunFilter(status=RunStatus.SUCCESS)),
    ),
    "the runs with a text in their errors": (
        "error_text VIRTUAL TABLE INDEX",
        lambda logs: logs.query_logs(RunFilter(text="timeout")),
    ),
    "the runs with a letter in their errors": (
        "run_by_error (project=? AND started>? AND (started,id)<(?,?))",
        lambda logs: logs.query_logs(RunFilter(text="t")),
    ),
    "the newest runs of all": (
        "run_by_start (project=? AND started>? AND (started,id)<(?,?))",
        lambda logs: logs.query_logs(RunFilter()),
    ),
    "the page behind a cursor": (
        "run_by_workflow (project=? AND workflow=? AND started>? AND (started,id)<(?,?))",
        lambda logs: logs.query_logs(RunFilter(workflow="assistant", cursor="1:r")),
    ),
    "a workflow's failed runs with a node and a text": (
        "run_by_workflow (project=? AND workflow=? AND started>? AND (started,id)<(?,?))",
        lambda logs: logs.query_logs(
            RunFilter(workflow="assistant", status=RunStatus.FAILED, node="classify", text="timeout")
        ),
    ),
    "a header by id": ("(project=? AND id=?)", lambda logs: logs.header("r1")),
    "a log by id": ("(project=? AND id=?)", lambda logs: logs.get_log("r1")),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    opened = SqliteTenantStore(str(tmp_path_factory.mktemp("plans") / "t.db"))

    def fill(tx):
        for number in range(300):
            log = finished(
                f"r{number}", version=number % 5, at=number, workflow=f"w{number % 3}", error="timeout"
            )
            tx.logs("demo").store_log(log)
            tx.metrics("demo").record_execution(metric_of(log))
        tx.connection.execute("ANALYZE")

    opened.write(fill).result(30)
    yield opened
    opened.close()


def plans_of(store, ask):
    """The plan of each statement that *ask* runs."""

    def explain(tx):
        asked = []
        tx.connection.exec_trace = lambda cursor, sql, values: asked.append((sql, values)) or True
        ask(tx)
        tx.connection.exec_trace = None
        return [
            [row[3] for row in tx.connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()]
            for sql, values in asked
        ]

    return store.read(explain)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_runs_uses_its_index(store, question):
    index, ask = QUESTIONS[question]
    plans = plans_of(store, lambda tx: ask(tx.logs("demo")))
    lines = [line for plan in plans for line in plan]
    assert index in lines[0]
    assert not any(line.startswith("SCAN run") or "TEMP B-TREE" in line for line in lines), lines


def test_a_run_is_found_by_either_end_through_an_index(store):
    lines = [line for plan in plans_of(store, lambda tx: tx.logs("demo").find("r12")) for line in plan]
    assert any("sqlite_autoindex_run_1 (project=? AND id>? AND id<?)" in line for line in lines), lines
    assert any("run_by_tail (project=? AND tail>? AND tail<?)" in line for line in lines), lines
    assert not any(line.startswith("SCAN run") for line in lines), lines


@pytest.mark.parametrize(
    "ask",
    [
        lambda tx: tx.metrics("demo").get_summary("w0", 3),
        lambda tx: tx.metrics("demo").get_text_summary("w0", HASH),
        lambda tx: tx.metrics("demo").list_summaries("w0"),
        lambda tx: tx.metrics("demo").get_hours("w0", START, START + timedelta(days=30)),
        lambda tx: tx.metrics("demo").get_nodes("w0", START, START + timedelta(days=30)),
        lambda tx: tx.journals.taken("j.jsonl").offset,
        lambda tx: tx.logs("demo").is_erased("r1"),
        lambda tx: tx.logs("demo").erased(),
        lambda tx: tx.logs("demo").pinned(),
        lambda tx: tx.logs("demo").removed(),
    ],
    ids=[
        "summary of a version",
        "summary of a text",
        "summaries of a workflow",
        "hours",
        "nodes",
        "journal offset",
        "erased",
        "all erased",
        "all pinned",
        "removed",
    ],
)
def test_the_other_questions_use_an_index_too(store, ask):
    lines = [line for plan in plans_of(store, ask) for line in plan]
    assert lines
    assert all(line.startswith("SEARCH") for line in lines), lines


def test_the_workflows_are_one_look_into_an_index_each(store):
    lines = [line for plan in plans_of(store, lambda tx: tx.logs("demo").workflows()) for line in plan]
    looks = [line for line in lines if "run" in line.split()]
    assert len(looks) == 2
    assert all(
        line.startswith("SEARCH run USING COVERING INDEX run_by_workflow (project=?") for line in looks
    ), lines


def test_deleting_a_run_looks_nowhere_but_at_its_own_rows(store):
    def explain(tx):
        asked = []
        tx.connection.exec_trace = lambda cursor, sql, values: asked.append((sql, values)) or True
        tx.logs("demo").delete("r7", for_good=True)
        tx.connection.exec_trace = None
        lines = [
            row[3]
            for sql, values in asked
            for row in tx.connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        ]
        raise Undone(lines)

    with pytest.raises(Undone) as told:
        store.write(explain).result(10)
    assert told.value.lines
    assert not any(line.startswith("SCAN") for line in told.value.lines), told.value.lines


class Undone(Exception):
    def __init__(self, lines):
        super().__init__()
        self.lines = lines
