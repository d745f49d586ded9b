"""Bodies of runs, packed with a dictionary that ships with the package and lies in the database, too."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import zstandard

import darwinflow.storage.compression as compression
from darwinflow.model.errors import StoreDamaged
from darwinflow.model.run import ExecutionLog, RunInput, RunOutput, RunStatus, StepLog
from darwinflow.storage.compression import NEWEST_DICTIONARY, ZSTD, ZSTD_DICTIONARY, Compression
from darwinflow.storage.log_codec import dump_log
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

AT = datetime(2026, 1, 1, tzinfo=UTC)
RELEASED = {1: "f5ffe0aa3b9dc2ff1853c1d542343b1219c0fe1d954488ff06e5a9daaa443a67"}


def a_run(name: str) -> ExecutionLog:
    steps = [
        StepLog(step_id=f"s{at}", node_id="draft", start_time=AT, end_time=AT, status=RunStatus.SUCCESS)
        for at in range(3)
    ]
    return ExecutionLog(
        run_id=name,
        workflow_id="assistant",
        workflow_version=1,
        start_time=AT,
        input=RunInput({"request": "please look at the invoice"}, None),
        output=RunOutput(RunStatus.SUCCESS, AT),
        steps=tuple(steps),
    )


@pytest.fixture
def store(tmp_path) -> Iterator[SqliteTenantStore]:
    opened = SqliteTenantStore(str(tmp_path / "t.db"))
    yield opened
    opened.close()


def bodies(store):
    return store.read(lambda tx: tx.connection.execute("SELECT codec, body FROM run_body").fetchall())


@pytest.mark.parametrize("number", RELEASED)
def test_a_dictionary_that_was_released_is_what_it_was(number: int) -> None:
    content = compression.shipped_dictionary(number)
    assert content is not None
    assert hashlib.sha256(content).hexdigest() == RELEASED[number]
    assert zstandard.ZstdCompressionDict(content).dict_id() == number


def test_a_short_run_is_packed_to_less_than_two_thirds(store) -> None:
    store.write(lambda tx: tx.logs("p").store_log(a_run("r1"))).result(10)
    ((codec, body),) = bodies(store)
    assert codec == ZSTD_DICTIONARY
    plain = zstandard.ZstdCompressor(level=3, write_checksum=True).compress(dump_log(a_run("r1")))
    assert len(body) < len(plain) * 2 / 3
    assert store.read(lambda tx: tx.logs("p").get_log("r1")) == a_run("r1")


def test_the_database_is_read_without_the_package_that_packed_it(store, tmp_path, monkeypatch) -> None:
    store.write(lambda tx: tx.logs("p").store_log(a_run("r1"))).result(10)
    store.close()
    packed_with = compression.shipped_dictionary(NEWEST_DICTIONARY)
    content = zstandard.train_dictionary(
        4096, [dump_log(a_run(f"other-{at}")) for at in range(400)], dict_id=7
    )
    newer = {7: content.as_bytes()}
    monkeypatch.setattr(compression, "NEWEST_DICTIONARY", 7)
    monkeypatch.setattr("darwinflow.storage.sqlite.dictionaries.NEWEST_DICTIONARY", 7)
    monkeypatch.setattr("darwinflow.storage.sqlite.dictionaries.shipped_dictionary", newer.get)
    monkeypatch.setattr(compression, "shipped_dictionary", newer.get)
    later = SqliteTenantStore(str(tmp_path / "t.db"))
    try:
        later.write(lambda tx: tx.logs("p").store_log(a_run("r2"))).result(10)
        assert [later.read(lambda tx, n=n: tx.logs("p").get_log(n)) for n in ("r1", "r2")] == [
            a_run("r1"),
            a_run("r2"),
        ]
        kept = later.read(
            lambda tx: tx.connection.execute(
                "SELECT number, content FROM dictionary ORDER BY number"
            ).fetchall()
        )
        assert kept == [(NEWEST_DICTIONARY, packed_with), (7, newer[7])]
    finally:
        later.close()


def test_bodies_of_before_are_read_beside_those_with_a_dictionary(store) -> None:
    plain = Compression()
    assert plain.codec == ZSTD
    store.write(lambda tx: tx.logs("p").store_log(a_run("r1"))).result(10)
    body = plain.pack(dump_log(a_run("r1")))
    store.write(
        lambda tx: tx.connection.execute("UPDATE run_body SET codec = 1, body = ?", (body,)).fetchall()
    ).result(10)
    assert store.read(lambda tx: tx.logs("p").get_log("r1")) == a_run("r1")


def test_a_dictionary_that_nobody_has_is_damage() -> None:
    content = zstandard.train_dictionary(
        4096, [dump_log(a_run(f"other-{at}")) for at in range(400)], dict_id=9
    )
    packed = zstandard.ZstdCompressor(dict_data=content).compress(b"text")
    with pytest.raises(StoreDamaged, match="packed with dictionary 9, which is not there"):
        Compression(lambda _: None).unpack(ZSTD_DICTIONARY, packed)
    with pytest.raises(StoreDamaged, match="cannot be read"):
        Compression().unpack(ZSTD, b"no frame")
    with pytest.raises(StoreDamaged, match="codec 3"):
        Compression().unpack(3, packed)
