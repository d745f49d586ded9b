"""`darwinflow storage repair`, where events or pages cannot be read: nothing of a run is lost, and errors name it first."""

from contextlib import closing

import apsw
import pytest

from cli.recorded_runs import record
from cli.test_storage_repair import database, figures, overwrite_page, run_ids
from daemon_process import eventually
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

CONTROL = "UPDATE _honker_stream SET payload = replace(payload, '\"runId\"', '\"run' || char(1) || 'Id\"')"


@pytest.mark.parametrize("harm", ["a page", "an index", "what events say"])
def test_events_that_cannot_be_read_are_dropped_and_who_follows_begins_anew(darwinflow, tmp_path, harm):
    record(darwinflow, 4)
    before, metrics = run_ids(darwinflow), figures(darwinflow)
    darwinflow("daemon", "stop")
    path = database(tmp_path)
    with closing(SqliteTenantStore(str(path))) as store:
        last = store.read(lambda tx: tx.events.last_offset())
    assert last >= 4
    if harm == "what events say":
        db = apsw.Connection(str(path))
        db.execute(CONTROL)
        assert db.changes()
        db.close()
    else:
        name = "_honker_stream" if harm == "a page" else "_honker_stream_topic"
        overwrite_page(path, f"SELECT rootpage FROM sqlite_schema WHERE name = '{name}'")
    assert "try: darwinflow storage repair" in darwinflow("storage", "verify", expect=1).stderr
    darwinflow("daemon", "stop")
    said = darwinflow("storage", "repair").stdout
    assert ("events in " in said) == (harm != "an index")
    assert "cannot be mended" not in said
    with closing(SqliteTenantStore(str(path))) as store:
        first = store.read(lambda tx: tx.events.first_offset())
        assert store.read(lambda tx: tx.events.last_offset()) == last
    assert first == (last + 1 if harm != "an index" else 1)
    assert run_ids(darwinflow) == before
    assert figures(darwinflow) == metrics
    assert "all is well" in darwinflow("storage", "verify").stdout
    record(darwinflow)
    assert len(run_ids(darwinflow)) == 5
    assert darwinflow("storage", "repair").stdout == "all is well\n"


@pytest.mark.parametrize("table", ["run", "counted_run"])
def test_whoever_meets_the_damage_is_told_of_repair_first(darwinflow, tmp_path, table):
    record(darwinflow, 2)
    darwinflow("daemon", "stop")
    overwrite_page(database(tmp_path), f"SELECT rootpage FROM sqlite_schema WHERE name = '{table}'")
    if table == "run":
        said = darwinflow("runs", "list", expect=1).stderr
        assert f"{database(tmp_path)} is damaged: " in said
        assert (
            "\ntry: darwinflow storage repair, which keeps what can be read; or darwinflow daemon stop"
            in said
        )
    assert "try: darwinflow storage repair" in darwinflow("storage", "verify", expect=1).stderr
    darwinflow("record", "--workflow", "flows/greet.yaml", "--", "true", expect=None)  # its journal waits
    log = tmp_path / "home/daemon.log"
    eventually(lambda: "; try: darwinflow storage repair, which keeps what can be read" in log.read_text())
    darwinflow("storage", "repair", expect=None)
    eventually(lambda: len(run_ids(darwinflow)) == 3)
