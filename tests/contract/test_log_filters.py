"""Every combination of filters, and every page of it, against a plain Python model."""

import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.conftest import files_then_sqlite, memory, postgres, sqlite
from contract.sample_runs import HASHES, NODES, START, WORKFLOWS, any_runs, finished, run_ids
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import ExecutionLog, RunStatus, header_of
from darwinflow.ports.tenant import Transaction

LOST = RunStatus.LOST

filters = st.builds(
    RunFilter,
    workflow=st.none() | st.sampled_from(WORKFLOWS),
    version=st.none() | st.integers(0, 2),
    workflow_hash=st.none() | st.sampled_from(HASHES),
    node=st.none() | st.sampled_from(NODES),
    status=st.none() | st.sampled_from(tuple(RunStatus)),
    since=st.none() | st.integers(0, 30).map(lambda tick: START.replace(second=tick)),
    until=st.none() | st.integers(0, 30).map(lambda tick: START.replace(second=tick)),
    text=st.none() | st.sampled_from(("", "TIMEOUT", "strasse", "straße", "%", "_", "again", "s\nt")),
    limit=st.integers(1, 4),
)


def expected(runs: list[tuple[ExecutionLog, bool]], wanted: RunFilter) -> list[str]:
    def fits(log: ExecutionLog, *, lost: bool) -> bool:
        errors = [step.error for step in log.steps] + [log.output.error if log.output else None]
        status = LOST if lost and log.output is None else log.status
        return all(
            (
                wanted.workflow is None or log.workflow_id == wanted.workflow,
                wanted.version is None or log.workflow_version == wanted.version,
                wanted.workflow_hash is None or log.workflow_hash == wanted.workflow_hash,
                wanted.node is None or any(step.node_id == wanted.node for step in log.steps),
                wanted.status is None or status is wanted.status,
                wanted.since is None or log.start_time >= wanted.since,
                wanted.until is None or log.start_time < wanted.until,
                wanted.text is None
                or any(wanted.text.casefold() in error.casefold() for error in errors if error is not None),
            )
        )

    found = [log for log, lost in runs if fits(log, lost=lost)]
    return [log.run_id for log in sorted(found, key=lambda log: (log.start_time, log.run_id), reverse=True)]


def fill(tx: Transaction, runs: list[tuple[ExecutionLog, bool]]) -> None:
    logs = tx.logs("demo")
    for log, lost in runs:
        if log.output is None:
            logs.start(log)
            if lost:
                logs.mark_lost(log.run_id)
        else:
            logs.store_log(log)


def all_pages(tx: Transaction, wanted: RunFilter) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = tx.logs("demo").query_logs(
            RunFilter(
                wanted.workflow,
                wanted.version,
                wanted.workflow_hash,
                wanted.node,
                wanted.status,
                wanted.since,
                wanted.until,
                wanted.text,
                wanted.limit,
                cursor,
            )
        )
        assert len(page.items) <= wanted.limit
        found += [header.run_id for header in page.items]
        cursor = page.next
        if cursor is None:
            return found


@pytest.mark.parametrize(
    "back_end", [memory, sqlite, postgres, files_then_sqlite], ids=lambda make: make.__name__
)
@settings(max_examples=40, deadline=None)
@given(
    runs=st.lists(
        st.tuples(any_runs(run_ids), st.booleans()), max_size=25, unique_by=lambda run: run[0].run_id
    ),
    wanted=st.lists(filters, min_size=1, max_size=12),
)
def test_each_filter_finds_what_the_model_finds(back_end, runs, wanted):
    with tempfile.TemporaryDirectory() as folder:
        handles = back_end(Path(folder))
        store = handles()
        store.write(lambda tx: fill(tx, runs)).result(10)
        for one in wanted:
            assert store.read(lambda tx, one=one: all_pages(tx, one)) == expected(runs, one)
        for log, lost in runs:
            assert store.read(lambda tx, log=log: tx.logs("demo").header(log.run_id)) == header_of(
                log, lost=lost
            )
            assert store.read(lambda tx, log=log: tx.logs("demo").get_log(log.run_id)) == log
        handles.close()


MANY = 1300
"""Errors, of which no index leaves all to be gone through one by one."""
WORDS = (
    "Timeout",
    "Straße",
    "n\x00ul",
    "100 %",
    "a_b",
    "'quoted\"",
    "größer",
    "日本",
    "host",
    "\ud83d",
    "retry",
)


def an_error(rng: random.Random, number: int) -> str:
    return f"{' '.join(rng.choices(WORDS, k=3))} on host-{number}"


@pytest.mark.parametrize(
    "back_end", [memory, sqlite, postgres, files_then_sqlite], ids=lambda make: make.__name__
)
def test_a_text_is_found_among_many_errors_as_the_model_finds_it(back_end, tmp_path):
    """Frequent ones and rare ones, early and late, of all runs and of some, to the last page."""
    rng = random.Random(5)
    runs = [
        (
            finished(
                f"r{number}",
                workflow=WORKFLOWS[number % 8 % 3],
                version=number % 2,
                text=HASHES[number % 3],
                at=number // 2,
                status=RunStatus.FAILED if number % 3 else RunStatus.CANCELLED,
                error=an_error(rng, number),
                nodes=("classify", "write") if number % 5 else ("classify",),
            ),
            False,
        )
        for number in range(MANY)
    ]
    texts = [
        "TIMEOUT",
        "straße timeout",
        "l n\x00",
        "% a_b",
        "host-7 ",
        "host-7",
        "HOST-1299",
        "host-12",
        "ßer",
        "日",
    ]
    texts += ["'quoted\" ", "\ud83d", "é", "no such", "st", "", "timeout timeout timeout on host-1"]
    ranges = [{}, {"since": runs[300][0].start_time}, {"until": runs[900][0].start_time}]
    kinds = [
        *ranges,
        {"workflow": WORKFLOWS[0], "version": 1},
        {"workflow": WORKFLOWS[1], **ranges[1]},
        {"workflow_hash": HASHES[1]},
        {"status": RunStatus.CANCELLED, "node": "write"},
    ]
    handles = back_end(tmp_path)
    store = handles()
    store.write(lambda tx: fill(tx, runs)).result(60)
    asked = [RunFilter(**kind, text=text, limit=400) for kind in kinds for text in texts]
    found = store.read(lambda tx: [all_pages(tx, one) for one in asked])
    for one, ids in zip(asked, found, strict=True):
        assert ids == expected(runs, one), one
    handles.close()
