"""The stored form of logs: what is written in a faster way reads as the same."""

import json
from datetime import timedelta

from msgspec.structs import replace

from contract.sample_runs import FULL, STEP, live
from darwinflow.model.run import StepLog
from darwinflow.storage.log_codec import dump_body, dump_log, dump_step, load_log, load_step

HALF = "\ud800 half a pair"


def steps(number: int) -> tuple[StepLog, ...]:
    return tuple(
        replace(STEP, step_id=f"s{at}", start_time=STEP.start_time + timedelta(seconds=at), output={"at": at})
        for at in range(number)
    )


def test_the_body_of_a_long_run_reads_as_its_log():
    for number in (0, 999, 1000, 1001, 3000):
        for log in (live("r", steps=steps(number)), replace(FULL, steps=steps(number))):
            assert load_log(dump_body(log)) == log
            assert json.loads(dump_body(log)) == json.loads(dump_log(log))


def test_one_step_that_is_no_utf8_spoils_no_other():
    odd = replace(STEP, output=HALF, error="Überlastet")
    assert load_step(dump_step(odd)) == odd
    log = live("r", steps=(*steps(1200), odd))
    assert load_log(dump_body(log)) == log


def test_a_step_that_an_older_version_has_written_is_read():
    assert (
        load_step(b'{"stepId":"s","nodeId":"n","startTime":1,"status":"RUNNING","error":"\\u00dcber"}').error
        == "Über"
    )
