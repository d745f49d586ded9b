"""A program notices nothing of being recorded, whatever it gives and wherever it runs."""

import os
import warnings
from pathlib import Path

import pytest

from darwinflow.recorder import RecordingWarning, record_run


def test_a_workflow_that_cannot_be_read_is_recorded_under_its_path(place) -> None:
    os.mkfifo(place.folder / "pipe.yaml")
    for name in ("missing.yaml", "pipe.yaml", "."):
        with pytest.warns(RecordingWarning, match="cannot be read"), record_run(name):
            pass
    started = place.events("run.started")
    assert [event["document"] for event in started] == [None] * 3
    assert started[0]["path"] == str(place.folder / "missing.yaml")


def test_a_text_that_is_no_utf8_or_too_long_does_not_stop_the_run(place) -> None:
    place.flow.write_bytes(b"id: \xff\xfe\n")
    with record_run(place.flow):
        pass
    place.flow.write_bytes(b"#" * (8 << 20) + b"\n")
    with pytest.warns(RecordingWarning, match="longer than 8 MiB"), record_run(place.flow):
        pass
    assert [event["text"] for event in place.events("document")] == ["id: \ufffd\ufffd\n"]
    assert len(place.events("run.finished")) == 2


class Panic(BaseException):
    pass


class Panicking:
    def __str__(self) -> str:
        raise Panic("no")

    __repr__ = __str__


def test_no_exception_of_a_values_own_code_reaches_the_program(place) -> None:
    with record_run("assistant.yaml", request=Panicking(), tags={"a": Panicking()}) as run:
        with run.step("a", input=Panicking()) as step:
            step.action("x", value=Panicking())
            step.fail(Panicking())
        run.output = Panicking()
        run.fail(Panicking())
    assert len(place.events("step.finished")) == len(place.events("run.finished")) == 1


@pytest.mark.parametrize("way", ["removed", "closed"])
def test_a_run_whose_journal_is_gone_is_not_said_to_be_spooled(place, way: str) -> None:
    with pytest.warns(RecordingWarning), record_run("assistant.yaml") as run:  # noqa: PT031 - the run is what warns
        assert run.state == "spooled"
        if way == "removed":
            place.journals()[0].unlink()
        else:
            os.close(run._recording.journal._fd)
        with run.step("a"):
            pass
    assert run.state == "unrecorded"


@pytest.mark.parametrize("nonsense", [None, 5, b"\xff\x00", "a\0b", object()])
def test_a_reference_that_is_none_is_a_warning(place, nonsense) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with record_run(nonsense) as run, run.step("a") as step:
            step.action("X")
            step.output = 1
    assert caught or place.events("run.finished")


def test_nonsense_in_any_argument_never_reaches_the_program(place) -> None:
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        run = record_run("assistant.yaml", tags=5, redact=7, run_id=9)
        with run, run.step(None, attempt="x", iteration=-1, node_type=3) as step:
            step.action(object())
            step.fail(object())
    assert place.events()[-1]["event"] == "run.finished"


class Liar:
    @property
    def __class__(self) -> type:
        raise RuntimeError("no")


class Torn(dict):
    def items(self):
        raise RuntimeError("no")


def test_tags_that_cannot_be_read_do_not_cost_the_run(place) -> None:
    for tags in ({"a": Liar(), "b": "kept"}, Liar(), Torn(a=1)):
        with record_run("assistant.yaml", tags=tags):
            pass
    first, second, third = (event["tags"] for event in place.events("run.started"))
    assert first["b"] == "kept"
    assert set(first) == {"a", "b"}
    assert "Liar" in first["a"]
    assert "Liar" in second["tags"] or "RuntimeError" in second["tags"]
    assert third == {"tags": "(not recorded: RuntimeError while reading a Torn)"}


def test_a_run_in_a_folder_that_was_removed_is_recorded(place) -> None:
    gone = place.folder / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    with pytest.warns(RecordingWarning, match="cannot be read"), record_run("assistant.yaml") as run:
        pass
    with record_run("assistant@3"):
        pass
    assert run.state == "spooled"
    assert [event["event"] for event in place.events("run.finished")] == ["run.finished"] * 2


def test_steps_outside_the_runs_block_are_a_warning(place) -> None:
    run = record_run("assistant.yaml")
    with pytest.warns(RecordingWarning, match="has not begun"), run.step("early"):
        pass
    with run:
        late = run.step("late")
    with pytest.warns(RecordingWarning, match="is over"), late:
        pass
    with pytest.warns(RecordingWarning, match="has begun already"), run:
        pass
    assert [event["event"] for event in place.events()][-2:] == ["run.started", "run.finished"]


def test_a_warning_stays_one_where_warnings_are_errors(place) -> None:
    done = place.program(
        """
from darwinflow.recorder import record_run
with record_run("missing.yaml") as run:
    pass
print("went on")
""",
        PYTHONWARNINGS="error",
    )
    assert done.stdout == "went on\n"
    assert "darwinflow: the workflow 'missing.yaml' cannot be read" in done.stderr


def test_a_warning_points_at_the_programs_own_line(place) -> None:
    with pytest.warns(RecordingWarning) as caught, record_run("missing.yaml"):
        pass
    assert Path(caught[0].filename) == Path(__file__)
