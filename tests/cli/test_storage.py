"""`darwinflow storage`: what a user sees of the stores, and can do for them."""

import json
from pathlib import Path

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


def test_status_of_a_team_counts_its_own_and_names_no_role(darwinflow, tmp_path):
    postgres(darwinflow, tmp_path)
    record(darwinflow, 3)
    darwinflow("publish", "flows/greet.yaml")
    assert darwinflow("workflow", "show", "greet").stdout.startswith("id: greet")
    shown = darwinflow("storage", "status").stdout
    assert "logs       postgres  3 runs" in shown
    assert "workflows  postgres  1 version" in shown
    assert "ada@" not in shown
