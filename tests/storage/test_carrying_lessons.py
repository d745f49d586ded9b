"""What was learned from runs goes along with their figures, and what waits still waits."""

import pytest

from contract.sample_runs import finished
from darwinflow.model.metric import metric_of
from darwinflow.storage.files.metrics import FileMetricsStore
from darwinflow.storage.migrating import MetricsPair, copy_figures
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

TALLIES = '{"learned":[1,2]}'


def files(folder):
    return FileMetricsStore(str(folder / "metrics"))


def sqlite(folder):
    return SqliteTenantStore(str(folder / "tenant.db"))


@pytest.mark.parametrize(("one", "other"), [(sqlite, files), (files, sqlite), (sqlite, sqlite)])
def test_tallies_arrive_once_and_the_same_runs_wait_in_the_same_order(tmp_path, one, other):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    source, target = one(tmp_path / "a"), other(tmp_path / "b")
    runs = [finished(f"run-{number}", at=number) for number in (3, 1, 4, 2, 5)]
    workflow = runs[0].workflow_id

    def fill(tx):
        metrics = tx.metrics("demo")
        for run in runs:
            metrics.record_execution(metric_of(run))
        assert metrics.learn(("run-3", "run-1", "run-4"), {workflow: TALLIES})

    def state(tx):
        return tx.metrics("demo").get_tallies(workflow), tx.metrics("demo").runs_to_learn(10)

    source.write(fill).result(20)
    assert source.read(state) == (TALLIES, ("run-2", "run-5"))
    for _ in range(2):  # again, as after a kill
        told = copy_figures(source, target, MetricsPair(source, target), None, ("demo",))
        assert told.counted == 5
        assert target.read(state) == (TALLIES, ("run-2", "run-5"))
    source.close()
    target.close()
