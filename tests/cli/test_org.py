"""A team's database, from its making to the runs of a member's machine, by the commands alone."""

import json
import re
from pathlib import Path

import psycopg
import pytest

from cli.recorded_runs import record
from daemon_process import eventually
from postgres_server import Server, new_organization, shared


@pytest.fixture
def server():
    """One of the test's own, with nothing of ours in it but two roles that can log in."""
    one = Server(fsync=True)
    with psycopg.connect(one.dsn(), autocommit=True) as link:
        link.execute("CREATE ROLE ada LOGIN")
        link.execute("CREATE ROLE bob LOGIN")
    yield one
    one.close()


def dsn(server, role="postgres"):
    return f"postgresql://{role}@/postgres?host={server.folder}"


def wait_for_swept(home: Path) -> None:
    """A run whose journal is still there when its home changes stores comes into both."""
    eventually(lambda: not [path for path in (home / "spool").iterdir() if path.is_file()])


def organization_id(home: Path) -> str:
    (found,) = home.glob("tenant-*.db")
    return re.fullmatch(r"tenant-(\w+)\.db", found.name)[1]


def test_an_owner_makes_an_organization_and_a_member_joins_it(server, darwinflow, tmp_path):
    record(darwinflow)
    wait_for_swept(tmp_path / "home")
    before = organization_id(tmp_path / "home")
    made = darwinflow("org", "create", dsn(server), "team").stdout
    assert made.startswith("made organization team (")
    assert darwinflow("org", "create", dsn(server), "team").stdout.startswith(
        "there already: organization team"
    )
    refused = darwinflow("org", "join", dsn(server, "ada"), expect=1).stderr
    assert "to admit your role" in refused
    darwinflow("org", "admit", dsn(server), "ada")
    joined = json.loads(darwinflow("org", "join", dsn(server, "ada"), "--json").stdout)
    assert joined["name"] == "team"
    assert f"({joined['organization']})" in made
    # What was there has come along under the new id; what comes from now on lies in the server.
    assert organization_id(tmp_path / "home") == joined["organization"] != before
    record(darwinflow)
    darwinflow("publish", "flows/greet.yaml")
    assert "1 of 1" in darwinflow("lineage", "greet").stdout
    with psycopg.connect(server.dsn()) as link:
        assert link.execute("SELECT organization, count(*) FROM darwinflow.run GROUP BY 1").fetchall() == [
            (joined["organization"], 1)
        ]
    # Joining again changes nothing.
    config = (tmp_path / "home/config.yaml").read_text()
    darwinflow("org", "join", dsn(server, "ada"))
    assert (tmp_path / "home/config.yaml").read_text() == config
    assert "1 of 1" in darwinflow("lineage", "greet").stdout


def test_who_names_the_database_by_hand_is_told_to_join(server, darwinflow, tmp_path):
    darwinflow("org", "create", dsn(server), "team")
    store = f"{{type: postgres, dsn: '{dsn(server, 'ada')}'}}"
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home/config.yaml").write_text(f"storage:\n  logs: {store}\n  metrics: {store}\n")
    alone = darwinflow("runs", "list", expect=1).stderr
    assert "to admit your role" in alone
    darwinflow("org", "admit", dsn(server), "ada")
    said = darwinflow("runs", "list", expect=1).stderr
    assert "role 'ada' is no member of an organization" in said
    assert "try: darwinflow org join DSN, which brings this machine into team" in said
    darwinflow("org", "join", dsn(server, "ada"))
    record(darwinflow)
    assert "greet" in darwinflow("runs", "list").stdout


def test_the_runs_of_before_are_there_again_once_the_settings_name_the_database_of_before(
    darwinflow, tmp_path
):
    organization = new_organization()
    record(darwinflow)
    wait_for_swept(tmp_path / "home")
    listed = darwinflow("runs", "list").stdout
    darwinflow("org", "join", dsn(shared(), "ada"), "--organization", organization.id)
    assert darwinflow("runs", "list").stdout != listed
    darwinflow("daemon", "stop")
    (tmp_path / "home/config.yaml").unlink()
    assert re.sub("just now|[0-9]+ s ago", "AGE", darwinflow("runs", "list").stdout) == re.sub(
        "just now|[0-9]+ s ago", "AGE", listed
    )


def test_who_was_killed_half_way_joins_again(darwinflow, tmp_path):
    organization = new_organization()
    record(darwinflow)
    darwinflow("daemon", "stop")
    home = tmp_path / "home"
    (home / f"tenant-{organization_id(home)}.db").rename(home / f"tenant-{organization.id}.db")
    assert "is gone" in (said := darwinflow("runs", "list", expect=None).stderr) or "missing" in said, said
    darwinflow("org", "join", dsn(shared(), "ada"), "--organization", organization.id)
    record(darwinflow)
    assert "greet" in darwinflow("runs", "list", "--json").stdout


def test_a_server_that_is_away_keeps_nobody_from_recording(server, darwinflow):
    darwinflow("org", "create", dsn(server), "team")
    darwinflow("org", "admit", dsn(server), "ada")
    darwinflow("org", "join", dsn(server, "ada"))
    record(darwinflow)
    server.stop()
    said = darwinflow("record", "--workflow", "flows/greet.yaml", "--", "true").stderr
    assert "spooled" in said
    assert "cannot be reached" in darwinflow("runs", "list", expect=1).stderr
    status = darwinflow("storage", "status", expect=1)
    assert "cannot be reached" in status.stderr
    # The journal of the first run is taken in, and may be there for a moment still.
    assert re.search(
        r"^journals   (1 file|2 files) in /.*\nbackup     .*\n(.*\n)*disk       .* free$",
        status.stdout,
        re.MULTILINE,
    )
    found = json.loads(darwinflow("storage", "status", "--json", expect=1).stdout)
    assert found["journals"] in (1, 2)
    assert "cannot be reached" in found["away"]["message"]
    assert {"held", "backup", "freeBytes", "room"} < found.keys()
    server.start()
    eventually(lambda: darwinflow("runs", "list", "--json", expect=None).stdout.count("runId") == 2)


