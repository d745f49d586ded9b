"""Two runs side by side."""

import json

from hypothesis import given
from hypothesis import strategies as some

from darwinflow.model.run_comparison import Difference, Outcome, change_ms, compared

VALUES = some.recursive(
    some.none() | some.booleans() | some.integers(0, 2) | some.text("ab", max_size=1),
    lambda inner: (
        some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from("xyz"), inner, max_size=3)
    ),
    max_leaves=8,
)


def at(ms):
    return f"2026-11-27T10:00:{ms // 1000:02}.{ms % 1000:03}Z"


def step(node, *, start=0, end=10, iteration=0, attempt=1, status="SUCCESS", **said):
    times = {"startTime": at(start), "endTime": None if end is None else at(end)}
    return {"nodeId": node, "iteration": iteration, "attempt": attempt, "status": status, **times, **said}


def run(*steps, end=1000, status="SUCCESS", given=None, result=None, error=None):
    output = {"status": status, "endTime": at(end or 0), "result": result, "error": error}
    return {
        "startTime": at(0), "input": {"request": given}, "output": None if end is None else output, "steps": list(steps),
    }  # fmt: skip


def difference(one, other):
    return compared(run(given=one), run(given=other)).difference


def test_steps_are_pairs_by_node_iteration_and_attempt():
    before = run(step("a"), step("b", iteration=1, end=30), step("b", attempt=2), step("gone"))
    after = run(
        step("new"), step("b", attempt=2), step("a", end=25), step("b", iteration=1, end=20), step("last")
    )
    found = compared(before, after)
    assert [(pair.node, pair.iteration, pair.attempt, pair.change_ms) for pair in found.steps] == [
        ("new", 0, 1, None),
        ("a", 0, 1, 15),
        ("b", 1, 1, -10),
        ("last", 0, 1, None),
        ("b", 0, 2, 0),
        ("gone", 0, 1, None),
    ]
    assert [pair.before is None for pair in found.steps] == [True, False, False, True, False, False]
    assert [pair.after is None for pair in found.steps] == [False, False, False, False, False, True]


def test_steps_that_nothing_tells_apart_are_pairs_in_order():
    found = compared(
        run(step("a", output=1), step("a", output=2)), run(step("a", output=1), step("a", output=3))
    )
    assert [pair.difference for pair in found.steps] == [None, Difference(("output",), (2,), (3,))]


def test_how_the_runs_ended_is_told():
    found = compared(run(status="FAILED", error="boom", end=500), run(end=700, result={"ok": True}))
    assert (found.before, found.after) == (Outcome("FAILED", 500, "boom"), Outcome("SUCCESS", 700, None))
    assert change_ms(found.before, found.after) == 200
    assert found.difference == Difference(("result",), (), ({"ok": True},))
    live = compared(run(end=None), run())
    assert live.before == Outcome("RUNNING", None, None)
    assert change_ms(live.before, live.after) is None
    assert compared(run(step("a", end=None)), run(step("a"))).steps[0].change_ms is None


def test_the_first_difference_is_the_first_in_the_order_of_the_first_run():
    assert difference({"b": [1, {"c": 1}], "a": 1}, {"a": 2, "b": [1, {"c": 2}]}) == Difference(
        ("input", "request", "b", 1, "c"), (1,), (2,)
    )
    assert difference([1], [1, 2]) == Difference(("input", "request", 1), (), (2,))
    assert difference({"a": None}, {}) == Difference(("input", "request", "a"), (None,), ())
    assert difference(1, True) == Difference(("input", "request"), (1,), (True,))
    assert difference(1, 1.0) is None
    assert compared(run(given="x"), run()).difference == Difference(("input", "request"), ("x",), ())


def test_input_comes_before_output_and_error():
    one, other = step("a", input=1, output=1, error="e"), step("a", input=2, output=2, error="f")
    assert compared(run(one), run(other)).steps[0].difference.path == ("input",)
    one, other = step("a", input=1, output=1, error="e"), step("a", input=1, output=1, error="f")
    assert compared(run(one), run(other)).steps[0].difference == Difference(("error",), ("e",), ("f",))


@given(VALUES, VALUES)
def test_there_is_a_difference_where_the_json_differs(one, other):
    found = difference(one, other)
    texts = [json.dumps(value, sort_keys=True) for value in (one, other)]
    assert (found is None) == (texts[0] == texts[1])
    if found is not None:
        for value, side in ((one, found.before), (other, found.after)):
            assert side == there(value, found.path[2:])


def there(value, path):
    """What lies at *path*, in a tuple, which is empty where there is nothing. Null, as a request, is nothing."""
    if not path:
        return () if value is None else (value,)
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError):
            return ()
    return (value,)


@given(VALUES)
def test_values_as_deep_as_json_can_be_are_compared(leaf):
    deep, other = leaf, [leaf]
    for _ in range(900):
        deep, other = [deep], [other]
    assert difference(deep, deep) is None
    assert difference(deep, other) is not None


def test_a_hundred_thousand_steps_are_compared():
    steps = [step(f"n{number}", iteration=number % 7) for number in range(100_000)]
    assert len(compared(run(*steps), run(*reversed(steps))).steps) == 100_000
