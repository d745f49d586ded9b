from datetime import UTC, datetime, timedelta

from darwinflow.model.metric import WorkflowSummary
from darwinflow.model.run import RunHeader, RunStatus, StepBrief
from darwinflow_lsp.history import KEPT_RUNS, History

NOON = datetime(2026, 11, 14, 12, tzinfo=UTC)


def run(number, status=RunStatus.SUCCESS, *steps, workflow="assistant"):
    start = NOON + timedelta(minutes=number)
    return RunHeader(
        f"run-{number:08}", workflow, 3, "cafe", status, start, start, len(steps), None, None, steps
    )


def summary(runs):
    return WorkflowSummary(runs, runs, 0, 10, 10, 10, 10, 0, 0, NOON)


def test_an_event_changes_the_run_it_is_about_and_the_figures_it_brings():
    history = History("assistant", runs=(run(1, RunStatus.RUNNING),), of_texts={"cafe": None}, offset=4)
    after = history.with_run(run(1), 5, summary(1), summary(1))
    assert [each.status for each in after.runs] == [RunStatus.SUCCESS]
    assert after.of_versions[3].runs == after.of_texts["cafe"].runs == 1
    assert history.of_texts == {"cafe": None}


def test_an_event_that_the_answer_had_already_changes_nothing():
    history = History("assistant", offset=5)
    assert history.with_run(run(1), 5, None, None) is history
    assert history.with_run(run(1, workflow="other"), 6, None, None) is history


def test_the_newest_start_stands_first_and_the_list_stays_short():
    history = History("assistant")
    for number in (3, 1, 2, *range(4, 40)):
        history = history.with_run(
            run(number), number + 100 if number > 3 else history.offset + 1, None, None
        )
    assert len(history.runs) == KEPT_RUNS
    assert history.runs[0].run_id == "run-00000039"


def test_a_node_has_failed_where_its_last_ended_step_did():
    failed, good = StepBrief("a", RunStatus.FAILED, 1, "no"), StepBrief("a", RunStatus.SUCCESS, 1, None)
    history = History("assistant", runs=(run(2, RunStatus.RUNNING, good), run(1, RunStatus.FAILED, failed)))
    assert history.failures() == {}
    history = History("assistant", runs=(run(2, RunStatus.FAILED, good, failed), run(1)))
    assert history.failures()["a"].step.error == "no"
    assert [each.run.run_id for each in history.steps_of("a")] == ["run-00000002"]
