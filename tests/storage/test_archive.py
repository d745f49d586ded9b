"""Archives: what is in them is found and comes out as it went in, whatever a crash has left of them."""

import os
from datetime import UTC, datetime, timedelta

import pytest
import zstandard
from msgspec.structs import replace

from contract.sample_runs import FULL, START, finished, live
from darwinflow.model.errors import NotFound, Refused, StoreDamaged
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunStatus, header_of
from darwinflow.storage.archive import Archive
from darwinflow.storage.archive_mending import mend_archive
from darwinflow.storage.run_file import FiledRun

MARCH = datetime(2026, 3, 2, tzinfo=UTC)
FILE = "2026-02.jsonl.zst"


def filed(log, project="demo", *, is_lost=False):
    return FiledRun(project, log, is_lost)


@pytest.fixture
def archive(tmp_path):
    archive = Archive(str(tmp_path / "archive"))
    archive.add([filed(FULL), filed(finished("a", at=5)), filed(finished("a"), "other")])
    later = replace(finished("b", error="Straße gesperrt", status=RunStatus.FAILED), start_time=MARCH)
    archive.add([filed(later), filed(live("lost"), is_lost=True)])
    return archive


def again(archive):
    return Archive(archive.path)


def ids(archive, project="demo", **wanted):
    return [header.run_id for header in archive.query(project, RunFilter(**wanted)).items]


def test_runs_come_out_as_they_went_in(archive):
    for one in (archive, again(archive)):
        assert one.get("demo", FULL.run_id) == filed(FULL)
        assert one.get("demo", "lost") == filed(live("lost"), is_lost=True)
        assert one.get("other", "a").log == finished("a")
        assert one.query("demo", RunFilter(workflow="assistent")).items == (header_of(FULL),)
        with pytest.raises(NotFound):
            one.get("other", "b")
    assert archive.verify() == ()
    assert archive.months() == ("2026-02", "2026-03")


def test_they_are_listed_newest_first_and_filtered_as_runs_are(archive):
    assert ids(archive) == ["b", "a", "lost", FULL.run_id]
    assert ids(archive, limit=1) == ["b"]
    assert ids(archive, text="STRASSE") == ["b"]
    assert ids(archive, status=RunStatus.LOST) == ["lost"]
    assert ids(archive, node="write") == [FULL.run_id]
    assert ids(archive, until=MARCH) == ["a", "lost", FULL.run_id]
    assert ids(archive, since=START + timedelta(seconds=1), workflow="assistant", version=1) == ["b", "a"]
    assert archive.find("demo", FULL.run_id[-8:]) == (FULL.run_id,)


def test_each_is_kept_once(archive, tmp_path):
    before = (tmp_path / "archive" / FILE).read_bytes()
    for one in (archive, again(archive)):
        one.add([filed(finished("a", at=5)), filed(FULL)])
    assert (tmp_path / "archive" / FILE).read_bytes() == before


@pytest.mark.parametrize("left", ["", "torn", "behind"])
def test_an_index_that_is_missing_torn_or_behind_is_made_anew(archive, tmp_path, left):
    index = tmp_path / "archive" / "2026-02.index.jsonl"
    whole = index.read_bytes()
    lines = whole.splitlines(keepends=True)
    if left == "torn":
        index.write_bytes(whole[:-20])
    elif left == "behind":
        index.write_bytes(b"".join(lines[:3]))
    else:
        index.unlink()
    assert ids(again(archive)) == ["b", "a", "lost", FULL.run_id]
    assert index.read_bytes() == whole


def test_half_a_frame_at_the_end_is_cut_off_and_the_next_goes_behind_the_whole_ones(archive, tmp_path):
    path = tmp_path / "archive" / FILE
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 3])
    one = again(archive)
    one.add([filed(finished("c", at=9))])
    assert path.read_bytes().startswith(whole)
    assert ids(again(archive), until=MARCH) == ["c", "a", "lost", FULL.run_id]
    assert again(archive).verify() == ()


