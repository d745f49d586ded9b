"""What a program records of its runs and steps."""

import asyncio
import hashlib
import os
import subprocess
import threading
from pathlib import Path

import pytest

from darwinflow.recorder import RecordingWarning, record_run


def test_a_run_leaves_these_events_in_this_order(place) -> None:
    with record_run("assistant.yaml", request="add a retry", tags={"ticket": "42"}) as run:
        with run.step("classify", input={"text": "..."}) as step:
            step.action("LLM_CALL", model="small", tokens=812)
            step.output = {"decision": "Core"}
        run.output = {"done": True}
    journal, document, started, step_started, action, step_finished, finished = place.events()
    assert (journal["event"], journal["pid"]) == ("journal", os.getpid())
    assert document["text"] == place.flow.read_text()
    assert document["hash"] == hashlib.sha256(place.flow.read_bytes()).hexdigest()
    assert document["path"] == started["path"] == str(place.flow)
    assert (started["run"], started["document"]) == (run.id, document["hash"])
    assert (started["request"], started["tags"]) == ("add a retry", {"ticket": "42"})
    assert started["metadata"]["recorder"] == "python"
    assert {"host", "user", "commit"} <= set(started["metadata"])
    assert (step_started["node"], step_started["index"], step_started["input"]) == (
        "classify",
        0,
        {"text": "..."},
    )
    assert (action["type"], action["details"]) == ("LLM_CALL", {"model": "small", "tokens": 812})
    assert (step_finished["status"], step_finished["output"]) == ("SUCCESS", {"decision": "Core"})
    assert (finished["status"], finished["result"], finished["error"]) == ("SUCCESS", {"done": True}, None)
    assert step_started["step"] == action["step"] == step_finished["step"] == step.id
    times = [event["at"] for event in place.events() if "at" in event]
    assert times == sorted(times)
    assert run.state == "spooled"


class Refused(Exception):
    pass


def test_an_exception_is_the_steps_error_and_passes_unchanged(place) -> None:
    thrown = Refused("the model said no")
    with pytest.raises(Refused) as caught, record_run("assistant.yaml") as run, run.step("classify"):
        raise thrown
    assert caught.value is thrown
    step, finished = place.events("step.finished", "run.finished")
    assert (step["status"], step["error"]) == ("FAILED", "Refused: the model said no")
    assert (finished["status"], finished["error"]) == ("FAILED", "Refused: the model said no")


def test_a_step_may_fail_in_a_run_that_succeeds(place) -> None:
    with record_run("assistant.yaml") as run:
        for attempt in (1, 2):
            try:
                with run.step("classify", attempt=attempt, iteration=1, node_type="LLM_DECISION"):
                    if attempt == 1:
                        raise TimeoutError
            except TimeoutError:
                continue
    first, second = place.events("step.finished")
    assert [first["status"], second["status"]] == ["FAILED", "SUCCESS"]
    assert first["error"] == "TimeoutError"
    assert [(e["attempt"], e["iteration"], e["nodeType"]) for e in place.events("step.started")] == [
        (1, 1, "LLM_DECISION"),
        (2, 1, "LLM_DECISION"),
    ]
    assert place.events("run.finished")[0]["status"] == "SUCCESS"


def test_a_step_and_a_run_can_fail_or_be_cancelled_without_an_exception(place) -> None:
    with record_run("assistant.yaml") as run:
        with run.step("a") as step:
            step.fail("nobody answered")
        with run.step("b") as step:
            step.cancel("the window was closed")
        run.fail(ValueError("no way"))
    ends = [(event["status"], event["error"]) for event in place.events("step.finished", "run.finished")]
    assert ends == [
        ("FAILED", "nobody answered"),
        ("CANCELLED", "the window was closed"),
        ("FAILED", "no way"),
    ]


@pytest.mark.parametrize(
    ("leaving", "status", "error"),
    [
        (KeyboardInterrupt(), "CANCELLED", "KeyboardInterrupt"),
        (asyncio.CancelledError(), "CANCELLED", "CancelledError"),
        (SystemExit(0), "SUCCESS", None),
        (SystemExit(None), "SUCCESS", None),
        (SystemExit(3), "FAILED", "exit code 3"),
        (SystemExit("no input"), "FAILED", "no input"),
    ],
)
def test_what_leaves_the_block_decides_how_the_run_ended(place, leaving, status, error) -> None:
    with pytest.raises(type(leaving)), record_run("assistant.yaml"):
        raise leaving
    (finished,) = place.events("run.finished")
    assert (finished["status"], finished["error"]) == (status, error)


def test_values_are_taken_when_they_are_given(place) -> None:
    value = {"n": 1}
    with record_run("assistant.yaml", request=value) as run:
        value["n"] = 2
        with run.step("a", input=value) as step:
            value["n"] = 3
            step.output = value
            value["n"] = 4
    assert step.output is value
    assert place.events("run.started")[0]["request"] == {"n": 1}
    assert place.events("step.started")[0]["input"] == {"n": 2}
    assert place.events("step.finished")[0]["output"] == {"n": 3}


