"""An entry of a run that cannot be read hides none of the others; who must not miss one is told."""

import pytest

from contract.sample_runs import finished
from darwinflow.model.errors import StoreDamaged
from darwinflow.model.filter import RunFilter
from darwinflow.storage.adding_up import added_up
from darwinflow.storage.recording import record
from darwinflow.storage.sqlite.tenant import SqliteTenantStore


@pytest.fixture
def store(tmp_path):
    opened = SqliteTenantStore(str(tmp_path / "t.db"))
    for number in range(5):
        log = finished(f"r{number}", at=number)
        opened.write(lambda tx, log=log: record(tx, "demo", log)).result(10)
    yield opened
    opened.close()


@pytest.mark.parametrize("harm", ["brief = '{}'", "brief = 'x'", f"ended = {(1 << 63) - 1}"])
def test_the_others_are_listed_and_the_damaged_one_is_told(store, harm):
    store.write(lambda tx: tx.connection.execute(f"UPDATE run SET {harm} WHERE id = 'r2'")).result(10)

    def page(limit, cursor=None):
        return store.read(lambda tx: tx.logs("demo").query_logs(RunFilter(limit=limit, cursor=cursor)))

    whole = page(10)
    assert [one.run_id for one in whole.readable] == ["r4", "r3", "r1", "r0"]
    assert [error.facts["run"] for error in whole.damaged] == ["r2"]
    with pytest.raises(StoreDamaged, match="the entry of run r2 cannot be read"):
        _ = whole.items
    seen, cursor = [], None
    while True:
        one = page(2, cursor)
        seen.append([header.run_id for header in one.readable])
        cursor = one.next
        if cursor is None:
            break
    assert seen == [["r4", "r3"], ["r1"], ["r0"]]
    recent = store.read(lambda tx: tx.logs("demo").get_recent("assistant", None, 10))
    assert [one.run_id for one in recent] == ["r4", "r3", "r1", "r0"]
    assert "the entry of run r2" in str(store.read(lambda tx: added_up(tx, "demo")).trouble)
