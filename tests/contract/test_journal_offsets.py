"""What `JournalOffsets` means."""

import pytest

from darwinflow.model.errors import RunNotFound
from darwinflow.ports.journals import Taken


def offset(store, journal):
    return store.read(lambda tx: tx.journals.taken(journal).offset)


def advance(store, journal, to):
    store.write(lambda tx: tx.journals.advance(journal, Taken(to))).result(10)


def test_a_journal_is_taken_in_from_its_start(open_tenant):
    assert offset(open_tenant(), "0190.jsonl") == 0


def test_how_far_a_journal_is_taken_in_is_kept(open_tenant):
    store = open_tenant()
    advance(store, "a.jsonl", 120)
    advance(store, "b.jsonl", 7)
    advance(store, "a.jsonl", 3 << 32)
    store.close()
    assert [offset(open_tenant(), name) for name in ("a.jsonl", "b.jsonl")] == [3 << 32, 7]


def test_what_is_needed_to_go_on_is_kept(open_tenant):
    store = open_tenant()
    told = {
        "a.jsonl": Taken(120, 40, has_refused=True),
        "b.jsonl": Taken(5 << 32, 3 << 32),
        "c.jsonl": Taken(9, 0, has_refused=True),
    }
    for name, taken in told.items():
        store.write(lambda tx, name=name: tx.journals.advance(name, Taken(1, 1, has_refused=True))).result(10)
        store.write(lambda tx, name=name, taken=taken: tx.journals.advance(name, taken)).result(10)
    store.close()
    store = open_tenant()
    assert {name: store.read(lambda tx, name=name: tx.journals.taken(name)) for name in told} == told


def test_a_journal_that_is_gone_is_forgotten(open_tenant):
    store = open_tenant()
    advance(store, "a.jsonl", 120)
    store.write(lambda tx: tx.journals.forget("a.jsonl")).result(10)
    store.write(lambda tx: tx.journals.forget("a.jsonl")).result(10)
    assert offset(store, "a.jsonl") == 0


def test_the_offset_stays_when_the_rows_do_not_come(open_tenant):
    store = open_tenant()
    advance(store, "a.jsonl", 10)

    def take_in_and_fail(tx):
        tx.journals.advance("a.jsonl", Taken(20))
        tx.logs("demo").get_log("unknown")

    with pytest.raises(RunNotFound):
        store.write(take_in_and_fail).result(10)
    assert offset(store, "a.jsonl") == 10
