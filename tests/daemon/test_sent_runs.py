"""The faster way from a request's bytes to runs takes nothing that the models refuse, and makes the same of what it takes."""

import copy
import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darwinflow.model.run import ActionLog, ExecutionLog, RunInput, RunOutput, RunStatus, StepLog
from darwinflow.rpc.methods import imports, runs
from darwinflow.rpc.methods.method import Method
from darwinflow.rpc.routes import Refusal, Routes
from darwinflow.rpc.wire.runs import RunLog
from darwinflow.storage.log_codec import dump_log

AT = datetime(2026, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)
STEP = StepLog(
    "s.1",
    "größe",
    AT,
    "TOOL_CALL",
    2,
    1,
    AT,
    RunStatus.FAILED,
    {"a": [1, 1 << 80, -0.0, 1e300, True, None, "\u2028"]},
    0.1,
    "it broke",
    (ActionLog("LLM_CALL", AT, {"tokens": 812, "cost": 0.00001234567}),),
    {"k": "v"},
)
LOG = ExecutionLog(
    "r-1",
    "assistant",
    3,
    AT,
    "5f" * 32,
    "parent",
    "s.0",
    RunInput("add", {"x": []}),
    RunOutput(RunStatus.SUCCESS, AT, "done", "no", {"m": 1}),
    (STEP, STEP),
    {"host": "h"},
)
WAYS = Routes({**runs.METHODS, **imports.METHODS})
LONG = Routes(
    {name: Method(method.call, method.place) for name, method in {**runs.METHODS, **imports.METHODS}.items()}
)


def message(sent: object, method: str = "run/record") -> bytes:
    params = {"run": sent} if method == "run/record" else {"runs": [sent], "dryRun": True}
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).encode()


def wire() -> dict[str, object]:
    return RunLog.of(LOG, RunStatus.SUCCESS).model_dump(mode="json")


def taken(ways: Routes, body: bytes) -> object:
    """What is written of the runs that *body* holds, so that an int is no float; or how it is refused."""
    try:
        request = ways.request_in(body)
    except Refusal as refusal:
        return refusal.error
    params = request.params
    logs = [params.run] if hasattr(params, "run") else params.runs
    return request.id, request.route.name, getattr(params, "dry_run", None), [dump_log(log) for log in logs]


def is_taken_at_once(body: bytes) -> bool:
    decode = {**runs.METHODS, **imports.METHODS}[
        "run/record" if b"run/record" in body else "run/import"
    ].decode
    return decode(body) is not None


@pytest.mark.parametrize("method", ["run/record", "run/import"])
def test_what_clients_write_is_taken_at_once_and_becomes_what_it_was(method: str):
    body = message(wire(), method)
    assert is_taken_at_once(body)
    assert taken(WAYS, body) == taken(LONG, body)
    assert taken(WAYS, body)[3] == [dump_log(LOG)]


BAD = [
    None,
    True,
    0,
    1.0,
    -1,
    1 << 31,
    (1 << 31) + 1,
    1 << 64,
    "",
    "x" * 1001,
    "a b",
    "x\n",
    [],
    {},
    [None],
    {"z": 1},
]
TIMES = [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.1Z",
    "2026-01-01T00:00:00.1234565Z",
    "2026-01-01T00:00:00.12345678901Z",
    "2026-01-01T00:00:00+02:00",
    "2026-01-01T00:00:00-00:00",
    "2026-01-01T00:00:00",
    "2026-01-01 00:00:00Z",
    "2026-01-01t00:00:00z",
    "2026-01-01T00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:60Z",
    "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+23:00",
    "0000-01-01T00:00:00Z",
    "2026-01-01",
    "1767225600",
    1767225600,
]
TEXTS = [
    "\ud800",
    "\x00",
    "x" * 65536,
    "x" * 65537,
    "5f" * 32,
    "5F" * 32,
    "x" * 128,
    "x" * 129,
    "RUNNING",
    "LOST",
    "success",
]


