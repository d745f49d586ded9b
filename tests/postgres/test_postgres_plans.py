"""What a run and a question cost at 20 000 runs: the statements, and the index that leads each."""

import re
from functools import partial
from typing import ClassVar

import psycopg
import pytest

from contract.sample_runs import HASH, START, finished, live, running
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.recording import record, record_finish, record_start, record_steps
from postgres_server import new_organization, shared

RUNS = 20_000
TIMEOUT = "timeout after 3 s"

QUESTIONS = {
    "the recent runs of a workflow": (
        "run_by_workflow",
        lambda logs: logs.get_recent("w1", None, 20),
    ),
    "the recent runs of a version": ("run_by_version", lambda logs: logs.get_recent("w1", 3, 20)),
    "the runs of a text": (
        "run_by_hash",
        lambda logs: logs.query_logs(RunFilter(workflow_hash="a1" * 32)),
    ),
    "the failed runs": ("run_by_status", lambda logs: logs.query_logs(RunFilter(status=RunStatus.FAILED))),
    "the failed runs of a time": (
        "run_by_status",
        lambda logs: logs.query_logs(
            RunFilter(status=RunStatus.FAILED, since=START, until=START.replace(hour=5))
        ),
    ),
    "the running ones": ("run_by_status", lambda logs: logs.query_logs(RunFilter(status=RunStatus.RUNNING))),
    "the newest runs of all": ("run_by_start", lambda logs: logs.query_logs(RunFilter())),
    "a page far behind": (
        "run_by_start",
        lambda logs: logs.query_logs(
            RunFilter(cursor=f"{int(START.timestamp() * 1_000_000) + 5_000_000_000}:r")
        ),
    ),
    "the page behind a cursor": (
        "run_by_workflow",
        lambda logs: logs.query_logs(
            RunFilter(workflow="w1", cursor=f"{int(START.timestamp() * 1_000_000) + 5_000_000_000}:r")
        ),
    ),
    "a header by id": ("run_pkey", lambda logs: logs.header("r1-7")),
    "a log by id": ("run_pkey", lambda logs: logs.get_log("r1-7")),
}


class Recording(psycopg.Cursor):
    """Remembers what is executed, by connection."""

    asked: ClassVar[list[tuple[object, object]]] = []

    def execute(self, query, params=None, **named):
        self.asked.append((query, params))
        return super().execute(query, params, **named)


def asked_by(tx, work):
    """The statements, with their values, that *work* runs."""
    Recording.asked = []
    tx.connection.cursor_factory = Recording
    try:
        work()
    finally:
        tx.connection.cursor_factory = psycopg.Cursor
    return Recording.asked


def words_of(asked):
    """The beginning of each statement: what it does, and to what."""
    found = []
    for query, _ in asked:
        text = query.decode() if isinstance(query, bytes) else query
        found.append(" ".join(re.sub(r"\s+", " ", text.strip()).split(" ")[:3]))
    return found


def record_all(logs, tx):
    for log in logs:
        record(tx, "demo", log)


@pytest.fixture(scope="module")
def store():
    """Twenty thousand runs of one project beside as many of another organization."""
    organizations = [new_organization(), new_organization()]
    for organization in organizations:
        opened = PostgresTenantStore(organization.dsn, organization.id)
        logs = [
            finished(
                f"r{number}",
                workflow=f"w{number % 5}",
                version=number // 5 % 4,
                text=f"{number % 7:02}" * 32 if number % 7 != 1 else "a1" * 32,
                at=number,
                status=RunStatus.FAILED if number % 20 == 0 else RunStatus.SUCCESS,
                error=TIMEOUT if number % 20 == 0 else None,
            )
            for number in range(200)
        ]
        assert opened.import_logs("demo", logs).result(60) == 200
        opened.write(partial(record_all, logs[:20])).result(60)
        opened.write(lambda tx: tx.logs("demo").start(live("running"))).result(60)
        opened.close()
    with psycopg.connect(shared().dsn(), autocommit=True) as link:
        link.execute(
            """
            INSERT INTO darwinflow.run
            SELECT organization, project, id || '-' || n, reverse(right(id || '-' || n, 12)), workflow, version, hash,
                status, started + n * 200 * 1000000::bigint, ended + n * 200 * 1000000::bigint, errors, brief, codec, body
            FROM darwinflow.run, generate_series(1, %s) AS n
            WHERE organization = ANY(%s) AND status <> 'RUNNING'
            """,
            (RUNS // 200 - 1, [organization.id for organization in organizations]),
        )
        link.execute("VACUUM ANALYZE")
    opened = PostgresTenantStore(organizations[0].dsn, organizations[0].id)
    yield opened
    opened.close()


def plans_of(store, work, mode):
    """The plan of each statement that *work* runs in a transaction that reads."""

    def explain(tx):
        asked = asked_by(tx, partial(work, tx))
        tx.connection.execute("SELECT set_config('plan_cache_mode', %s, true)", (mode,))
        return [
            "\n".join(
                line for (line,) in tx.connection.execute(f"EXPLAIN (COSTS OFF) {query}", values).fetchall()
            )
            for query, values in asked
        ]

    return store.read(explain)


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_about_runs_is_led_by_its_index_in_the_order_of_the_answer(store, question):
    index, ask = QUESTIONS[question]
    (plan,) = plans_of(store, lambda tx: ask(tx.logs("demo")), "force_custom_plan")
    assert re.search(rf"Index Scan (Backward )?using {index} on run", plan), plan
    assert not re.search(r"Seq Scan on run$", plan, re.MULTILINE), plan
    assert "Sort" not in plan or "by id" in question, plan


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_reads_hardly_more_rows_than_it_answers(store, question):
    _, ask = QUESTIONS[question]

    def explain(tx):
        ((query, values),) = asked_by(tx, lambda: ask(tx.logs("demo")))
        return tx.connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", values).fetchone()[0][0][
            "Plan"
        ]

    assert rows_read(store.read(explain)) <= 51


