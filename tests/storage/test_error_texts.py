"""The search in errors: it finds what a search through every error finds, and passes over none that has not its letters."""

import dataclasses
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from contract.sample_runs import START, finished, live, running
from darwinflow.model.filter import RunFilter
from darwinflow.model.run import RunOutput, RunStatus
from darwinflow.storage.sqlite import connection
from darwinflow.storage.sqlite.connection import TENANT, connect, connect_reader
from darwinflow.storage.sqlite.emptying import empty
from darwinflow.storage.sqlite.error_texts import looked_up
from darwinflow.storage.sqlite.tenant import SqliteTenantStore

LETTERS = st.sampled_from('abßS"*( \n\x00\ufffd\ufffe\U0001f600éſ')
TEXTS = st.text(LETTERS, max_size=12)
STARTS = st.sampled_from((0.0, 0.1, 5.0, 8.4, 8.5, 60.0, 90_000.0, -9.0e9)) | st.floats(-2e9, 2e9)


def failed(run_id, error, *, at=0.0, workflow="assistant", nodes=("classify",)):
    return finished(
        run_id, status=RunStatus.FAILED, error=error, at=at, workflow=workflow, nodes=nodes, version=1
    )


def found(store, wanted, project="demo"):
    """The runs of all pages."""
    runs = []
    while True:
        page = store.read(lambda tx, wanted=wanted: tx.logs(project).query_logs(wanted))
        runs += [header.run_id for header in page.items]
        if page.next is None:
            return runs
        wanted = dataclasses.replace(wanted, cursor=page.next)


@settings(max_examples=50, deadline=None)
@given(
    errors=st.lists(st.tuples(TEXTS, TEXTS, STARTS), max_size=12),
    text=TEXTS,
    limit=st.integers(1, 4),
    since=st.none() | STARTS,
    until=st.none() | STARTS,
)
@example([('say "no"', "", 0.0)], 'y "no', 1, None, None)
@example([("a\x00bcd", "", 0.0)], "a\x00bcd", 1, None, None)
@example([("one", "two", 0.0)], "onetwo", 1, None, None)
@example([("a long one " * 9, "", 0.0)], "long one a long one a long one a long one a l", 1, None, None)
def test_it_finds_what_a_look_at_every_error_finds(errors, text, limit, since, until):
    logs = []
    for number, (own, of_step, at) in enumerate(errors):
        log = failed(f"r{number}", of_step, at=at)
        logs.append(replace(log, output=replace(log.output, error=own)))
    wanted = RunFilter(
        text=text,
        limit=limit,
        since=None if since is None else START + timedelta(seconds=since),
        until=None if until is None else START + timedelta(seconds=until),
    )
    expected = [
        log.run_id
        for log in sorted(logs, key=lambda log: (log.start_time, log.run_id), reverse=True)
        if any(text.casefold() in error.casefold() for error in (log.output.error, log.steps[-1].error))
        and (wanted.since is None or log.start_time >= wanted.since)
        and (wanted.until is None or log.start_time < wanted.until)
    ]
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(SqliteTenantStore(str(Path(folder, "t.db")))) as store,
    ):
        store.write(lambda tx: [tx.logs("demo").store_log(log) for log in logs]).result(10)
        store.write(lambda tx: tx.logs("other").store_log(failed("r", text))).result(10)
        assert found(store, wanted) == expected
        assert store.verify() == ()


def test_a_year_is_none_in_which_it_finds_nothing(tmp_path):
    with closing(SqliteTenantStore(str(tmp_path / "t.db"))) as store:
        for year in (1, 1969, 1970, 9999):
            log = replace(failed(f"r{year}", "boom"), start_time=datetime(year, 12, 31, tzinfo=UTC))
            store.write(lambda tx, log=log: tx.logs("demo").store_log(log)).result(10)
        assert found(store, RunFilter(text="boom", limit=1)) == ["r9999", "r1970", "r1969", "r1"]


def test_many_errors_of_one_run_are_one_run_of_a_page(tmp_path):
    with closing(SqliteTenantStore(str(tmp_path / "t.db"))) as store:
        steps = [replace(running(f"n{number}"), error=f"boom {number}") for number in range(50)]
        store.write(lambda tx: tx.logs("demo").start(live("many", steps=tuple(steps), at=1))).result(10)
        store.write(lambda tx: [tx.logs("demo").store_log(failed(f"r{n}", "boom")) for n in range(3)]).result(
            10
        )
        assert found(store, RunFilter(text="boom", limit=2)) == ["many", "r2", "r1", "r0"]


