"""What is recorded again after retention has put it into the archive is known, and does not come a second time."""

import os
from contextlib import closing
from datetime import timedelta

import pytest
from msgspec.structs import replace

from contract.sample_runs import START, STEP, finished, live
from darwinflow.model.errors import RunConflict, RunFinished
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.storage.archive import Archive
from darwinflow.storage.knowing_archive import KnowingArchive
from darwinflow.storage.recording import record, record_finish, record_start, record_steps
from darwinflow.storage.run_file import FiledRun
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

DONE = RunOutput(RunStatus.SUCCESS, START + timedelta(seconds=9))


class Place:
    def __init__(self, folder):
        self.archive = Archive(str(folder / "archive"))
        self.tenant = SqliteTenantStore(str(folder / "t.db"))
        self.store = KnowingArchive(self.tenant, lambda: self.archive)

    def write(self, work):
        return self.store.write(work).result(10)

    def archived(self, log):
        """Recorded, and then let go of as retention does."""
        self.write(lambda tx: record(tx, "demo", log))
        self.archive.add([FiledRun("demo", log, is_lost=log.output is None)])
        self.tenant.write(lambda tx: tx.logs("demo").delete(log.run_id, for_good=False)).result(10)

    def there(self):
        return {
            one.run_id
            for one in self.tenant.read(lambda tx: tx.logs("demo").get_recent("assistant", None, 99))
        }


@pytest.fixture
def place(tmp_path):
    found = Place(tmp_path)
    with closing(found.tenant):
        yield found


def test_the_same_run_is_known_and_another_is_refused(place):
    place.archived(finished("r1"))
    assert place.write(lambda tx: record(tx, "demo", finished("r1"))) is False
    with pytest.raises(RunConflict, match="in the archive with other content"):
        place.write(lambda tx: record(tx, "demo", finished("r1", error="oh")))
    assert place.write(lambda tx: record(tx, "demo", finished("r2"))) is True
    assert place.write(lambda tx: record(tx, "other", finished("r1"))) is True, "of another project"
    assert place.there() == {"r2"}


def test_a_run_that_comes_in_pieces_is_known_piece_by_piece(place):
    whole = replace(live("r1"), steps=(STEP,), output=DONE)
    place.archived(whole)
    assert place.write(lambda tx: record_start(tx, "demo", replace(whole, steps=(), output=None))) is False
    with pytest.raises(RunFinished):
        place.write(lambda tx: record_steps(tx, "demo", "r1", [(0, STEP)]))
    assert place.write(lambda tx: tx.logs("demo").get_log("r1")) == whole
    assert place.write(lambda tx: record_finish(tx, "demo", "r1", DONE)) is False
    with pytest.raises(RunConflict):
        place.write(lambda tx: record_finish(tx, "demo", "r1", replace(DONE, status=RunStatus.FAILED)))
    assert place.there() == set()


def test_one_that_was_taken_out_again_is_among_the_logs(place):
    place.archived(finished("r1"))
    place.tenant.write(lambda tx: record(tx, "demo", finished("r1"))).result(10)
    assert place.write(lambda tx: record(tx, "demo", finished("r1"))) is False
    with pytest.raises(RunConflict, match="is stored with other content"):
        place.write(lambda tx: record(tx, "demo", finished("r1", error="oh")))
    assert place.there() == {"r1"}


@pytest.mark.parametrize("project", ["demo", 'of "Ada"', "größe\\ ✓", "\n", ""])
def test_whatever_a_project_is_called(place, project):
    place.archive.add([FiledRun(project, finished("r1"), is_lost=False)])
    assert place.write(lambda tx: record(tx, project, finished("r1"))) is False
    assert place.write(lambda tx: record(tx, f"{project}r", finished("r1"))) is True


def test_what_is_archived_meanwhile_or_erased_is_noticed(place):
    for number in range(5):
        place.archived(finished(f"r{number}"))
        assert place.write(lambda tx, n=number: record(tx, "demo", finished(f"r{n}"))) is False
    place.archive.erase("demo", {"r1"})
    assert place.write(lambda tx: record(tx, "demo", finished("r1"))) is True
    assert place.write(lambda tx: record(tx, "demo", finished("r4"))) is False
    assert place.there() == {"r1"}


@pytest.mark.parametrize("harm", ["no index", "no frames", "damaged frames"])
def test_an_archive_that_is_harmed_holds_nothing_up(place, harm):
    place.archived(finished("r1"))
    (month,) = place.archive.months()
    frames = os.path.join(place.archive.path, f"{month}.jsonl.zst")
    if harm == "no index":
        os.unlink(os.path.join(place.archive.path, f"{month}.index.jsonl"))
    elif harm == "no frames":
        os.unlink(frames)
    else:
        with open(frames, "r+b") as file:
            file.seek(os.path.getsize(frames) // 2)
            file.write(b"\xff" * 40)
    assert place.write(lambda tx: record(tx, "demo", finished("r1"))) is False
    if harm != "no index":
        with pytest.raises(RunConflict, match="cannot be read there"):
            place.write(lambda tx: record(tx, "demo", finished("r1", error="oh")))
    assert place.write(lambda tx: record(tx, "demo", finished("r2"))) is True
