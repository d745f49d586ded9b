"""What is planted in runs is found, and nothing else is."""

import json
import random
import time
import tracemalloc
from datetime import timedelta

import pytest
from msgspec.structs import replace

from darwinflow.model.pattern import PatternType
from darwinflow.patterns.finding import patterns_in
from darwinflow.patterns.lesson import Sign, lesson_of
from darwinflow.patterns.tallies import MOST_TALLIES, WINDOW, Tallies

from .generated import START, asked, in_a_row, ordinary, run, step


def learned(logs):
    """Tallies that went through their text now and then."""
    tallies = Tallies()
    for number, log in enumerate(logs):
        tallies.learn(lesson_of(log))
        if number % 10 == 0:
            tallies = Tallies(tallies.text)
    return tallies


def found(logs):
    return patterns_in("assistant", learned(logs))


def said(logs):
    return [(one.type.name, one.nodes, one.occurrences, one.runs) for one in found(logs)]


@pytest.mark.parametrize("seed", range(12))
def test_runs_that_have_nothing_in_common_have_no_pattern(seed):
    assert found(ordinary(seed, 150)) == ()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", list(PatternType))
def test_what_is_planted_is_found_among_what_is_not(kind, seed):
    planted = found(with_planted(kind, seed))
    assert [one.type for one in planted] == [kind]
    assert planted[0].occurrences >= 5
    assert set(planted[0].nodes) <= {"a", "b", "c"}


def with_planted(kind, seed):
    """Ordinary runs, each with something at its end."""
    dice = random.Random(seed)
    for number, log in enumerate(ordinary(seed, 100)):
        at = (log.output.end_time - log.start_time) / timedelta(milliseconds=1)
        rare = dice.random() < 0.4
        value = dice.random()
        more = []
        if kind is PatternType.BOTTLENECK:
            more = [step("a", at, 6 * at, given=value)]
        elif kind is PatternType.REPEATED_ACTION and rare:
            more = [
                step("a", at + 9 * time, 5, given={"path": f"{value}.md"}, output=time) for time in range(4)
            ]
        elif kind is PatternType.SEQUENCE:
            more = [step(node, at + 9 * place, 8, given=value) for place, node in enumerate("abc")]
        elif kind is PatternType.CORRECTION and rare:
            more = [
                step("a", at, 5, given=value, status="FAILED"),
                step("a", at + 6, 5, given=value, attempt=2),
            ]
        shift = timedelta(minutes=number)
        moved = [
            replace(one, start_time=one.start_time + shift, end_time=one.end_time + shift) for one in more
        ]
        end = max([log.output.end_time, *(one.end_time for one in moved)])
        yield replace(log, steps=(*log.steps, *moved), output=replace(log.output, end_time=end))


def test_a_bottleneck_is_what_takes_most_of_nearly_all_runs():
    slow = [("load", 10), ("ask", 80), ("tell", 10)]
    even = [("load", 40), ("ask", 40), ("tell", 20)]
    runs = [run(number, in_a_row(*(even if number % 10 == 0 else slow))) for number in range(20)]
    bottleneck, sequence = found(runs)
    assert (
        bottleneck.description == "'ask' takes 80 % of a run's time, in 18 of the last 20 runs that succeeded"
    )
    assert bottleneck.details == {"share": 0.8}
    assert (bottleneck.first_seen, bottleneck.last_seen) == (
        START + timedelta(minutes=1, milliseconds=100),
        START + timedelta(minutes=19, milliseconds=100),
    )
    assert bottleneck.examples == ("run-00019", "run-00018", "run-00017", "run-00016", "run-00015")
    assert bottleneck.confidence == 0.699
    assert sequence.nodes == ("load", "ask", "tell")


def test_four_runs_are_too_few_to_tell():
    assert found(run(number, in_a_row(("load", 10), ("ask", 80), ("tell", 10))) for number in range(4)) == ()


def test_two_nodes_that_are_busy_together_are_no_bottleneck():
    assert said(run(number, [step("load", 0, 100), step("ask", 0, 90)]) for number in range(20)) == []


def test_time_in_which_steps_of_a_node_overlap_counts_once():
    steps = [*(step("ask", at, 50) for at in range(10)), step("tell", 59, 120)]
    assert said(run(number, steps) for number in range(20)) == [("BOTTLENECK", ("tell",), 20, 20)]


