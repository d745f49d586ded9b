"""`darwinflow storage repair` where runs and figures lie on a team's server: what somebody did to its rows is mended."""

import json
from collections.abc import Callable

import psycopg
import pytest

from cli.recorded_runs import record
from postgres_server import Organization, new_organization, shared


@pytest.fixture
def team(darwinflow) -> Organization:
    """All runs, figures and events of the home are there."""
    organization = new_organization()
    dsn = f"postgresql://ada@/postgres?host={shared().folder}"
    darwinflow("org", "join", dsn, "--organization", organization.id)
    return organization


@pytest.fixture
def harm(team) -> Callable[[str], None]:
    """Runs statements on the organization's rows as the server's administrator, whom row security does not bind."""

    def run(statements: str) -> None:
        with psycopg.connect(shared().dsn()) as link:
            for statement in statements.split(";"):
                link.execute(f"{statement} AND organization = %(id)s" if " WHERE " in statement
                             else f"{statement} WHERE organization = %(id)s", {"id": team.id})  # fmt: skip

    return run


def run_ids(darwinflow) -> list[str]:
    return [run["runId"] for run in json.loads(darwinflow("runs", "list", "--json").stdout)["runs"]]


def figures(darwinflow) -> object:
    """But for the order in which fractions were added."""
    said = darwinflow("metrics", "greet", "--json").stdout
    nodes = darwinflow("metrics", "greet", "--nodes", "--json").stdout
    return [json.loads(each, parse_float=lambda number: round(float(number), 3)) for each in (said, nodes)]


def test_a_sound_organization_stays_as_it_is(darwinflow, team):
    record(darwinflow, 2)
    before = run_ids(darwinflow)
    assert darwinflow("storage", "repair").stdout == "all is well\n"
    assert run_ids(darwinflow) == before


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        ("UPDATE darwinflow.summary SET runs = runs * 2", "which were of 6 runs, are added up again from 3 runs"),
        ("DELETE FROM darwinflow.summary_duration", "are added up again from 3 runs"),
        ("DELETE FROM darwinflow.summary_duration; DELETE FROM darwinflow.summary",
         "which were of 0 runs, are added up again"),
        (("DELETE FROM darwinflow.summary_duration; DELETE FROM darwinflow.summary; DELETE FROM darwinflow.hour_sums; "
         "DELETE FROM darwinflow.node_sums; DELETE FROM darwinflow.counted_run"),
         "3 runs of project 'hello' had not been counted and announced"),
        ("UPDATE darwinflow.hour_sums SET runs = 9", "are added up again from its runs"),
        ("DELETE FROM darwinflow.node_sums", "by node are added up again from its runs"),
        ("UPDATE darwinflow.node_sums SET nodes = '\\x0000'",
         "figures of nodes in a day of greet v1 in project 'hello' cannot be read and are added up again"),
        ("UPDATE darwinflow.hour_sums SET durations = '\\x00'",
         "figures of an hour of greet v1 in project 'hello' cannot be read and are added up again"),
        ("UPDATE darwinflow.run SET status = 'FAILED', workflow = 'other'",
         "3 runs of project 'hello' listed otherwise than their logs say"),
        ("UPDATE darwinflow.run SET brief = '{}'", "3 runs of project 'hello' listed otherwise"),
        ("UPDATE darwinflow.run SET errors = 'oh'", "3 runs of project 'hello' listed otherwise"),
        ("UPDATE darwinflow.run SET tail = 'x'", "3 runs of project 'hello' listed otherwise"),
    ],
)  # fmt: skip
def test_what_somebody_changed_in_the_rows_is_mended(darwinflow, harm, statements, said):
    record(darwinflow, 3, step="look")
    before, metrics = run_ids(darwinflow), figures(darwinflow)
    darwinflow("daemon", "stop")
    harm(statements)
    would = darwinflow("storage", "repair", "--dry-run").stdout
    assert "would be mended: " in would
    assert said in would
    assert said in darwinflow("storage", "repair").stdout
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert run_ids(darwinflow) == before
    assert figures(darwinflow) == metrics
    assert darwinflow("storage", "repair").stdout == "all is well\n"


