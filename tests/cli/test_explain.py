"""`darwinflow explain`: the list of codes, one page, and what is no code."""

import json
import subprocess
import sys
from pathlib import Path

from cli.conftest import Run
from darwinflow.check.codes import CODES


def test_without_a_code_there_is_a_line_for_each(darwinflow: Run) -> None:
    lines = darwinflow("explain").stdout.splitlines()
    assert {line.split()[0] for line in lines} == CODES
    assert "unreachable-node         no way leads from START to a node" in lines
    listed = json.loads(darwinflow("explain", "--json").stdout)["codes"]
    assert [one["code"] for one in listed] == sorted(CODES)


def test_a_page_says_what_is_wrong_and_what_would_be_right(darwinflow: Run) -> None:
    said = darwinflow("explain", "edge-unknown-node").stdout
    assert said.startswith("edge-unknown-node: an edge names a node that is not there\n\nAn edge leads from ")
    fails, mended = said.split("\nMended:\n")
    assert "\nThis fails:\n\n    id: greet\n" in fails
    assert "flow.yaml:6:23: error: no node is called 'lok'; did you mean 'look'? [edge-unknown-node]" in fails
    assert "    - {from: START, to: look}\n" in mended
    assert max(map(len, said.splitlines())) <= 100


def test_files_of_an_example_are_named_where_there_are_several(darwinflow: Run) -> None:
    said = darwinflow("explain", "subworkflow-inputs").stdout
    assert "\n  flow.yaml\n" in said
    assert "\n  parts/clean.yaml\n" in said


def test_a_page_is_there_for_programs_and_in_brackets_as_a_finding_ends_with_it(darwinflow: Run) -> None:
    page = json.loads(darwinflow("explain", "--json", "[secret]").stdout)
    assert page["code"] == "secret"
    assert page["failing"]["flow.yaml"].startswith("id: greet\n")
    assert page["mended"].keys() == page["failing"].keys()
    assert page["text"].startswith("# secret: a secret stands in clear text\n")


def test_programs_get_every_file_of_the_mended_example(darwinflow: Run) -> None:
    page = json.loads(darwinflow("explain", "--json", "cycle").stdout)
    assert page["mended"].keys() == page["failing"].keys() == {"flow.yaml", "graph-types/pipeline.yaml"}


def test_a_code_that_is_not_there_is_told_from_the_one_that_was_meant(darwinflow: Run) -> None:
    said = darwinflow("explain", "edge-unknow-node", expect=2)
    assert said.stderr == (
        "error: no finding is called 'edge-unknow-node'; did you mean 'edge-unknown-node'?\n"
        "try: darwinflow explain edge-unknown-node\n"
    )
    assert (
        darwinflow("explain", "zzz", expect=2).stderr.splitlines()[1]
        == "try: darwinflow explain, for all codes"
    )


def test_explaining_reads_no_rule_and_no_document(tmp_path: Path) -> None:
    script = (
        "import sys; from darwinflow.cli.main import main; main(['explain', 'secret']);"
        "print([name for name in sys.modules if name.startswith(('darwinflow.document', 'darwinflow.check.rules', 'jsonschema_rs'))],"
        " file=sys.stderr)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert said.stderr == "[]\n"
