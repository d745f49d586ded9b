"""Runs go from a server by the dozen: each question to it takes its time."""

from datetime import timedelta

from contract.sample_runs import START, finished
from darwinflow.model.filter import RunFilter
from darwinflow.model.retention import Retention, Rule, Rules
from darwinflow.storage.archive import Archive
from darwinflow.storage.retention import LEAST_OF_MANY, Pass


def test_runs_are_archived_and_deleted_many_at_once(tmp_path, organization, open_store):
    store = open_store(organization.dsn, organization.id)
    store.import_logs("demo", [finished(f"r{number}", at=number) for number in range(300)]).result(60)
    store.write(lambda tx: tx.logs("demo").pin("r7", pinned=True)).result(10)
    steps = []
    archive = Archive(str(tmp_path / "archive"))
    going = Pass(store, store, archive, lambda seconds: steps.append(seconds) or True)
    going.run(("demo",), Retention(Rules(Rule(1, 0), None)), START + timedelta(days=9))
    assert going.removed == 299
    assert len(steps) <= 300 / LEAST_OF_MANY + 6
    left, removed = store.read(
        lambda tx: (tx.logs("demo").query_logs(RunFilter(limit=9)).items, tx.logs("demo").removed())
    )
    assert ([header.run_id for header in left], removed) == (["r7"], 299)
