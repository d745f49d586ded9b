"""Commands that find nothing because they look in another project than the person meant: they name it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Run, flow

OTHER = "cd to another workspace to look there"
ALONE = "cd to the folder of the workflow's file, or create a .darwinflow.yaml that its folders belong to"


@pytest.fixture
def run_id(darwinflow: Run) -> str:
    """The end of the id of a run in the project `hello`."""
    said = darwinflow("record", "--workflow", "flows/greet.yaml", "--", "true")
    return said.stderr.split()[2]


def test_a_run_of_another_project_is_not_found_and_it_is_said_where_it_was_looked_for(
    darwinflow: Run, run_id: str, tmp_path: Path
) -> None:
    (tmp_path / "repository/.git").mkdir(parents=True)
    (tmp_path / "repository/inner").mkdir()
    (tmp_path / "bare").mkdir()
    (tmp_path / "named").mkdir()
    (tmp_path / "named/.darwinflow.yaml").write_text("project: other\n")
    for place, name, elsewhere in (
        ("repository/inner", f"project 'repository' of '{tmp_path}/repository/.git'", OTHER),
        ("bare", f"project 'bare' of the folder '{tmp_path}/bare' alone", ALONE),
        ("named", f"project 'other' of '{tmp_path}/named/.darwinflow.yaml'", OTHER),
    ):
        for words in (("show", run_id), ("list", "--before", run_id)):
            said = darwinflow("runs", *words, expect=1, cwd=tmp_path / place)
            assert said.stderr == (
                f"error: no run has an id that begins or ends with '{run_id}' in {name}\n"
                f"try: darwinflow runs list; or {elsewhere}\n"
            )
    assert darwinflow("runs", "show", run_id).stdout.startswith("# ✓ greet v1 succeeded")


def test_an_id_asked_for_in_the_folder_above_its_file_says_what_was_looked_in(
    darwinflow: Run, tmp_path: Path
) -> None:
    """Without settings and repository the workspace of a file is its own folder."""
    above = tmp_path / "above"
    (above / "flows").mkdir(parents=True)
    file = above / "flows/greet.yaml"
    file.write_text((tmp_path / "workspace/flows/greet.yaml").read_text())
    darwinflow("publish", str(file))
    darwinflow("record", "--workflow", str(file), "--", "true")
    name = f"project 'above' of the folder '{above}' alone"
    listed = darwinflow("runs", "list", "greet", cwd=above).stdout
    assert listed.startswith(f"No runs of 'greet' yet in {name}. ")
    assert listed.endswith(f"; or {ALONE}.\n")
    narrowed = darwinflow("runs", "list", "greet", "--status", "failed", cwd=above).stdout
    assert narrowed == f"No run of 'greet' is like that in {name}; {ALONE}.\n"
    said = darwinflow("lineage", "greet", cwd=above, expect=1)
    assert said.stderr == (
        f"error: no version of 'greet' is published in {name}\n"
        f"try: publish one: darwinflow publish FILE; or {ALONE}\n"
    )
    assert darwinflow("lineage", "flows/greet.yaml", cwd=above).stdout.startswith(" v1 ")


def test_following_says_which_project_is_followed(darwinflow: Run, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    darwinflow("daemon", "start")
    with subprocess.Popen(
        [sys.executable, "-m", "darwinflow.cli.main", "runs", "tail", "greet"],
        cwd=bare,
        env={**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")},
        stderr=subprocess.PIPE,
        text=True,
    ) as tail:
        assert tail.stderr is not None
        said = tail.stderr.readline()
        tail.send_signal(signal.SIGINT)
        assert tail.wait(timeout=20) == 130
    assert said == f"following runs of 'greet' in project 'bare' of the folder '{bare}' alone; Ctrl-C ends\n"


def test_a_folder_whose_name_is_no_text_is_told_as_that(tmp_path: Path) -> None:
    """What is recorded there is kept all the same, and seen from another folder of its project."""
    home = {**os.environ, "DARWINFLOW_HOME": str(tmp_path / "home")}
    folder = os.fsencode(tmp_path) + b"/plain\xff"
    os.mkdir(folder)
    with open(folder + b"/greet.yaml", "w", encoding="utf-8") as file:
        file.write(flow(1))
    command = [sys.executable, "-m", "darwinflow.cli.main"]

    def said(*words: str) -> tuple[int, list[str]]:
        done = subprocess.run([*command, *words], cwd=folder, env=home, capture_output=True, text=True)
        return done.returncode, done.stderr.splitlines()

    assert said("record", "--workflow", "greet.yaml", "--", sys.executable, "-c", "exit(3)")[0] == 3
    told = f"error: the workspace '{tmp_path}/plain\\xff' has a name that is no UTF-8"
    for words in ("runs list", "metrics", "workflow list", "publish greet.yaml", "lineage greet.yaml"):
        assert said(*words.split()) == (1, [told, "try: rename that folder"]), words
    subprocess.run([*command, "daemon", "stop"], env=home, check=True, capture_output=True)
