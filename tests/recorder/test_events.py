"""The wire format: the code that checks it, the schema, the page, and what the recorder writes agree."""

import copy
import json
import re
from pathlib import Path

import jsonschema_rs
import pytest

import darwinflow_schemas
from darwinflow.recorder import record_run
from darwinflow.recorder.events import MAX_LINE_BYTES, RULES, Problem, decode, hash_of

SCHEMA = json.loads((Path(darwinflow_schemas.FOLDER) / "events.schema.json").read_text())
PAGE = (Path(darwinflow_schemas.FOLDER) / "events.md").read_text()
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA, offline=True)
RUN = {"v": 1, "run": "r", "at": 1_795_548_600_601_055}
STEP = {**RUN, "step": "s"}
WHOLE = {
    "journal": {"v": 1, "recorder": "awk", "recorderVersion": "2", "pid": 1, "host": "h", "user": "u"},
    "document": {
        "v": 1,
        "hash": hash_of("id: a\n"),
        "text": "id: a\n",
        "path": "/a.yaml",
        "workspace": "/",
        "settings": "",
    },
    "run.started": {
        **RUN,
        "document": "0" * 64,
        "path": "/a.yaml",
        "workflow": "a",
        "version": 3,
        "workspace": "/",
        "settings": "",
        "request": 1,
        "context": [],
        "tags": {"a": "b"},
        "parentRun": "p",
        "parentStep": "q",
        "metadata": {"host": "h"},
    },
    "run.joined": {**RUN, "request": 1, "context": 2, "tags": {}, "metadata": {}},
    "step.started": {
        **STEP,
        "index": 0,
        "node": "n",
        "nodeType": "T",
        "attempt": 1,
        "iteration": 0,
        "input": {},
    },
    "step.action": {**STEP, "type": "LLM_CALL", "details": {"tokens": 1}},
    "step.finished": {**STEP, "status": "SUCCESS", "output": [], "error": "e"},
    "run.output": {**RUN, "status": "CANCELLED", "result": 1, "error": "e"},
    "run.finished": {**RUN, "status": "FAILED", "result": 1, "error": "e", "metadata": {}},
}
"""One of each kind with all its members."""


def line(event: dict) -> bytes:
    return json.dumps(event).encode()


def test_everything_the_recorder_writes_fits_the_schema(place) -> None:
    nasty = {"nan": float("nan"), "half": "\ud800", 1: object(), "deep": [[[[]]]], "é": "😀"}

    def record() -> None:
        with record_run("assistant.yaml", request=nasty, context=nasty, tags={"a": 1}) as run:
            for node in ("a", "", "x" * 5000, "é\ud800"):
                with run.step(node, input=nasty, node_type="T") as step:
                    step.action("", k=nasty)
                    step.output = nasty
            with record_run("assistant@3"):
                pass
            with run.step("b"):
                raise ValueError("x" * 100_000)

    with pytest.raises(ValueError, match="xxx"):
        record()
    for one in place.lines():
        VALIDATOR.validate(json.loads(one))
    assert {event["event"] for event in place.events()} == set(WHOLE) - {"run.joined", "run.output"}


def test_schema_and_checks_know_the_same_kinds_and_members() -> None:
    assert set(RULES) == set(WHOLE) == {ref["$ref"].rpartition("/")[2] for ref in SCHEMA["oneOf"]}
    for kind, rules in RULES.items():
        described = SCHEMA["$defs"][kind]
        assert set(described["properties"]) == {"v", "event", *rules}, kind
        required = {name for name in rules if isinstance(decode(line(without(kind, name))), Problem)}
        assert set(described["required"]) == {"v", "event", *required}, kind


def without(kind: str, name: str) -> dict:
    return {"event": kind, **{key: value for key, value in WHOLE[kind].items() if key != name}}


@pytest.mark.parametrize("kind", WHOLE)
def test_a_whole_event_is_taken_as_it_is(kind: str) -> None:
    event = {"event": kind, **WHOLE[kind]}
    VALIDATOR.validate(event)
    assert decode(line(event)) == event


@pytest.mark.parametrize("kind", WHOLE)
def test_null_counts_as_absent_and_defaults_are_filled_in(kind: str) -> None:
    for name in RULES[kind]:
        event = {"event": kind, **WHOLE[kind], name: None}
        taken = decode(line(event))
        assert isinstance(taken, Problem) == (name in SCHEMA["$defs"][kind]["required"])
        assert VALIDATOR.is_valid(event) == (not isinstance(taken, Problem))
        if not isinstance(taken, Problem):
            assert set(taken) == {"v", "event", *RULES[kind]}


