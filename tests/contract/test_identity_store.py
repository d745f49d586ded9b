"""What `IdentityStore` means, and the personal organization on it."""

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from darwinflow.model.errors import Refused, StoreDamaged
from darwinflow.ports.identity import Account, Organization
from darwinflow.tenancy.personal import personal

ADA = Account("account01", "ada", 1000)
PERSONAL = Organization("org00001", "personal")


def test_nobody_is_known_at_first(open_identity):
    store = open_identity()
    assert store.account_of_uid(1000) is None
    assert store.organization("personal") is None
    assert not store.is_member("account01", "org00001")


def test_account_organization_and_membership_come_together(open_identity):
    open_identity().create_personal(ADA, PERSONAL)
    store = open_identity()
    assert store.account_of_uid(1000) == ADA
    assert store.organization("personal") == PERSONAL
    assert store.is_member(ADA.id, PERSONAL.id)
    assert not store.is_member(PERSONAL.id, ADA.id)


def test_a_known_account_is_left_as_it_is(open_identity):
    store = open_identity()
    store.create_personal(ADA, PERSONAL)
    store.create_personal(Account("account02", "other", 1000), Organization("org00002", "other"))
    assert store.account_of_uid(1000) == ADA
    assert store.organization("other") is None


def test_that_an_organization_has_a_database_is_remembered(open_identity):
    open_identity().create_personal(ADA, PERSONAL)
    assert not open_identity().has_database(PERSONAL.id)
    open_identity().note_database(PERSONAL.id)
    open_identity().note_database(PERSONAL.id)
    assert open_identity().has_database(PERSONAL.id)
    assert not open_identity().has_database("org00002")


def test_a_second_user_of_a_home_joins_its_organization(open_identity):
    store = open_identity()
    store.create_personal(ADA, PERSONAL)
    store.create_personal(Account("account02", "bob", 1001), Organization("org00002", "personal"))
    assert store.organization("personal") == PERSONAL
    assert store.is_member("account02", PERSONAL.id)


def ids():
    numbers = itertools.count(1)
    return lambda: f"id{next(numbers):08}"


def test_the_first_start_makes_the_person_and_each_later_one_finds_them(open_identity):
    new_id = ids()
    first = personal(open_identity(), 1000, "ada", new_id)
    assert first.account == Account("id00000001", "ada", 1000)
    assert first.organization == Organization("id00000002", "personal")
    assert personal(open_identity(), 1000, "renamed", new_id) == first


def test_eight_racing_starts_agree_on_one_organization(open_identity):
    new_id = ids()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: personal(open_identity(), 1000, "ada", new_id), range(8)))
    assert len(found) == 1


def test_an_account_that_is_no_member_is_damage_and_is_said(open_identity):
    class Forgetful:
        def __getattr__(self, name):
            return getattr(store, name)

        def is_member(self, account, organization):
            return False

    store = open_identity()
    with pytest.raises(StoreDamaged):
        personal(Forgetful(), 1000, "ada", ids())


def test_an_organization_takes_another_id_with_its_members_and_its_database(open_identity):
    store = open_identity()
    store.create_personal(ADA, PERSONAL)
    store.note_database(PERSONAL.id)
    store.rename(PERSONAL.id, "team0001", by=ADA.id)
    again = open_identity()
    assert again.organization("personal") == Organization("team0001", "personal")
    assert again.is_member(ADA.id, "team0001")
    assert again.has_database("team0001")
    assert not again.is_member(ADA.id, PERSONAL.id)
    assert not again.has_database(PERSONAL.id)
    with pytest.raises(Refused):
        again.rename("org00002", "team0001", by=ADA.id)


def test_the_audit_log_says_who_did_what_newest_first(open_identity):
    store = open_identity()
    store.create_personal(ADA, PERSONAL)
    store.audit(ADA.id, "run.deleted", "r1", {"project": "caf\udce9", "runs": 2})
    store.audit(ADA.id, "run.deleted", "r2", {})
    last, before = open_identity().audited(2)
    assert (last.actor, last.action, last.subject, last.details) == (ADA.id, "run.deleted", "r2", {})
    assert (before.subject, before.details) == ("r1", {"project": "caf\udce9", "runs": 2})
    assert before.at <= last.at
    assert open_identity().audited(0) == ()
