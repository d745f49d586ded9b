from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from darwinflow.document.document import Document
from darwinflow.model.run_document import run_document

NOW = datetime(2026, 11, 14, 10, 43, tzinfo=UTC)
FAILED = {
    "runId": "01936f0a-7c1e-7a44-9f0b-2c338c41d07e",
    "workflowId": "assistant",
    "workflowVersion": 3,
    "startTime": "2026-11-14T10:41:07Z",
    "input": {"request": "add a retry", "context": None},
    "output": {
        "status": "FAILED",
        "endTime": "2026-11-14T10:41:11.1Z",
        "error": "model timed out after 4 s\nTraceback",
    },
    "metadata": {"user": "mira", "host": "build-3", "commit": "4f2c1aa9e0", "recorder": "python"},
    "steps": [
        {
            "nodeId": "read_vision",
            "startTime": "2026-11-14T10:41:07Z",
            "endTime": "2026-11-14T10:41:07.020Z",
            "status": "SUCCESS",
            "output": "line one\nline two\n",
        },
        {
            "nodeId": "classify",
            "attempt": 1,
            "startTime": "2026-11-14T10:41:07Z",
            "endTime": "2026-11-14T10:41:07.1Z",
            "status": "FAILED",
            "error": "busy",
        },
        {
            "nodeId": "classify",
            "attempt": 2,
            "startTime": "2026-11-14T10:41:07.1Z",
            "endTime": "2026-11-14T10:41:11.1Z",
            "status": "FAILED",
            "actions": [{"type": "LLM_CALL", "details": {"model": "small", "tokens": 812}}],
            "error": "model timed out after 4 s",
        },
    ],
}


def test_the_story_stands_first_and_every_step_has_its_remark():
    assert run_document(FAILED, NOW) == (
        "# ✗ assistant v3 failed at classify after 4.1 s: model timed out after 4 s\n"
        "# run 01936f0a-7c1e-7a44-9f0b-2c338c41d07e, today 10:41:07, by mira on build-3, commit 4f2c1aa\n"
        "input: {request: add a retry}\n"
        "steps:\n"
        "  - node: read_vision        # ✓ 20 ms\n"
        "    output: |\n"
        "      line one\n"
        "      line two\n"
        "  - node: classify           # ✗ 100 ms, attempt 1 of 2\n"
        "    error: busy\n"
        "  - node: classify           # ✗ 4.0 s, attempt 2 of 2\n"
        "    actions:\n"
        "      - LLM_CALL: {model: small, tokens: 812}\n"
        "    error: model timed out after 4 s\n"
        "error: |-\n"
        "  model timed out after 4 s\n"
        "  Traceback\n"
        "metadata: {recorder: python}\n"
    )


def test_a_step_without_an_end_goes_on_no_longer_than_its_run():
    step = {"nodeId": "fix", "startTime": "2026-11-14T10:42:30Z", "endTime": None, "status": "RUNNING"}
    ended = FAILED | {"steps": [step]}
    assert "  - node: fix                # ● started 30 s ago\n" in run_document(
        ended | {"output": None}, NOW
    )
    assert "  - node: fix                # ◌ did not finish\n" in run_document(ended, NOW)


def test_a_terminal_without_glyphs_gets_letters():
    assert run_document(FAILED, NOW, utf8=False).startswith("# x assistant v3 failed")


def test_a_run_that_still_runs_says_where_it_is():
    live = FAILED | {
        "output": None,
        "steps": [
            {
                "nodeId": "read: vision",
                "startTime": "2026-11-14T10:41:07Z",
                "endTime": None,
                "status": "RUNNING",
            }
        ],
    }
    text = run_document(live, NOW)
    assert text.startswith("# ● assistant v3 is running read: vision, started 1 min ago\n")
    assert '  - node: "read: vision"     # ● started 1 min ago\n' in text


def test_a_lost_run_says_what_became_of_it():
    assert "was lost: its program went away" in run_document(FAILED | {"output": None, "status": "LOST"}, NOW)


def test_nothing_in_a_comment_can_end_it_or_steer_a_terminal():
    hostile = FAILED | {"workflowId": "a\nnodes: []\x1b[31m\u2028x"}
    first, second = run_document(hostile, NOW).split("\n")[:2]
    assert first.startswith("# ✗ a nodes: []�[31m")
    assert "\x1b" not in first
    assert second.startswith("# run ")


TEXTS = st.text(
    st.one_of(
        st.sampled_from("abc \n\t\r'\"#:-[]{},&*!|>%@`0123.\\~?yn"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=30,
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(VALUES)
def test_whatever_was_recorded_reads_back_as_it_was(value):
    log = FAILED | {"input": {"request": value}, "steps": [FAILED["steps"][0] | {"output": value}]}
    document = Document.parse(run_document(log, NOW))
    assert document.problems() == []
    read = document.data(0)
    if value is not None:
        assert read["input"]["request"] == value
        assert read["steps"][0]["output"] == value


def test_a_value_of_any_depth_is_written():
    deep = []
    for _ in range(90):
        deep = [deep, "x" * 50]
    document = Document.parse(run_document(FAILED | {"input": {"request": deep}}, NOW))
    assert document.problems() == []


def test_a_node_that_ran_often_without_a_second_attempt_has_none():
    steps = [dict(FAILED["steps"][1], attempt=1, stepId=f"s{at}") for at in range(3)]
    assert "attempt" not in run_document({**FAILED, "steps": steps}, NOW)