def rows_read(plan):
    scans = [node for node in nodes_of(plan) if node.get("Relation Name") == "run"]
    return sum(node["Actual Rows"] + node.get("Rows Removed by Filter", 0) for node in scans)


def nodes_of(plan):
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes_of(inner)


TEXTS = {
    "that the newest have": (RunFilter(text="AFTER 3"), ["run_by_error", "run_by_error"]),
    "that none has": (RunFilter(text="unheard"), ["run_by_error", "run_by_error", "run_pkey"]),
    "of a workflow": (
        RunFilter(workflow="w1", text="unheard"),
        ["run_by_workflow", "run_by_(workflow|error)", "run_pkey"],
    ),
    "of a text": (
        RunFilter(workflow_hash="a1" * 32, text="unheard"),
        ["run_by_hash", "run_by_(hash|error)", "run_pkey"],
    ),
}


@pytest.mark.parametrize("which", TEXTS)
def test_a_text_is_looked_for_in_the_newest_few_and_looked_up_for_the_rest(store, which):
    wanted, indexes = TEXTS[which]
    plans = plans_of(store, lambda tx: tx.logs("demo").query_logs(wanted), "force_custom_plan")
    for plan, index in zip(plans, indexes, strict=True):
        assert re.search(rf"(using|Bitmap Index Scan on) {index}\b", plan), plan
        assert "Seq Scan" not in plan, plan
    assert "Index Only Scan Backward" in plans[0], plans[0]

    def explain(tx):
        _, (query, values), *_ = asked_by(tx, lambda: tx.logs("demo").query_logs(wanted))
        return tx.connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", values).fetchone()[0][0][
            "Plan"
        ]

    assert rows_read(store.read(explain)) <= 501


def test_what_is_looked_up_is_led_by_the_index_of_pieces_below_row_security(store, admin):
    """As a member asks it; the server tells the plan of what runs within the function."""
    asked = store.read(lambda tx: asked_by(tx, lambda: tx.logs("demo").query_logs(RunFilter(text="unheard"))))
    query, values = asked[-1]
    told = []
    admin.execute("LOAD 'auto_explain'")
    admin.execute(
        "SET auto_explain.log_min_duration = 0; SET auto_explain.log_nested_statements = on; "
        "SET auto_explain.log_analyze = on; SET client_min_messages = log; SET SESSION AUTHORIZATION ada"
    )
    admin.add_notice_handler(lambda notice: told.append(notice.message_primary))
    with admin.transaction():
        admin.execute("SELECT set_config('darwinflow.organization', %(organization)s, true)", values)
        assert admin.execute(query, values).fetchall() == []
    (plan,) = [plan for plan in told if "run_by_error_pieces" in plan]
    assert "Seq Scan" not in plan
    assert re.search(r"Bitmap Index Scan on run_by_error_pieces .*actual time=\S+ rows=0 ", plan), plan


