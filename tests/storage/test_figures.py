"""All figures of a store, carried to another back end as they are: the same answers, and counting goes on."""

from datetime import timedelta
from itertools import product

import pytest

from contract.sample_runs import HASH, START, finished
from darwinflow.model.metric import metric_of
from darwinflow.storage.figures import Figures, digest_of_figures
from darwinflow.storage.files.metrics import FileMetricsStore
from darwinflow.storage.postgres.tenant import PostgresTenantStore
from darwinflow.storage.sqlite.tenant import SqliteTenantStore
from postgres_server import new_organization

ODD = "\x00 \x1a ü"


def files(folder):
    return FileMetricsStore(str(folder / "metrics"))


def sqlite(folder):
    return SqliteTenantStore(str(folder / "tenant.db"))


def postgres(folder):
    organization = new_organization()
    return PostgresTenantStore(organization.dsn, organization.id)


MAKERS = (files, sqlite, postgres)


def metrics(first, last):
    found = []
    for number in range(first, last):
        log = finished(
            f"run-{number}",
            workflow=("assistant", "odd \x1a", "ünter")[number % 3],
            version=number % 4,
            at=number * 700,
            seconds=0.1 + number * 0.37,
            text=HASH if number % 2 else "",
            nodes=("classify", "größe", ODD)[: 1 + number % 3],
        )
        found.append((("demo", ODD)[number % 5 == 0], metric_of(log)))
    return found


def count(store, recorded):
    def work(tx):
        for project, metric in recorded:
            tx.metrics(project).record_execution(metric)

    store.write(work).result(20)


def answers(store):
    def work(tx):
        said = []
        for project in ("demo", ODD):
            figures = tx.metrics(project)
            said.append(figures.list_summaries(None))
            for workflow in ("assistant", "odd \x1a", "ünter"):
                said.append(figures.get_text_summary(workflow, HASH))
                said.append(figures.get_hours(workflow, START, START + timedelta(days=3)))
                said.append(figures.get_nodes(workflow, START, START + timedelta(days=3)))
                assert said[-1]
        return said

    return store.read(work)


@pytest.mark.parametrize(("one", "other"), [*product(MAKERS, MAKERS)], ids=lambda make: make.__name__)
def test_figures_are_carried_as_they_are_and_counting_goes_on(tmp_path, one, other):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    source, target = one(tmp_path / "a"), other(tmp_path / "b")
    try:
        assert isinstance(source, Figures)
        assert isinstance(target, Figures)
        count(source, metrics(0, 60))
        rows, counted = source.figures()
        assert len(counted) == 60
        for _ in range(2):  # as after a kill
            target.put_figures(rows, counted)
            assert digest_of_figures(*target.figures()) == digest_of_figures(rows, counted)
            assert answers(target) == answers(source)
        for store in (source, target):
            count(store, metrics(40, 90))
        assert answers(target) == answers(source)
        assert digest_of_figures(*target.figures()) == digest_of_figures(*source.figures())
        assert digest_of_figures(*target.figures()) != digest_of_figures(rows, counted)
    finally:
        source.close()
        target.close()
