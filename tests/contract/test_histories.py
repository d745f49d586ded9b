"""Any history of recording, with restarts on the way, has the same answers on every back end and every mix of them."""

import tempfile
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.conftest import MIXES, memory, sqlite
from contract.sample_runs import HASHES, START, WORKFLOWS, any_runs
from contract.test_log_filters import all_pages, filters
from darwinflow.model.errors import DarwinFlowError
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunOutput, RunStatus, StepLog
from darwinflow.ports.journals import Taken
from darwinflow.storage.recording import record, record_finish, record_lost, record_start, record_steps

IDS = ("a", "b", "c:1", "c:2", "d.e")
PROJECTS = ("demo", "Größe", "folder\udcff")
REOPEN = "reopen"

ids = st.sampled_from(IDS)
outputs = st.builds(
    RunOutput,
    status=st.sampled_from((RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.CANCELLED)),
    end_time=st.integers(0, 9).map(lambda hour: START + timedelta(hours=hour)),
    error=st.sampled_from((None, "Timeout")),
)
steps = st.builds(
    StepLog,
    step_id=st.sampled_from("xy"),
    node_id=st.sampled_from(("classify", "größe")),
    start_time=st.just(START),
    status=st.sampled_from((RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.RUNNING)),
    error=st.sampled_from((None, "zu spät\nzweite Zeile")),
)


def recorded(log):
    return (record if log.output is not None else record_start), (log,)


changes = st.one_of(
    any_runs(ids).map(recorded),
    st.tuples(
        st.just(record_steps), st.tuples(ids, st.lists(st.tuples(st.integers(0, 2), steps), max_size=3))
    ),
    st.tuples(st.just(record_finish), st.tuples(ids, outputs)),
    st.tuples(st.just(record_lost), st.tuples(ids)),
)
works = st.tuples(st.sampled_from(PROJECTS), st.lists(changes, min_size=1, max_size=4))
histories = st.lists(works | st.just(REOPEN), min_size=1, max_size=14)


def attempt_all(tx, project, todo):
    """What each change says, or which error it is refused with."""
    said = []
    for change, arguments in todo:
        try:
            said.append(tx.attempt(partial(change, tx, project, *arguments)))
        except DarwinFlowError as error:
            said.append(type(error).__name__)
    tx.journals.advance("j.jsonl", Taken(tx.journals.taken("j.jsonl").offset + len(todo)))
    return said


def answers(tx, wanted):
    return [_of_project(tx, project, wanted) for project in PROJECTS] + [
        tx.journals.taken("j.jsonl").offset,
        [
            (event.offset, event.key, _lasting(event.payload))
            for event in tx.events.read_since("run", 0, 1_000)
        ],
    ]


def _lasting(payload):
    """What is told of a live run is how it is when it is told, which is later where a follower does."""
    return payload if payload["kind"] == "run.stored" else (payload["kind"], payload["project"])


def _of_project(tx, project, wanted):
    logs, metrics = tx.logs(project), tx.metrics(project)
    everything = logs.query_logs(RunFilter(limit=100)).items
    return (
        everything,
        [logs.get_log(header.run_id) for header in everything],
        [logs.find(part) for part in ("a", "c", "2", "")],
        [all_pages(tx, one) for one in wanted],
        metrics.list_summaries(None),
        [metrics.get_text_summary(name, text) for name in WORKFLOWS for text in HASHES],
        [metrics.get_hours(name, START, START + timedelta(days=1)) for name in WORKFLOWS],
    )


@pytest.mark.parametrize("mix", [sqlite, *MIXES], ids=lambda make: make.__name__)
@settings(max_examples=8, deadline=None)
@given(history=histories, wanted=st.lists(filters, min_size=1, max_size=4))
def test_every_mix_answers_as_the_model_does(mix, history, wanted):
    with tempfile.TemporaryDirectory() as folder:
        model, handles = memory(Path(folder)), mix(Path(folder))
        expected, store = model(), handles()
        for one in history:
            if one == REOPEN:
                store.close()
                store = handles()
                continue
            work = partial(attempt_all, project=one[0], todo=one[1])
            assert store.write(work).result(10) == expected.write(work).result(10)
        ask = partial(answers, wanted=wanted)
        assert store.read(ask) == expected.read(ask)
        store.close()
        store = handles()
        assert store.read(ask) == expected.read(ask)
        handles.close()
        model.close()
