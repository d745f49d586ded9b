"""What `darwinflow storage status` warns of, and the step that it names."""

import json

import pytest

from cli.recorded_runs import record
from darwinflow.cli.room import room_kept
from darwinflow.cli.storage_warnings import warnings

MIB = 1 << 20
KEPT = {"wanted": 16 * MIB, "kept": 16 * MIB, "isGivenUp": False}


def store(concern="logs", kind="sqlite", runs=1, size=100, faults=()):
    return {"concern": concern, "type": kind, "place": f"/{kind}", "bytes": size,
            "counts": {"runs": runs}, "faults": list(faults)}  # fmt: skip


@pytest.mark.parametrize(
    ("stores", "room", "failed", "keeps_all", "said"),
    [
        ([store()], KEPT, None, True, {}),
        ([store()], None, None, True, {}),
        ([store(kind="file", runs=1000)], KEPT, None, True, {}),
        (
            [store(kind="file", runs=1001)],
            KEPT,
            None,
            True,
            {"logs: 1001 runs lie in files, which are meant for 1000": "storage migrate --to sqlite"},
        ),
        ([store(size=2 * 10**9)], KEPT, None, False, {}),
        (
            [store(size=2 * 10**9), store("metrics", size=2 * 10**9)],
            KEPT,
            None,
            True,
            {"all that is stored takes 2.0 GB, and nothing is ever deleted": "storage retention"},
        ),
        ([store(faults=["torn"])], KEPT, None, True, {"logs: torn": "storage repair --dry-run"}),
        ([store()], KEPT, "no", True, {"no backup could be made since: no": "darwinflow storage backup"}),
        (
            [store()],
            {"wanted": MIB, "kept": 0, "isGivenUp": True},
            "full",
            True,
            {
                "no backup could be made since: full": "runs delete",
                "the disk is full: what is recorded waits until there is room, and so do daily backups": "runs delete",
            },
        ),
    ],
)
def test_each_limit_that_is_passed_is_told_with_the_step_that_helps(stores, room, failed, keeps_all, said):
    found = dict(warnings(stores, room, failed, keeps_all=keeps_all))
    assert found.keys() == said.keys()
    for message, hint in said.items():
        assert hint in found[message]


@pytest.mark.parametrize(
    ("room", "said"),
    [
        (KEPT, "16 MiB are kept"),
        ({**KEPT, "kept": 0}, "16 MiB are to be kept for when the disk is full, and are not yet"),
        ({**KEPT, "kept": 0, "isGivenUp": True}, "is given up"),
    ],
)
def test_the_ballast_is_told_in_words(room, said):
    assert said in room_kept(room)
    assert room_kept({"wanted": 0, "kept": 0, "isGivenUp": False}) is None


@pytest.fixture
def small_ballast(monkeypatch):
    monkeypatch.setenv("DARWINFLOW_BALLAST_MIB", "2")


def test_status_tells_of_the_ballast(small_ballast, darwinflow):
    record(darwinflow)
    found = json.loads(darwinflow("storage", "status", "--json").stdout)
    assert found["room"]["wanted"] == 2 * MIB
    assert found["warnings"] == []
    assert "2 MiB are " in darwinflow("storage", "status").stdout