@pytest.fixture
def secret_in_environment(monkeypatch):
    """To be asked for before `darwinflow`, which takes the environment as it is."""
    monkeypatch.setenv("TEAM_DSN", f"postgresql://ada:hunter2@/postgres?host={shared().folder}")


def test_a_password_is_taken_from_the_environment_alone(secret_in_environment, darwinflow, tmp_path):
    said = darwinflow("org", "join", "postgresql://ada:hunter2@/postgres", expect=2).stderr
    assert "a password does not belong" in said
    assert "hunter2" not in said
    assert "has no 'OTHER_DSN'" in darwinflow("org", "join", "${OTHER_DSN}", expect=2).stderr
    organization = new_organization()
    darwinflow("org", "join", "${TEAM_DSN}", "--organization", organization.id)
    assert "'${TEAM_DSN}'" in (tmp_path / "home/config.yaml").read_text()
    record(darwinflow)
    for path in (tmp_path / "home").rglob("*"):
        assert not path.is_file() or b"hunter2" not in path.read_bytes(), path


@pytest.fixture
def odd_password(monkeypatch):
    """In the environment, alone and in a DSN that is there whole. To be asked for before `darwinflow`."""
    monkeypatch.setenv("PW", "s3cr/et:X")
    monkeypatch.setenv("TEAM_DSN", "postgresql://ada:s3cr/et:X@127.0.0.1:1/team")


@pytest.mark.parametrize("named", ["postgresql://ada:${PW}@127.0.0.1:1/team", "${TEAM_DSN}"])
def test_no_password_is_shown_or_logged_whatever_its_characters(odd_password, darwinflow, tmp_path, named):
    kept = f"{{type: postgres, dsn: '{named}'}}"
    (tmp_path / "home").mkdir(mode=0o700)
    (tmp_path / "home/config.yaml").write_text(f"storage: {{logs: {kept}, metrics: {kept}}}\n")
    for arguments in (("runs", "list"), ("storage", "status"), ("storage", "backup")):
        said = darwinflow(*arguments, expect=None)
        assert "s3cr" not in said.stdout + said.stderr
        assert "et:X" not in said.stdout + said.stderr
    written = [path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert not any(b"s3cr" in content or b"et:X" in content for content in written)


@pytest.mark.parametrize(
    "named",
    [
        "postgresql://ada:${PW}@127.0.0.1:1/team",
        "host=127.0.0.1 port=1 user=ada password=${PW} dbname=team",
        "${TEAM_DSN}",
    ],
)
def test_a_refused_join_does_not_show_the_password(odd_password, darwinflow, named):
    said = darwinflow("org", "join", named, expect=1).stderr
    assert "s3cr" not in said
    assert "et:X" not in said
    assert (
        "write / as %2F" if named == "${TEAM_DSN}" else "postgresql://127.0.0.1:1/team cannot be"
    ) in said, said


@pytest.mark.parametrize(
    ("before", "is_joined"),
    [
        ("# mine\n", True),
        ("# mine\norganizations: {other: {storage: {logs: {type: file}}}}", True),
        ("storage: {logs: {type: file}}\n", False),
        ("organizations: {personal: {storage: {logs: {type: file}}}}\n", False),
        ("{}\n", False),
    ],
)
def test_settings_that_are_there_are_kept_or_nothing_is_changed(darwinflow, tmp_path, before, is_joined):
    organization = new_organization()
    (tmp_path / "home").mkdir(mode=0o700)
    config = tmp_path / "home/config.yaml"
    config.write_text(before)
    arguments = ("org", "join", dsn(shared(), "ada"), "--organization", organization.id)
    said = darwinflow(*arguments, expect=0 if is_joined else 1)
    assert config.read_text().startswith(before)
    assert is_joined == (config.read_text() != before)
    assert (
        is_joined or "set 'logs' and 'metrics' there to {type: postgres, dsn: 'postgresql://" in said.stderr
    )


def test_who_is_in_several_says_which(darwinflow):
    new_organization()
    new_organization()
    said = darwinflow("org", "join", dsn(shared(), "ada"), expect=1).stderr
    assert "there are several organizations" in said
    assert "--organization" in said
    assert "has no organization 'nowhere'" in darwinflow(
        "org", "join", dsn(shared(), "ada"), "--organization", "nowhere", expect=1
    ).stderr  # fmt: skip


def test_one_that_is_dismissed_is_refused(server, darwinflow):
    darwinflow("org", "create", dsn(server), "team")
    darwinflow("org", "admit", dsn(server), "ada")
    assert "is no member any more" in darwinflow("org", "dismiss", dsn(server), "ada").stdout
    assert "was no member" in darwinflow("org", "dismiss", dsn(server), "ada").stdout
    assert darwinflow("org", "join", dsn(server, "ada"), expect=1).stderr.startswith("error: ")
    assert "above the rules" in darwinflow("org", "admit", dsn(server), "postgres", expect=1).stderr
    assert "above the rules" in darwinflow("org", "join", dsn(server), expect=1).stderr
