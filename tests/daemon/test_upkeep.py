"""What is done in the background: again and again, told once where it cannot be, and soon at its end."""

import itertools
import time

import pytest

from daemon_process import eventually
from darwinflow.daemon.upkeep import Upkeep
from darwinflow.model.errors import Refused


class Counting(Upkeep):
    """Fails as *troubles* say, one a time, then no more."""

    def __init__(self, troubles=(), **rests) -> None:
        super().__init__(
            "counting", "nothing is counted", **{"first_after_s": 0.0, "every_s": 0.005, **rests}
        )
        self.troubles = iter(troubles)
        self.times: list[float] = []

    def work(self) -> None:
        self.times.append(time.monotonic())
        trouble = next(self.troubles, None)
        if trouble is not None:
            raise trouble


@pytest.fixture
def counting():
    made = []

    def make(*arguments, **rests):
        made.append(Counting(*arguments, **rests))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_it_is_done_again_until_it_is_stopped(counting):
    one = counting()
    eventually(lambda: len(one.times) > 3)
    one.stop()
    done = len(one.times)
    time.sleep(0.05)
    assert len(one.times) == done


def test_one_trouble_is_told_once_until_it_is_another_or_has_passed(counting, caplog):
    one = counting([Refused("a"), Refused("a"), Refused("b"), None, Refused("b"), Refused("b")])
    eventually(lambda: len(one.times) > 6)
    said = [record.message for record in caplog.records]
    assert said == [f"nothing is counted: {why}" for why in ("a", "b", "b")]


def test_a_fault_of_its_own_ends_nothing_and_is_kept_with_its_place(counting, caplog):
    one = counting([ZeroDivisionError("by nothing")])
    eventually(lambda: len(one.times) > 2)
    assert "by nothing" in caplog.text
    assert "nothing is counted: a fault of darwinflow's own" in caplog.text


def test_after_failures_it_rests_as_long_as_it_is_said_to_and_at_last_as_long_again(counting):
    one = counting(itertools.repeat(Refused("no")), every_s=None, again_after_s=(0.0, 0.2))
    eventually(lambda: len(one.times) > 3)
    rests = [later - sooner for sooner, later in itertools.pairwise(one.times)]
    assert rests[0] < rests[1]
    assert min(rests[1:3]) >= 0.2


def test_it_ends_at_once_where_it_rests(counting):
    one = counting(first_after_s=60.0)
    begun = time.monotonic()
    one.stop()
    assert time.monotonic() - begun < 5
    assert one.times == []


def test_one_that_was_never_begun_can_be_stopped():
    one = Counting()
    one.stop()
    assert one.is_stopping
    assert not one.rest(60)