def test_an_error_that_a_live_run_takes_back_is_found_no_more(tmp_path):
    with closing(SqliteTenantStore(str(tmp_path / "t.db"))) as store:
        store.write(lambda tx: tx.logs("demo").start(live("r"))).result(10)
        for error in ("first", "second"):
            step = replace(running("a"), error=error)
            store.write(lambda tx, step=step: tx.logs("demo").append_step("r", 0, step)).result(10)
        assert found(store, RunFilter(text="first")) == []
        assert found(store, RunFilter(text="second")) == ["r"]
        store.write(lambda tx: tx.logs("demo").append_step("r", 0, running("a"))).result(10)
        assert found(store, RunFilter(text="second")) == []
        store.write(
            lambda tx: tx.logs("demo").finish("r", RunOutput(RunStatus.FAILED, START, error="Third"))
        ).result(10)
        assert found(store, RunFilter(text="third")) == ["r"]
        assert store.verify() == ()


def test_nothing_of_an_erased_error_is_left_in_the_index(tmp_path):
    path = str(tmp_path / "t.db")
    with closing(SqliteTenantStore(path)) as store:
        for number in range(40):
            error = "the Kzqx\U0001f98e letters" if number == 20 else f"number {number}"
            store.write(lambda tx, n=number, e=error: tx.logs("demo").store_log(failed(f"r{n}", e))).result(
                10
            )
        assert letters(path) >= {"kzq", "zqx", "qx\U0001f98e"}
        store.write(lambda tx: tx.logs("demo").delete("r20", for_good=True)).result(10)
        store.scrub("demo", ["r20"])
        assert not any(part in three for three in letters(path) for part in ("q", "x", "\U0001f98e"))
        assert found(store, RunFilter(text="number 1", limit=3)) == ["r19", "r18", "r17", "r16", "r15", "r14",
                                                                      "r13", "r12", "r11", "r10", "r1"]  # fmt: skip
        assert store.verify() == ()
    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert "qx\U0001f98e".encode() not in content
        assert "x\U0001f98e l".encode() not in content


def test_emptied_logs_leave_an_empty_index_that_serves_again(tmp_path):
    path = str(tmp_path / "t.db")
    with closing(SqliteTenantStore(path)) as store:
        logs = [failed(f"r{number}", f"boom {number}") for number in range(20)]
        store.write(lambda tx: [tx.logs("demo").store_log(log) for log in logs]).result(10)
        store.write(lambda tx: empty(tx.connection, ["logs"])).result(10)
        assert letters(path) == set()
        assert found(store, RunFilter(text="boom")) == []
        store.write(lambda tx: [tx.logs("demo").store_log(log) for log in logs[:2]]).result(10)
        assert found(store, RunFilter(text="boom")) == ["r1", "r0"]
        store.write(lambda tx: tx.logs("demo").delete("r1", for_good=True)).result(10)
        assert letters(path) == {"boo", "oom", "om ", "m 0"}
        assert store.verify() == ()


def letters(path):
    """All that the index has."""
    with closing(connect_reader(path)) as db:
        db.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab(main, 'error_text', 'row')")
        return {term for (term,) in db.execute("SELECT term FROM temp.vocabulary")}


def test_a_database_of_before_has_its_errors_indexed(tmp_path, monkeypatch):
    path = str(tmp_path / "t.db")
    older = tmp_path / "schema" / "tenant"
    older.mkdir(parents=True)
    for step in TENANT.steps():
        if Path(step).name < "0013":
            (older / Path(step).name).write_text(Path(step).read_text())
    monkeypatch.setattr(connection, "_SCHEMAS", str(tmp_path / "schema"))
    rows = [(1, 0, "boom"), (1, 3, "bang"), (2, 1, "boom"), (3, 0, "boom")]
    with closing(connect(path, TENANT)) as db:
        for number, micros in ((1, 5_000_000), (2, 4_000_000), (3, 1_800_000_000_000_000)):
            db.execute(
                """
                INSERT INTO run (number, project, id, tail, workflow, version, hash, status, started, errors, brief)
                VALUES (:number, 'demo', 'r' || :number, '', 'w', 1, '', 'FAILED', :started, 1, :brief)
                """,
                {"number": number, "started": micros, "brief": '{"nodes":[],"steps":[],"count":0}'},
            )
        db.executemany("INSERT INTO run_error (run, position, text) VALUES (?, ?, ?)", rows)
    monkeypatch.undo()
    with closing(SqliteTenantStore(path)) as store:
        assert store.verify() == ()
        assert found(store, RunFilter(text="BOOM", limit=1)) == ["r3", "r1", "r2"]
        kept = store.read(
            lambda tx: tx.connection.execute(
                "SELECT run, position, text FROM run_error ORDER BY run, position"
            ).fetchall()
        )
        assert kept == rows
        assert found(store, RunFilter(text="bang")) == ["r1"]
        store.write(lambda tx: tx.logs("demo").store_log(failed("new", "boom and bang", at=-1.7e9))).result(
            10
        )
        store.write(lambda tx: tx.logs("demo").delete("r1", for_good=False)).result(10)
        assert found(store, RunFilter(text="bang")) == ["new"]
        assert store.verify() == ()


