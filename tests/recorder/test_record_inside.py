"""What programs record inside of `darwinflow record`: they join its run or lie below it."""

import os
import sys

from recorder.record_command import DARWINFLOW, python, record

AGENT = """
import sys
from darwinflow.recorder import record_run
for request in sys.argv[2:]:
    with record_run(sys.argv[1], request=request, tags={"by": "agent"}) as run:
        with run.step("classify", input=request) as step:
            step.output = {"decision": "Core"}
        run.output = {"answer": request}
        if request == "fail":
            raise ValueError("no")
"""


def test_a_recorder_inside_joins_the_run_of_the_same_workflow(place) -> None:
    record(place, "--workflow", "assistant.yaml", "--", sys.executable, "-c", AGENT, "assistant.yaml", "ask")
    (started,) = place.events("run.started")
    (step,) = place.events("step.started")
    (finished,) = place.events("run.finished")
    assert step["run"] == finished["run"] == started["run"]
    assert (finished["status"], finished["result"]) == ("SUCCESS", {"answer": "ask"})
    assert finished["metadata"] == {"request": "ask", "tags": {"by": "agent"}}
    assert len(place.journals()) == 1


def test_a_program_that_goes_to_another_folder_finds_the_home_that_was_named_from_here(place) -> None:
    source = (
        "import os; from darwinflow.recorder import record_run\n"
        f"os.chdir('/')\nwith record_run({str(place.flow)!r}) as run, run.step('read'): pass"
    )
    home = os.path.relpath(place.home, place.folder)
    done = record(place, "--workflow", "assistant.yaml", *python(source), DARWINFLOW_HOME=home)
    assert done.returncode == 0, done.stderr
    (started,) = place.events("run.started")
    (step,) = place.events("step.started")
    assert step["run"] == started["run"]


def test_the_error_of_a_run_inside_is_the_error_of_the_run(place) -> None:
    done = record(
        place, "--workflow", "assistant.yaml", "--", sys.executable, "-c", AGENT, "assistant.yaml", "fail"
    )
    assert done.returncode == 1
    (finished,) = place.events("run.finished")
    assert (finished["status"], finished["error"]) == ("FAILED", "ValueError: no")


def test_further_runs_and_other_workflows_lie_below_the_run(place) -> None:
    (place.folder / "other.yaml").write_text("id: other\n")
    source = (
        AGENT.replace("sys.argv[2:]", "('one', 'two')") + "\nwith record_run('other.yaml') as run: pass\n"
    )
    record(
        place,
        "--workflow",
        "assistant.yaml",
        "--step",
        "all",
        "--",
        sys.executable,
        "-c",
        source,
        "assistant.yaml",
    )
    outer, *inner = place.events("run.started")
    outer_step = next(event for event in place.events("step.started") if event["node"] == "all")
    assert [(event["parentRun"], event["parentStep"]) for event in inner] == [
        (outer["run"], outer_step["step"])
    ] * 2
    assert len(place.events("run.finished")) == 3
    assert len(place.events("run.joined")) == 1


def test_commands_inside_become_steps_in_order(place) -> None:
    inside = " ".join([*DARWINFLOW, "--step"])
    script = (
        f"{inside} one -- true && {inside} two -- sh -c '{' '.join(DARWINFLOW)} -- sh -c \"exit 4\"'; true"
    )
    done = record(place, "--workflow", "assistant.yaml", "--step", "all", "--", "sh", "-c", script)
    assert done.returncode == 0
    started = place.events("step.started")
    assert [(event["node"], event["index"]) for event in started] == [
        ("all", 0),
        ("one", 1),
        ("two", 2),
        ("sh", 3),
    ]
    nodes = {event["step"]: event["node"] for event in started}
    ends = [
        (nodes[event["step"]], event["status"], event["error"]) for event in place.events("step.finished")
    ]
    assert ends == [
        ("one", "SUCCESS", None),
        ("sh", "FAILED", "exit code 4"),
        ("two", "FAILED", "exit code 4"),
        ("all", "SUCCESS", None),
    ]


def test_programs_side_by_side_record_into_one_run(place) -> None:
    inside = " ".join([*DARWINFLOW, "--step"])
    script = " & ".join(f"{inside} n{number} -- sleep 0.1" for number in range(6)) + " & wait"
    record(place, "--workflow", "assistant.yaml", "--", "sh", "-c", script)
    assert sorted(event["index"] for event in place.events("step.started")) == list(range(6))
    assert len(place.events("step.finished")) == 6


def test_a_program_gives_its_run_to_the_programs_it_starts(place) -> None:
    source = f"""
import os, subprocess, sys
from darwinflow.recorder import record_run
with record_run("assistant.yaml") as run:
    with run.step("first"):
        pass
    with run.step("second") as step:
        subprocess.run([*{DARWINFLOW!r}, "--step", "third", "--", "true"], env=os.environ | step.environ, check=True)
    with run.step("fourth"):
        pass
"""
    place.program(source)
    assert [(event["node"], event["index"]) for event in place.events("step.started")] == [
        ("first", 0),
        ("second", 1),
        ("third", 2),
        ("fourth", 3),
    ]


def test_a_run_that_is_over_takes_no_more_steps(place) -> None:
    record(place, "--workflow", "assistant.yaml", "--", "true")
    environ = {
        "DARWINFLOW_RUN": place.events("run.started")[0]["run"],
        "DARWINFLOW_JOURNAL": place.journals()[0].name,
    }
    done = record(place, *python("print('ran')"), **environ)
    assert (done.returncode, done.stdout) == (0, b"ran\n")
    assert b"is over or lies elsewhere" in done.stderr
    assert not place.events("step.started")
