"""Bodies of runs, packed with a dictionary that ships with the package and lies in the database, too."""

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from msgspec.structs import replace

import darwinflow.storage.compression as compression
from darwinflow.model.errors import StoreDamaged
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import ExecutionLog, RunInput, RunOutput, RunStatus, StepLog
from darwinflow.storage.compression import (
    NEWEST_DICTIONARY,
    ZSTD,
    ZSTD_DICTIONARY,
    Compression,
    shipped_dictionary,
)
from darwinflow.storage.instants import to_micros
from darwinflow.storage.log_codec import dump_log
from darwinflow.storage.sqlite import connection
from darwinflow.storage.sqlite.connection import TENANT
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


def with_text(name: str, length: int) -> ExecutionLog:
    """A run whose packed body is a little longer than *length*."""
    return replace(a_run(name), metadata={"noise": random.Random(name).randbytes(length).hex()})


def pages_of(store: SqliteTenantStore, *tables: str) -> int:
    return sum(
        store.read(
            lambda tx, table=table: (
                tx.connection.execute("SELECT count(*) FROM dbstat WHERE name = ?", (table,)).get
            )
        )
        for table in tables
    )


@pytest.mark.parametrize("length", [10, 400, 700, 2_000, 15_000, 16_000, 100_000])
def test_a_body_of_any_length_is_read_as_it_was(store, length) -> None:
    log = with_text("r1", length)
    store.write(lambda tx: tx.logs("p").store_log(log)).result(10)
    assert store.read(lambda tx: tx.logs("p").get_log("r1")) == log


def test_two_bodies_of_two_kilobytes_share_a_page(store) -> None:
    for number in range(200):
        store.write(lambda tx, n=number: tx.logs("p").store_log(with_text(f"r{n}", 2_000))).result(10)
    longest = max(
        len(Compression(shipped_dictionary).pack(dump_log(with_text(f"r{n}", 2_000)))) for n in range(200)
    )
    assert longest > 2_050
    assert pages_of(store, "run_body", "run_piece") < 200 * longest / 4_096 * 1.25


def test_the_pieces_of_a_run_go_with_it(store) -> None:
    for name in ("r1", "r2"):
        store.write(lambda tx, name=name: tx.logs("p").store_log(with_text(name, 2_000))).result(10)
    store.write(lambda tx: tx.logs("p").delete("r1", for_good=True)).result(10)
    left = store.read(
        lambda tx: tx.connection.execute("SELECT DISTINCT number / 32 FROM run_piece").fetchall()
    )
    kept = store.read(lambda tx: tx.connection.execute("SELECT number FROM run").fetchall())
    assert left == kept
    assert store.read(lambda tx: tx.logs("p").get_log("r2")) == with_text("r2", 2_000)


def test_a_run_that_goes_on_is_read_in_each_of_its_states(store) -> None:
    whole = with_text("r1", 3_000)
    begun = replace(whole, output=None, steps=())
    store.write(lambda tx: tx.logs("p").start(begun)).result(10)
    assert store.read(lambda tx: tx.logs("p").get_log("r1")) == begun
    for index, step in enumerate(whole.steps):
        store.write(lambda tx, at=index, step=step: tx.logs("p").append_step("r1", at, step)).result(10)
    store.write(lambda tx: tx.logs("p").finish("r1", whole.output)).result(10)
    assert store.read(lambda tx: tx.logs("p").get_log("r1")) == whole


def test_a_body_that_lacks_a_piece_is_damage(store) -> None:
    store.write(lambda tx: tx.logs("p").store_log(with_text("r1", 2_000))).result(10)
    store.write(
        lambda tx: tx.connection.execute("DELETE FROM run_piece WHERE number % 32 = 1").fetchall()
    ).result(10)
    with pytest.raises(StoreDamaged, match="cannot be read"):
        store.read(lambda tx: tx.logs("p").get_log("r1"))


def test_bodies_and_lists_of_the_schema_before_pieces_are_read(tmp_path, monkeypatch) -> None:
    """As it was written then: the body in one row, and each step of the brief in full."""
    path = str(tmp_path / "t.db")
    log = with_text("r1", 2_000)
    old = tmp_path / "schema" / "tenant"
    old.mkdir(parents=True)
    for step in TENANT.steps()[:9]:
        (old / Path(step).name).write_text(Path(step).read_text())
    monkeypatch.setattr(connection, "_SCHEMAS", str(tmp_path / "schema"))
    db = connection.connect(path, TENANT)
    monkeypatch.undo()
    brief = '{"nodes":["draft"],"steps":[[0,"SUCCESS",0.0,null],[0,"SUCCESS",0.0,null],[0,"FAILED",0.0,"x"]],"count":3}'
    db.execute(
        "INSERT INTO run VALUES (1, 'p', 'r1', '1r', 'assistant', 1, '', 'SUCCESS', ?, ?, 0, ?)",
        (to_micros(AT), to_micros(AT), brief),
    )
    db.execute("INSERT INTO run_body VALUES (1, 1, ?)", (Compression().pack(dump_log(log)),))
    db.close()
    later = SqliteTenantStore(path)
    try:
        assert later.read(lambda tx: tx.logs("p").get_log("r1")) == log
        shown = later.read(lambda tx: tx.logs("p").header("r1")).steps
        assert [(step.node_id, str(step.status), step.error) for step in shown] == [
            ("draft", "SUCCESS", None),
            ("draft", "SUCCESS", None),
            ("draft", "FAILED", "x"),
        ]
        for wanted in (RunFilter(), RunFilter(workflow_hash=""), RunFilter(status=RunStatus.SUCCESS)):
            found = later.read(lambda tx, wanted=wanted: tx.logs("p").query_logs(wanted)).items
            assert [header.run_id for header in found] == ["r1"]
        assert later.verify() == ()
        later.write(lambda tx: tx.logs("p").delete("r1", for_good=True)).result(10)
    finally:
        later.close()