@pytest.mark.parametrize("change", ["body = '\\x00'", "codec = 99", "body = substr(body, 1, 10)"])
def test_a_run_that_cannot_be_read_is_named_and_counts_on_until_somebody_lets_go_of_it(
    darwinflow, harm, change
):
    record(darwinflow, 3, step="look")
    before, metrics = run_ids(darwinflow), figures(darwinflow)
    darwinflow("daemon", "stop")
    harm(f"UPDATE darwinflow.run SET {change} WHERE id = '{before[1]}'")
    for arguments in ((), ()):
        said = darwinflow("storage", "repair", *arguments, expect=1)
        assert said.stdout == ""
        assert f"run {before[1]} of project 'hello' cannot be read" in said.stderr
        assert "a backup of the server" in said.stderr
    assert run_ids(darwinflow) == before
    assert figures(darwinflow) == metrics
    darwinflow("runs", "delete", before[1], "--yes", expect=None)
    assert "all is well" in darwinflow("storage", "verify").stdout
    assert figures(darwinflow) == metrics


def test_a_listing_that_is_broken_is_a_fault_that_verify_tells(darwinflow, harm):
    record(darwinflow)
    harm("UPDATE darwinflow.run SET brief = '{}'")
    said = darwinflow("storage", "verify", expect=1).stderr
    assert "runs of project 'hello' cannot be listed: the entry of run" in said


def test_a_damaged_entry_hides_none_of_the_others(darwinflow, harm):
    record(darwinflow, 3)
    before = run_ids(darwinflow)
    harm(f"UPDATE darwinflow.run SET brief = '{{}}' WHERE id = '{before[1]}'")
    said = darwinflow("runs", "list")
    assert [line.split()[1] for line in said.stdout.splitlines()[1:]] == [before[0][-8:], before[2][-8:]]
    warning, advice = said.stderr.splitlines()
    assert warning.startswith(f"warning: run {before[1]} is not shown: the entry of run {before[1]} cannot ")
    assert advice.startswith("try: darwinflow storage repair, ")
    found = json.loads(darwinflow("runs", "list", "--json").stdout)
    assert [one["runId"] for one in found["damaged"]] == [before[1]]
    pages, last = [], ()
    while True:
        page = json.loads(darwinflow("runs", "list", "--limit", "1", "--json", *last).stdout)
        pages += [run["runId"] for run in page["runs"]]
        if page["next"] is None:
            break
        last = ("--before", page["next"])
    assert pages == [before[0], before[2]]
    darwinflow("storage", "verify", expect=1)
    assert "1 run of project 'hello' listed otherwise" in darwinflow("storage", "repair").stdout
    assert run_ids(darwinflow) == before


def test_what_others_have_there_stays_as_it_is(darwinflow, harm, team):
    record(darwinflow, step="look")
    other = new_organization()
    with psycopg.connect(shared().dsn()) as link:
        for table in ("run", "summary"):
            columns = [name for (name,) in link.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'darwinflow' "
                "AND table_name = %s AND column_name NOT IN ('organization', 'number')", (table,))]  # fmt: skip
            names = ", ".join(columns)
            link.execute(
                f"INSERT INTO darwinflow.{table} (organization, {names}) "
                f"SELECT %s, {names} FROM darwinflow.{table} WHERE organization = %s",
                (other.id, team.id),
            )
        link.execute("UPDATE darwinflow.run SET status = 'FAILED'")
        link.execute("UPDATE darwinflow.summary SET runs = 7")
    darwinflow("daemon", "stop")
    assert "mended: " in darwinflow("storage", "repair").stdout
    with psycopg.connect(shared().dsn()) as link:
        rows = link.execute(
            "SELECT status, (SELECT min(runs) FROM darwinflow.summary WHERE organization = %(id)s) "
            "FROM darwinflow.run WHERE organization = %(id)s",
            {"id": other.id},
        ).fetchall()
        assert rows == [("FAILED", 7)]