def test_erased_runs_are_in_no_file_any_more(archive, tmp_path):
    assert archive.erase("demo", [FULL.run_id, "unknown"]) == 1
    assert archive.erase("demo", ["b"]) == 1
    for one in (archive, again(archive)):
        assert ids(one) == ["a", "lost"]
        assert ids(one, "other") == ["a"]
    names = sorted(path.name for path in (tmp_path / "archive").iterdir())
    assert names == ["2026-02.index.jsonl", FILE]
    content = (tmp_path / "archive" / FILE).read_bytes()
    assert (
        FULL.run_id.encode()
        not in zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True).read()
    )


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_are_the_whole_list_across_months_and_among_runs_of_one_moment(archive, limit):
    archive.add([filed(finished(f"same-{number}", at=5)) for number in range(4)])
    whole = archive.query("demo", RunFilter(limit=500))
    assert whole.next is None
    assert len(archive.months()) > 1
    listed, cursor = [], None
    while True:
        page = archive.query("demo", RunFilter(limit=limit, cursor=cursor))
        listed += page.items
        cursor = page.next
        if cursor is None:
            break
        assert len(page.items) == limit
        assert archive.cursor("demo", page.items[-1].run_id) == cursor
    assert listed == list(whole.items)


def test_a_cursor_that_no_page_has_given_is_refused(archive):
    with pytest.raises(Refused, match="the cursor"):
        archive.query("demo", RunFilter(cursor="yesterday"))


def test_a_damaged_frame_is_said(archive, tmp_path):
    path = tmp_path / "archive" / FILE
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x40
    path.write_bytes(content)
    assert any(FILE in fault for fault in again(archive).verify())
    with pytest.raises(StoreDamaged, match="is not what was written"):
        again(archive).get("demo", FULL.run_id)


@pytest.mark.parametrize("size", [None, 0, 700])
def test_runs_that_a_cut_or_removed_file_held_are_told_and_the_index_stays(archive, tmp_path, size, caplog):
    path, index = tmp_path / "archive" / FILE, tmp_path / "archive" / "2026-02.index.jsonl"
    archive.add([filed(finished(f"more-{number}", at=number)) for number in range(3)])
    before, whole = index.read_bytes(), path.read_bytes()
    path.unlink() if size is None else path.write_bytes(whole[:size])
    for one in (archive, again(archive)):
        (fault,) = one.verify()
        assert one.gaps() == (fault,)
        assert str(path) in fault
        assert "more-0" in fault
        assert "2026-02" in fault
        assert "b" in ids(one)
        assert one.get("demo", "b").log.run_id == "b"
        with pytest.raises(StoreDamaged, match="more-0"):
            one.get("demo", "more-0")
        with pytest.raises(StoreDamaged, match="2026-02"):
            one.add([filed(finished("new", at=9))])
        with pytest.raises(StoreDamaged, match="2026-02"):
            one.erase("demo", ["more-1"])
        assert index.read_bytes() == before
    assert "more-0" in caplog.text
    path.write_bytes(whole)
    assert again(archive).verify() == ()


def test_a_cut_file_is_mended_once_and_the_lost_runs_are_named(archive, tmp_path):
    path, index = tmp_path / "archive" / FILE, tmp_path / "archive" / "2026-02.index.jsonl"
    whole = path.stat().st_size
    archive.add([filed(finished("late", at=7))])
    os.truncate(path, whole + 9)
    before = index.read_bytes()
    assert [len(part) for part in mend_archive(again(archive), dry_run=True)] == [1, 1, 0]
    assert index.read_bytes() == before
    mended, lost, kept = mend_archive(again(archive), dry_run=False)
    assert "9 bytes are no frame any more" in mended[0]
    assert lost == [f"{path} has lost 1 run of 2026-02: late"]
    assert {os.path.basename(one).split("-damaged")[0] for one in kept} == {path.name, index.name}
    assert again(archive).verify() == ()
    assert ids(again(archive), until=MARCH) == ["a", "lost", FULL.run_id]
    assert mend_archive(again(archive), dry_run=False) == ([], [], [])
