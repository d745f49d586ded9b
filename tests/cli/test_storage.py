"""`darwinflow storage`: what a user sees of the stores, and can do for them."""

import json
from pathlib import Path

import apsw
import pytest

from cli.recorded_runs import record
from postgres_server import new_organization, shared


def configure(tmp_path: Path, text: str) -> None:
    (tmp_path / "home").mkdir(mode=0o700, exist_ok=True)
    (tmp_path / "home/config.yaml").write_text(text)


def postgres(darwinflow, tmp_path):
    organization = new_organization()
    dsn = f"postgresql://ada@/postgres?host={shared().folder}"
    darwinflow("org", "join", dsn, "--organization", organization.id)
    with (tmp_path / "home/config.yaml").open("a") as config:
        config.write(f"  workflows: {{type: postgres, dsn: '{dsn}'}}\n")


@pytest.mark.parametrize("text", ["", "storage: {logs: {type: file}, metrics: {type: file}}\n",
    "storage: {workflows: {type: sqlite}, metrics: {type: file}}\n", "storage: {logs: {type: memory}}\n"])  # fmt: skip
def test_status_says_of_each_concern_where_and_how_much_it_is(darwinflow, tmp_path, text):
    configure(tmp_path, text)
    record(darwinflow, 3)
    darwinflow("publish", "flows/greet.yaml")
    stores = json.loads(darwinflow("storage", "status", "--json").stdout)["stores"]
    counts = {store["concern"]: store["counts"] for store in stores}
    assert counts["logs"] == {"runs": 3}
    assert counts["metrics"] == {"countedRuns": 3}
    assert counts.get("workflows") == ({"versions": 1} if "workflows" in text else None)
    for store in stores:
        assert store["faults"] == []
        assert store["type"] == "memory" or Path(store["place"]).exists()
        assert store["type"] == "memory" or store["bytes"] > 100
    shown = darwinflow("storage", "status").stdout
    assert "3 runs" in shown
    assert "ok" in shown
    places = [store["place"] for store in stores if store["place"] is not None]
    assert shown.count("the same") == len(places) - len(set(places))


def test_status_of_a_team_counts_its_own_and_names_no_role(darwinflow, tmp_path):
    postgres(darwinflow, tmp_path)
    record(darwinflow, 3)
    darwinflow("publish", "flows/greet.yaml")
    assert darwinflow("workflow", "show", "greet").stdout.startswith("id: greet")
    shown = darwinflow("storage", "status").stdout
    assert "logs       postgres  3 runs" in shown
    assert "workflows  postgres  1 version" in shown
    assert "ada@" not in shown


def test_verify_reads_everything_and_adds_it_up_again(darwinflow, tmp_path, mix):
    configure(tmp_path, mix)
    record(darwinflow, 2)
    record(darwinflow, 1, "false")
    darwinflow("publish", "flows/greet.yaml")
    assert darwinflow("storage", "verify").stdout == "3 runs read and added up again: all is well\n"
    assert json.loads(darwinflow("storage", "verify", "--json").stdout) == {"runs": 3, "faults": []}


@pytest.fixture(params=["", "storage: {logs: {type: file}, metrics: {type: file}}\n",
    "storage: {workflows: {type: sqlite}, metrics: {type: file}}\n", "storage: {logs: {type: memory}}\n"])  # fmt: skip
def mix(request):
    return request.param


def test_verify_of_a_team(darwinflow, tmp_path):
    postgres(darwinflow, tmp_path)
    record(darwinflow, 3)
    assert "3 runs read and added up again: all is well" in darwinflow("storage", "verify").stdout


def test_verify_finds_a_changed_byte_in_a_file(darwinflow, tmp_path):
    configure(tmp_path, "storage: {logs: {type: file}}\n")
    record(darwinflow, 3)
    darwinflow("daemon", "stop")
    (segment,) = [path for path in (tmp_path / "home/logs").rglob("*.jsonl") if path.stat().st_size]
    segment.write_bytes(segment.read_bytes().replace(b"greet", b"grxxt", 1))
    said = darwinflow("storage", "verify", expect=1)
    assert "are no record any more" in said.stderr
    assert "fault" in said.stdout


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE run_body SET body = zeroblob(length(body)) WHERE run = 2", "cannot be read"),
        ("UPDATE run SET status = 'FAILED' WHERE number = 2", "is listed otherwise than it is"),
        ("UPDATE summary SET runs = 4", "are of 4 runs; its 3 runs add up to something else"),
        ("DELETE FROM summary_duration", "add up to something else"),
        ("DELETE FROM summary_duration; DELETE FROM summary", "are not counted"),
        ("UPDATE workflow_version SET text = x'61'", "the text of version 1 is not the one that was published"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM run WHERE number = 2", "rows of run_body refer to rows of run"),
    ],
)  # fmt: skip
def test_verify_finds_what_somebody_changed_in_the_database(darwinflow, tmp_path, statement, said):
    configure(tmp_path, "storage: {workflows: {type: sqlite}}\n")
    record(darwinflow, 3)
    darwinflow("publish", "flows/greet.yaml")
    darwinflow("daemon", "stop")
    (path,) = (tmp_path / "home").glob("tenant-*.db")
    database = apsw.Connection(str(path))
    database.execute(statement)
    database.close()
    assert said in darwinflow("storage", "verify", expect=1).stderr


def test_verify_finds_a_page_that_was_overwritten(darwinflow, tmp_path):
    record(darwinflow, 3)
    darwinflow("daemon", "stop")
    (path,) = (tmp_path / "home").glob("tenant-*.db")
    database = apsw.Connection(str(path))
    page = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'run_by_tail'").get
    size = database.pragma("page_size")
    database.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size + 8)
        file.write(b"\xff" * 64)
    assert darwinflow("storage", "verify", expect=1).stderr.startswith("error: ")


def test_compact_gives_free_space_back_and_changes_nothing_else(darwinflow, tmp_path):
    record(darwinflow, 2)
    before = darwinflow("runs", "list", "--json").stdout
    darwinflow("daemon", "stop")
    (path,) = (tmp_path / "home").glob("tenant-*.db")
    database = apsw.Connection(str(path))
    database.execute("CREATE TABLE much (x); INSERT INTO much VALUES (zeroblob(5000000)); DROP TABLE much")
    database.close()
    sizes = json.loads(darwinflow("storage", "compact", "--json").stdout)
    assert sizes["before"] > 5_000_000 > 10 * sizes["after"] > 0
    assert path.stat().st_size < 500_000
    assert darwinflow("runs", "list", "--json").stdout == before
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert "databases had" in darwinflow("storage", "compact").stdout


def test_verify_reads_every_page_of_the_database_of_accounts(darwinflow, tmp_path):
    record(darwinflow, 1)
    darwinflow("daemon", "stop")
    path = tmp_path / "home/system.db"
    whole = path.read_bytes()
    told = []
    for page in range(1, len(whole) // 4096):
        flipped = bytearray(whole)
        flipped[page * 4096 + 3900] ^= 4
        path.write_bytes(flipped)
        said = darwinflow("storage", "verify", expect=None)
        told.append(said.returncode == 1 and "system.db is damaged" in said.stdout + said.stderr)
        darwinflow("daemon", "stop", expect=None)
    assert all(told), told
    path.write_bytes(whole)
    assert "all is well" in darwinflow("storage", "verify").stdout