def test_runs_that_failed_say_nothing_about_where_the_time_goes():
    steps = in_a_row(("load", 90), ("ask", 10))
    assert found(run(number, steps, status="FAILED") for number in range(20)) == ()


def test_the_same_input_again_and_again_in_a_run_is_a_repeated_action():
    def steps(number):
        return [step("look", 10 * time, 5, given={"b": [number], "a": 1}, output=time) for time in range(3)]

    (pattern,) = found(run(number, steps(number)) for number in range(10))
    assert pattern.description == "'look' gets the same input 3 times in a run, in 10 of the last 10 runs"
    assert pattern.details == {"scope": "run", "times": 3}


def test_the_same_input_and_output_in_all_runs_is_a_repeated_action():
    def steps(number):
        return [step("read", 0, 50, given={"path": "a.md"}, output="text"), step("ask", 50, 50, given=number)]

    (pattern,) = found(run(number, steps(number)) for number in range(10))
    assert pattern.description == (
        "'read' gets the same input and gives the same output in each run, in 10 of the last 10 runs"
    )
    assert pattern.details == {"scope": "runs", "durationMs": 50}


@pytest.mark.parametrize("nothing", [None, {}, [], ""])
def test_nothing_is_no_input_that_could_be_the_same(nothing):
    steps = [step("look", 10 * time, 5, given=nothing) for time in range(9)]
    assert found(run(number, steps) for number in range(20)) == ()


def test_another_order_of_keys_is_the_same_input_and_another_type_is_not():
    def steps(number):
        inputs = [{"a": 1, "b": [number]}, {"b": [number], "a": 1}, {"a": "1", "b": [number]}]
        return [step("look", 10 * place, 5, given=one) for place, one in enumerate(inputs)]

    assert found(run(number, steps(number)) for number in range(20)) == ()


def test_a_sequence_is_as_long_as_most_runs_follow_it():
    def path(number):
        nodes = ["a", "b", "c", "d"] if number % 20 else ["a", "b", "x", "c"]
        end = "e" if number % 2 else "f"
        return in_a_row(*((node, 10) for node in [*nodes, end]))

    (pattern,) = found(run(number, path(number)) for number in range(40))
    assert pattern.nodes == ("a", "b", "c", "d")
    assert (pattern.occurrences, pattern.runs) == (38, 40)
    assert pattern.description == (
        "'a' → 'b' → 'c' → 'd' run in this order, in 38 of the last 40 runs that succeeded"
    )


def test_attempts_in_a_row_are_one_visit_and_loops_no_sequence():
    loops = in_a_row(*((node, 10) for node in "abcabc"))
    assert found(run(number, loops) for number in range(20)) == ()
    tried = in_a_row(("a", 10), ("b", 10), ("b", 10), ("c", 10))
    assert said(run(number, tried) for number in range(20)) == [("SEQUENCE", ("a", "b", "c"), 20, 20)]


def test_a_node_that_fails_and_is_run_again_is_a_correction():
    def steps(number):
        first = step("ask", 0, 10, given=number, status="FAILED" if number % 3 == 0 else "SUCCESS")
        return [first, step("ask", 10, 10, given=number, iteration=first.status != "FAILED")]

    (pattern,) = found(run(number, steps(number)) for number in range(30))
    assert pattern.description == "'ask' fails and is run again, in 10 of the last 30 runs"
    assert pattern.details == {"how": "retried", "times": 1}


def test_input_of_a_person_is_a_correction_where_the_node_is_not_there_for_it():
    def steps(number):
        return [
            step("confirm", 0, 10, given=number, node_type="HUMAN_INPUT", actions=(asked(0),)),
            step("ask", 10, 10, given=number, node_type="LLM_DECISION", actions=(asked(10),) * (number % 2)),
        ]

    (pattern,) = found(run(number, steps(number)) for number in range(20))
    assert pattern.description == "'ask' is corrected by hand, in 10 of the last 20 runs"


def test_what_has_gone_is_forgotten_with_the_last_run_that_showed_it():
    slow = in_a_row(("load", 10), ("ask", 90))
    logs = [run(number, slow) for number in range(50)]
    logs += [run(50 + number, in_a_row(("load", 50), ("ask", 50))) for number in range(WINDOW)]
    assert said(logs[:50])[0][0] == "BOTTLENECK"
    assert found(logs[:70]) == ()
    assert len(learned(logs).by_key) == 1  # that one runs behind the other