def test_an_index_that_is_not_whole_is_told(tmp_path):
    path = str(tmp_path / "t.db")
    with closing(SqliteTenantStore(path)) as store:
        store.write(lambda tx: tx.logs("demo").store_log(failed("r", "boom"))).result(10)
    with closing(apsw.Connection(path)) as db:
        db.execute("UPDATE error_text_data SET block = zeroblob(length(block)) WHERE id > 10")
    with closing(SqliteTenantStore(path, is_known=True)) as store:
        assert any("error_text" in fault for fault in store.verify())


def test_what_was_written_since_a_reader_asked_is_no_fault(tmp_path):
    with closing(SqliteTenantStore(str(tmp_path / "t.db"))) as store:
        many = [failed(f"r{number}", f"no {number**5}") for number in range(300)]
        store.write(lambda tx: [tx.logs("demo").store_log(log) for log in many]).result(10)
        assert len(found(store, RunFilter(text="no 1", limit=500))) > 2
        store.write(
            lambda tx: [tx.logs("demo").delete(log.run_id, for_good=False) for log in many[1:]]
        ).result(30)
        for number in range(4):
            store.write(lambda tx, n=number: tx.logs("demo").store_log(failed(f"n{n}", f"no {n}"))).result(10)
        assert store.verify() == ()


@pytest.mark.parametrize("text", ["unheard of", "no 7 of", "HOST-7"])
def test_it_takes_no_longer_among_many_errors_that_lack_it(tmp_path, text):
    few, many = (steps_taken(str(tmp_path / f"{size}.db"), size, text) for size in (100, 2_000))
    # Twenty times as many are in more segments of the index; a walk past them would take twenty times as long.
    assert many < 4 * few


def steps_taken(path, size, text):
    """Of SQLite's machine."""

    def ask(tx):
        counted = []
        tx.connection.trace_v2(
            apsw.SQLITE_TRACE_PROFILE,
            lambda event: counted.append(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"]),
        )
        tx.logs("demo").query_logs(RunFilter(text=text))
        tx.connection.trace_v2(0, None)
        return sum(counted)

    with closing(SqliteTenantStore(path)) as store:
        logs = [
            failed(f"r{number}", f"no {number} of host-{number}", at=number * 60) for number in range(size)
        ]
        store.write(lambda tx: [tx.logs("demo").store_log(log) for log in logs]).result(60)
        return store.read(ask)


@pytest.mark.parametrize("version", [None, 1])
def test_a_workflow_of_many_runs_leads_to_its_errors_as_one_of_few_does(tmp_path, version):
    few = [failed(f"f{number}", f"no {number}", at=number, workflow="few") for number in range(20)]
    many = [finished(f"m{number}", at=number, workflow="many") for number in range(600)]
    many += [failed(f"e{number}", f"no {number}", at=number, workflow="many") for number in range(20)]
    with closing(SqliteTenantStore(str(tmp_path / "t.db"))) as store:
        store.write(lambda tx: [tx.logs("demo").store_log(log) for log in (*few, *many)]).result(30)
        for workflow, prefix in (("few", "f"), ("many", "e")):
            wanted = RunFilter(workflow=workflow, version=version, text="NO 1", limit=3)
            assert found(store, wanted) == [f"{prefix}{number}" for number in (*range(19, 9, -1), 1)]
            assert found(store, dataclasses.replace(wanted, version=2)) == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", None),
        ("ab", None),
        ("ab\x00cd", None),
        ("abc", '"abc"'),
        ("abcd", '"bcd" "abc"'),
        ("abcdef", '"def" "cde" "bcd" "abc"'),
        ("longer than 5 s", '" 5 " "5 s" "n 5" "an "'),
        ("host-1234", '"234" "123" "-12" "t-1"'),
        ('a"b', '"a""b"'),
        ("ab\x00cdef", '"def" "cde"'),
        ("abcabcabc", '"cab" "bca" "abc"'),
    ],
)
def test_what_of_a_text_is_looked_up(text, asked):
    assert looked_up(text) == asked


def test_a_long_text_is_looked_up_by_a_few_letters_from_all_over_it():
    text = "".join(chr(0x4E00 + number) for number in range(3_000))
    parts = looked_up(text).split()
    assert len(parts) == 4
    assert parts[0] == f'"{text[-3:]}"'
    assert text.index(parts[-1][1:-1]) < 1_000
