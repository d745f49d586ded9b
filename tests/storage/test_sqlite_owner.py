"""A database that lies in the place of another organization's is refused, and left as it is."""

import shutil
from contextlib import closing

import pytest

from darwinflow.model.errors import StoreDamaged
from darwinflow.storage.opening import give_database, open_tenant

OURS, THEIRS = "a" * 16, "b" * 16


def opened(path, organization=""):
    return closing(open_tenant(str(path), announce=lambda _: None, organization=organization))


def test_one_of_another_organization_is_refused_and_left(tmp_path):
    ours, theirs = tmp_path / f"tenant-{OURS}.db", tmp_path / f"tenant-{THEIRS}.db"
    for path, organization in ((ours, OURS), (theirs, THEIRS)):
        with opened(path, organization):
            pass
    shutil.copyfile(theirs, ours)
    (tmp_path / f"{ours.name}-acknowledged").unlink(missing_ok=True)
    before = ours.read_bytes()
    with pytest.raises(StoreDamaged, match=f"of another organization \\({THEIRS}\\)"), opened(ours, OURS):
        pass
    assert ours.read_bytes() == before
    with opened(theirs, THEIRS), opened(ours):
        pass


def test_one_of_before_owners_were_noted_is_that_of_who_opens_it_first(tmp_path):
    path = tmp_path / "t.db"
    for organization in ("", OURS, OURS):
        with opened(path, organization):
            pass
    with pytest.raises(StoreDamaged), opened(path, THEIRS):
        pass


def test_one_that_is_given_to_a_team_is_the_teams(tmp_path):
    path = tmp_path / "t.db"
    with opened(path, OURS):
        pass
    for _ in range(2):  # as by one who was killed
        give_database(str(path), OURS, THEIRS)
    with opened(path, THEIRS):
        pass
    give_database(str(path), OURS, "c" * 16)
    with opened(path, THEIRS):
        pass