WRONG = [
    True,
    -1,
    0,
    1.5,
    "",
    "x" * 20_000,
    "rel/ative",
    [],
    {},
    {"a": 1},
    2**60,
    10**19,
    "SUCCESS",
    "0" * 64,
    "/abs",
    "a b",
    "A" * 64,
]


@pytest.mark.parametrize("kind", WHOLE)
def test_schema_and_checks_refuse_the_same_values(kind: str) -> None:
    for name in RULES[kind]:
        for value in WRONG:
            event = {"event": kind, **WHOLE[kind], name: value}
            ours = decode(line(event))
            if kind == "document" and name in ("text", "hash"):
                continue  # that they belong together no schema can say
            theirs = VALIDATOR.is_valid(event)
            if isinstance(value, str) and RULES[kind][name][0] == "path" and not value.startswith("/"):
                assert isinstance(ours, Problem)  # the schema cannot know whether a reader completes the path
                continue
            assert isinstance(ours, Problem) != theirs, (name, value, ours)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (b"", "no JSON"),
        (b"nonsense", "no JSON"),
        (b'{"v":1,', "no JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        ('{"v":1}'.encode("utf-16"), "not UTF-8"),
        (b"[]", "an event is a JSON object"),
        (b"17", "an event is a JSON object"),
        (b"{}", "'v' must be 1"),
        (b'{"v":2,"event":"journal"}', "a newer recorder wrote this line"),
        (b'{"v":true,"event":"journal"}', "'v' must be 1"),
        (b'{"v":1,"event":"run.began"}', "'event' must be one of journal, document"),
        (b'{"v":1,"event":["journal"]}', "'event' must be one of"),
        (b'{"v":1,"event":"run.started","run":"a b","at":1}', "'run' must be an id"),
        (b'{"v":1,"event":"run.started","run":"a","at":1.5}', "'at' must be an integer"),
        (b'{"v":1,"event":"run.started","at":1}', "a 'run.started' needs 'run'"),
        (b'{"v":1,"event":"journal","pid":' + b"9" * 5000 + b"}", "too large"),
        (b"[" * 200_000, "too large"),
        (b'{"v":1,"event":"document","text":"a","hash":"' + b"0" * 64 + b'"}', "'hash' must be the SHA-256"),
        (b" " * (MAX_LINE_BYTES + 1), "longer than 64 MiB"),
    ],
)
def test_a_line_that_is_no_event_has_one_clear_problem(broken: bytes, message: str) -> None:
    problem = decode(broken)
    assert isinstance(problem, Problem)
    assert message in problem.message


def test_what_other_decoders_refuse_is_cleaned_when_it_is_read() -> None:
    event = {"event": "run.finished", **WHOLE["run.finished"]}
    text = json.dumps(event).replace(
        '"result": 1', '"result": {"nan": NaN, "half": "\\ud800", "deep": ' + "[" * 300 + "]" * 300 + "}"
    )
    taken = decode(text.encode())
    assert not isinstance(taken, Problem)
    assert taken["result"]["nan"] == "NaN"
    assert taken["result"]["half"] == "\\ud800"
    jsonschema_rs.validator_for({}).validate(taken)
    assert "nested deeper" in json.dumps(taken)


def test_unknown_members_are_left_out() -> None:
    event = {"event": "run.finished", **WHOLE["run.finished"]}
    assert decode(line({**event, "colour": "red"})) == event


def test_a_long_error_is_cut_and_says_so() -> None:
    event = {"event": "run.finished", **WHOLE["run.finished"], "error": "x" * 100_000}
    taken = decode(line(event))
    assert not isinstance(taken, Problem)
    assert len(taken["error"]) <= 16 * 1024
    assert "cut: 100000 characters" in taken["error"]
    assert decode(line(taken)) == taken


def test_decoding_does_not_share_defaults_between_events() -> None:
    bare = line({"event": "run.started", **RUN})
    first = decode(bare)
    untouched = copy.deepcopy(first)
    first["tags"]["x"] = 1
    assert decode(bare) == untouched


def test_the_pages_examples_are_events_and_its_table_is_complete() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1]
    for one in example.splitlines():
        VALIDATOR.validate(json.loads(one))
    rows = re.findall(r"^\| `([a-z.]+)` \|(.*?)\|(.*?)\|$", PAGE, re.MULTILINE)
    assert [row[0] for row in rows] == list(RULES)
    for kind, needs, may in rows:
        assert set(re.findall(r"`(\w+)`", needs + may)) == set(RULES[kind]), kind


def test_the_schema_is_one(tmp_path: Path) -> None:
    jsonschema_rs.meta.validate(SCHEMA)
