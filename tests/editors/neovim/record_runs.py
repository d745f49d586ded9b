"""A program that is not the editor: records one run for each line it is given, `FLOW` or `FLOW<tab>ERROR`.

Answers with the run's id and the time, in seconds since 1970, at which it called the recorder last.
"""

import sys
import time

from darwinflow.recorder import record_run


class ModelTimedOut(Exception):
    pass


def record(flow: str, error: str) -> tuple[str, float]:
    with record_run(flow, request="add a retry") as run:
        with run.step("read_vision") as step:
            step.output = {"lines": 12}
        try:
            with run.step("classify") as step:
                step.action("LLM_CALL", model="small", tokens=812)
                if error:
                    raise ModelTimedOut(error)
                step.output = {"decision": "Core"}
        except ModelTimedOut:
            run.fail(error)
        called_at = time.time()
    return run.id, called_at


for line in sys.stdin:
    flow, _, error = line.rstrip("\n").partition("\t")
    print(*record(flow, error), flush=True)