def test_a_run_inside_a_step_lies_below_it(place) -> None:
    with record_run("assistant.yaml") as outer:
        with outer.step("sub") as step, record_run("assistant.yaml") as inner:
            pass
        with record_run("assistant.yaml") as beside:
            pass
    parents = {
        event["run"]: (event["parentRun"], event["parentStep"]) for event in place.events("run.started")
    }
    assert parents == {outer.id: (None, None), inner.id: (outer.id, step.id), beside.id: (outer.id, None)}


def test_a_published_version_is_named_by_id_and_version(place) -> None:
    (place.folder / ".darwinflow.yaml").write_text("project: demo\n")
    with record_run("assistant@3"):
        pass
    (started,) = place.events("run.started")
    assert (started["workflow"], started["version"], started["path"]) == ("assistant", 3, None)
    assert (started["workspace"], started["settings"]) == (str(place.folder), "project: demo\n")


def test_a_file_whose_name_looks_like_a_version_is_a_file(place) -> None:
    (place.folder / "flow@3").write_text("id: x\n")
    with record_run("flow@3"):
        pass
    assert place.events("run.started")[0]["path"] == str(place.folder / "flow@3")


def test_the_document_is_written_once_a_text(place) -> None:
    for text in ("id: a\n", "id: a\n", "id: b\n", "id: a\n"):
        place.flow.write_text(text)
        with record_run(place.flow):
            pass
    assert [event["text"] for event in place.events("document")] == ["id: a\n", "id: b\n"]


def test_a_program_may_bring_ids_of_its_own(place) -> None:
    with record_run("assistant.yaml", run_id="ci:4711") as run:
        assert run.id == "ci:4711"
    with (
        pytest.warns(RecordingWarning, match="is no run id"),
        record_run("assistant.yaml", run_id="a b") as run,
    ):
        assert run.id != "a b"
    assert [event["run"] for event in place.events("run.started")] == ["ci:4711", run.id]


def test_two_runs_of_one_id_at_a_time_are_two_runs(place) -> None:
    with record_run("assistant.yaml", run_id="ticket") as first:
        with (
            pytest.warns(RecordingWarning, match="run ticket of this program is not over yet"),
            record_run("assistant.yaml", run_id="ticket") as second,
        ):
            pass
        with first.step("a"):
            pass
    with record_run("assistant.yaml", run_id="ticket") as third:
        pass
    assert first.id == third.id == "ticket" != second.id
    assert [event["run"] for event in place.events("run.finished")] == [second.id, "ticket", "ticket"]
    assert [event["run"] for event in place.events("step.started")] == ["ticket"]


def test_threads_record_steps_of_one_run(place) -> None:
    def work(number: int) -> None:
        for count in range(40):
            with run.step(f"n{number}", input=count) as step:
                step.action("X", text="y" * 500)

    with record_run("assistant.yaml") as run:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    started = place.events("step.started")
    assert sorted(event["index"] for event in started) == list(range(320))
    assert len({event["step"] for event in started}) == len(place.events("step.action")) == 320
    assert len(place.events("step.finished")) == 320


def test_tasks_have_their_own_runs_and_steps(place) -> None:
    async def sub(number: int) -> tuple[str, str, str]:
        with record_run("assistant.yaml", request=number) as outer, outer.step("sub") as step:
            await asyncio.sleep(0.001 * (number % 3))
            with record_run("assistant.yaml") as inner:
                await asyncio.sleep(0)
            return inner.id, outer.id, step.id

    async def main() -> list[tuple[str, str, str]]:
        return await asyncio.gather(*map(sub, range(20)))

    expected = asyncio.run(main())
    parents = {
        event["run"]: (event["parentRun"], event["parentStep"]) for event in place.events("run.started")
    }
    assert all(parents[inner] == (outer, step) for inner, outer, step in expected)


def test_a_block_left_in_another_context_than_it_was_entered_is_recorded(place) -> None:
    async def runs():
        with record_run("assistant.yaml") as run:
            yield run

    async def main() -> None:
        async for _ in runs():
            break

    asyncio.run(main())
    assert place.events("run.finished")


def test_the_commit_is_read_from_git(place) -> None:
    def git(*arguments: str, cwd: Path = place.folder) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        return subprocess.run(
            ["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "-q")
    git("add", "assistant.yaml")
    git("commit", "-qm", "first")
    git("worktree", "add", "-q", "../tree")
    tree = place.folder.parent / "tree"
    git("commit", "-q", "--allow-empty", "-m", "in the worktree", cwd=tree)
    commits = [git("rev-parse", "HEAD"), git("rev-parse", "HEAD", cwd=tree)]
    for path in (place.flow, tree / "assistant.yaml"):
        with record_run(path):
            pass
    git("pack-refs", "--all")
    with record_run(place.flow):
        pass
    found = [event["metadata"]["commit"] for event in place.events("run.started")]
    assert found == [*commits, commits[0]]
    assert place.events("run.started")[0]["workspace"] == str(place.folder)