def test_an_error_of_another_organization_is_not_touched(store, admin):
    """Its pieces are others, so that not even the time that an answer takes tells of it."""
    keys = admin.execute(
        "SELECT darwinflow.error_pieces('orgone01', 'timeout') && darwinflow.error_pieces('orgtwo02', 'timeout')"
    ).fetchone()
    assert keys == (False,)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_a_run_is_found_by_either_end_through_an_index(store, mode):
    (plan,) = plans_of(store, lambda tx: tx.logs("demo").find("r12"), mode)
    assert "run_pkey on run" in plan
    assert "run_by_tail on run" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("index", "ask"),
    [
        ("run_pkey", lambda tx: tx.logs("demo").header("r1-7")),
        ("run_pkey", lambda tx: tx.logs("demo").get_log("r1-7")),
        ("summary_pkey", lambda tx: tx.metrics("demo").get_summary("w0", 3)),
        ("summary_pkey", lambda tx: tx.metrics("demo").get_text_summary("w0", HASH)),
        ("summary_pkey", lambda tx: tx.metrics("demo").list_summaries("w0")),
        ("hour_sums_pkey", lambda tx: tx.metrics("demo").get_hours("w0", START, START)),
        ("node_sums_pkey", lambda tx: tx.metrics("demo").get_nodes("w0", START, START)),
        ("journal_pkey", lambda tx: tx.journals.taken("j.jsonl").offset),
        ("event_by_topic", lambda tx: tx.events.read_since("run", 5, 10)),
        ("consumer_pkey", lambda tx: tx.events.saved_offset("lens", "run")),
        ("outbox_pkey", lambda tx: tx.outbox.pending(10)),
        ("erased_run_pkey", lambda tx: tx.logs("demo").is_erased("r1-7")),
        ("erased_run_pkey", lambda tx: tx.logs("demo").erased()),
        ("pinned_run_pkey", lambda tx: tx.logs("demo").pinned()),
        ("removed_pkey", lambda tx: tx.logs("demo").removed()),
        ("run_by_workflow", lambda tx: tx.logs("demo").workflows()),
    ],
)
def test_the_other_questions_can_use_an_index_however_they_are_planned(store, index, ask, mode):
    """Small tables are read whole where that is cheaper; with that forbidden each has its index."""

    def explain(tx):
        ((query, values),) = asked_by(tx, partial(ask, tx))
        tx.connection.execute(
            "SELECT set_config('plan_cache_mode', %s, true), set_config('enable_seqscan', 'off', true), "
            "set_config('enable_bitmapscan', 'off', true)",
            (mode,),
        )
        return "\n".join(
            line for (line,) in tx.connection.execute(f"EXPLAIN (COSTS OFF) {query}", values).fetchall()
        )

    plan = store.read(explain)
    assert f"using {index}" in plan, plan
    assert "organization = " in plan


def test_a_finished_run_is_six_statements_in_four_exchanges(organization, open_store):
    """The last three go together. The summaries are read for the first run alone."""
    store = open_store(organization.dsn, organization.id)
    store.write(lambda tx: record(tx, "demo", finished("first"))).result(10)
    asked = []

    def keep(tx):
        asked.extend(asked_by(tx, lambda: record(tx, "demo", finished("second"))))
        tx.connection.cursor_factory = Recording

    store.write(keep).result(10)
    Recording.asked = []
    store.write(lambda tx: record(tx, "demo", finished("third"))).result(10)
    assert words_of(asked) == ["INSERT INTO darwinflow.run", "WITH news AS"]
    assert words_of(Recording.asked) == [
        "BEGIN ISOLATION LEVEL",
        "INSERT INTO darwinflow.run",
        "WITH news AS",
        "INSERT INTO darwinflow.node_sums",
        "WITH published AS",
        "COMMIT",
    ]


def test_a_live_run_costs_three_statements_a_round_of_steps(organization, open_store):
    store = open_store(organization.dsn, organization.id)
    store.write(lambda tx: record(tx, "demo", finished("first"))).result(10)
    store.write(lambda tx: record_start(tx, "demo", live("r"))).result(10)
    steps = [(0, running("classify")), (1, running("write"))]
    done = RunOutput(RunStatus.SUCCESS, START)

    def grow(tx):
        return (
            words_of(asked_by(tx, lambda: record_steps(tx, "demo", "r", steps))),
            words_of(asked_by(tx, lambda: record_finish(tx, "demo", "r", done))),
        )

    growing, finishing = store.write(grow).result(10)
    assert growing == ["SELECT status, brief::text,", "WITH step AS", "SELECT id, workflow,"]
    assert finishing == ["SELECT id, workflow,", "SELECT codec, body,", "WITH steps AS", "WITH news AS"]