def test_a_pattern_keeps_its_id_while_its_figures_change():
    slow = in_a_row(("load", 10), ("ask", 90))
    (one,), (other,) = (found(run(number, slow) for number in range(count)) for count in (5, 50))
    assert one.id == other.id
    assert one.confidence < other.confidence


def hostile(steps):
    return run(
        0, [step(f"n{number}", number, 3, given={"n": number}, output=number) for number in range(steps)]
    )


@pytest.mark.parametrize(
    "log",
    [
        hostile(10_000),
        run(0, [step("look", number, 5, given="x" * 20_000) for number in range(10_000)]),
        run(0, [step("look", 0, 5, given=["x" * (10 << 20)])] * 20),
        run(0, [step("look", 0, 5, given={str(number): number for number in range(1_000_000)})]),
        run(0, [step("look", 0, 5, given=1 << 10_000_000)] * 50),
        run(0, [step("n" * 1000, number, 5, given=1) for number in range(1000)]),
    ],
    ids=["steps", "long log", "long inputs", "wide input", "long number", "long names"],
)
def test_what_a_hostile_run_costs_is_bounded(log):
    tracemalloc.start()
    begin = time.process_time()
    lesson = lesson_of(log)
    took, (_, most) = time.process_time() - begin, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert took < 2  # of which tracing is the most
    assert most < 24 << 20
    assert len(lesson.signs) <= 6 * 200


def test_a_deep_input_is_compared_without_recursion():
    deep = value = []
    for _ in range(20_000):
        value.append([])
        value = value[0]
    lesson_of(run(0, [step("look", 10 * time, 5, given=deep) for time in range(3)]))


def test_the_text_of_tallies_is_bounded():
    tallies = Tallies()
    for number in range(30):
        names = [f"{number}-{place}-{'é' * 150}" for place in range(300)]
        tallies.learn(
            lesson_of(run(number, [step(name, place, 1, given=name) for place, name in enumerate(names)]))
        )
    assert len(tallies.by_key) <= 2 * MOST_TALLIES
    assert len(tallies.text) < 2 << 20


def test_tallies_of_another_form_begin_anew():
    assert Tallies('{"format":3,"more":1}').window == []


def found_in(tallies: Tallies) -> float:
    (bottleneck,) = [one for one in patterns_in("assistant", tallies) if one.type is PatternType.BOTTLENECK]
    return bottleneck.details["share"]


def test_a_share_is_that_of_the_last_runs_and_not_of_all_time():
    tallies = Tallies()
    for number in range(400):
        tallies.learn(lesson_of(run(number, in_a_row(("ask", 990), ("tell", 10)))))
    assert found_in(tallies) == 0.99
    for number in range(400, 450):
        tallies.learn(lesson_of(run(number, in_a_row(("ask", 660), ("tell", 340)))))
    assert found_in(Tallies(tallies.text)) == pytest.approx((0.99 + 0.66) / 2, abs=0.001)
    for number in range(450, 500):
        failed = run(number, in_a_row(("ask", 660), ("tell", 340)))
        tallies.learn(lesson_of(failed))
    assert found_in(tallies) == 0.66
    ((_, tally),) = [one for one in tallies.by_key.items() if one[0][0] is Sign.SLOW]
    assert (tally.hits, len(tally.amounts)) == (500, 100)


def test_tallies_of_the_form_with_sums_are_gone_on_with():
    tallies = Tallies()
    for number in range(10):
        tallies.learn(lesson_of(run(number, in_a_row(("ask", 900), ("tell", 100)))))
    said = json.loads(tallies.text)
    old = [[*rest, sum(amounts)] for *rest, amounts in said["tallies"]]
    again = Tallies(json.dumps({**said, "format": 1, "tallies": old}))
    assert patterns_in("assistant", again) == patterns_in("assistant", tallies)
    again.learn(lesson_of(run(11, in_a_row(("ask", 700), ("tell", 300)))))
    assert found_in(again) == pytest.approx((0.9 * 10 + 0.7) / 11, abs=0.001)