def places(value: object, at: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    inner: list[tuple[object, ...]] = []
    if isinstance(value, dict):
        inner = [place for key, one in value.items() for place in places(one, (*at, key))]
    elif isinstance(value, list):
        inner = [place for key, one in enumerate(value) for place in places(one, (*at, key))]
    return [at, *inner] if at else inner


def changed(at: tuple[object, ...], value: object, kind: str) -> object:
    sent = copy.deepcopy(wire())
    inside = sent
    for key in at[:-1]:
        inside = inside[key]
    if kind == "put":
        inside[at[-1]] = value
    elif kind == "drop":
        del inside[at[-1]]
    elif isinstance(inside, dict):
        inside["unknownField"] = value
    else:
        inside.append(value)
    return sent


@settings(max_examples=1500, deadline=None)
@given(
    at=st.sampled_from(places(wire())),
    value=st.one_of(
        st.sampled_from([*BAD, *TIMES, *TEXTS]), st.floats(allow_nan=False), st.integers(), st.text()
    ),
    kind=st.sampled_from(["put", "put", "put", "drop", "add"]),
    method=st.sampled_from(["run/record", "run/import"]),
)
def test_any_change_of_a_run_is_answered_as_the_models_answer(at, value, kind, method):
    body = message(changed(at, value, kind), method)
    assert taken(WAYS, body) == taken(LONG, body)


@pytest.mark.parametrize("value", [*BAD, *TIMES, *TEXTS], ids=lambda value: repr(value)[:30])
def test_each_place_with_each_odd_value_is_answered_as_the_models_answer(value: object):
    for at in places(wire()):
        body = message(changed(at, value, "put"))
        assert taken(WAYS, body) == taken(LONG, body), at


@pytest.mark.parametrize(
    "body",
    [
        message(wire()).replace(b'"id": 7', b'"id": true'),
        message(wire()).replace(b'"id": 7', b'"id": null'),
        message(wire()).replace(b'"id": 7', b'"id": 1.5'),
        message(wire()).replace(b'"id": 7', b'"id": ' + b"9" * 30),
        message(wire()).replace(b'"id": 7', b'"id": "' + b"9" * 201 + b'"'),
        message(wire()).replace(b'"id": 7', b'"id": 7, "id": 8'),
        message(wire()).replace(b'"2.0"', b'"1.0"'),
        message(wire()).replace(b'"params"', b'"more": 1, "params"'),
        message(wire()) + b" ",
        message(wire()) + b"x",
        message(wire())[:-1],
        message(wire()).replace(b"it broke", b"it \xff broke"),
        message(wire()).replace(b"it broke", b"it \\ud800 broke"),
        message(wire()).replace(b"1e+300", b"1e400"),
        message(wire()).replace(b"1e+300", b"NaN"),
        message(wire()).replace(b"1e+300", b"[" * 5000 + b"]" * 5000),
        message(wire()).replace(b'"tokens": 812', b'"tokens": 812, "tokens": 1'),
        message(wire(), "run/import").replace(b'"dryRun": true', b'"dryRun": 1'),
        message(wire(), "run/import").replace(b'"dryRun": true', b'"dry_run": true'),
        message(wire()).replace(b'"runId"', b'"run_id"'),
    ],
    ids=range(20),
)  # fmt: skip
def test_odd_messages_are_answered_as_the_models_answer(body: bytes):
    assert taken(WAYS, body) == taken(LONG, body)


def test_more_runs_than_are_taken_are_refused():
    few = {"jsonrpc": "2.0", "id": 1, "method": "run/import", "params": {"runs": [wire()] * imports.MAX_RUNS}}
    assert len(taken(WAYS, json.dumps(few).encode())[3]) == imports.MAX_RUNS
    few["params"]["runs"].append(wire())
    assert "1000" in taken(WAYS, json.dumps(few).encode())["message"]


def test_infinity_is_no_number_in_a_message():
    body = message(changed(("steps", 0, "output"), math.inf, "put"))
    assert taken(WAYS, body)["code"] == -32700
