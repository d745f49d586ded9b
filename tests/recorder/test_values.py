"""Whatever a program gives as a value, something readable is kept, in JSON that every decoder takes."""

import collections
import datetime
import decimal
import enum
import itertools
import json
import pathlib
import threading
import time
import types

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darwinflow.recorder import record_run
from darwinflow.recorder.clean import json_of
from darwinflow.recorder.redact import Redaction
from darwinflow.recorder.soundness import MAX_DEPTH, MAX_VALUE_BYTES

PLAIN = Redaction()


def kept(value: object) -> object:
    """What a strict decoder reads of what is recorded for *value*."""

    def refuse(name: str) -> object:
        raise AssertionError(f"{name} is no JSON")

    text = json_of(value, PLAIN)
    assert text.isascii()
    assert "\n" not in text
    assert len(text) <= MAX_VALUE_BYTES
    decoded = json.loads(text, parse_constant=refuse)
    json.dumps(decoded, ensure_ascii=False).encode()  # no lone surrogate is left
    assert depth_of(decoded) <= MAX_DEPTH + 1
    return decoded


def depth_of(value: object) -> int:
    deepest, level = 0, [value]
    while level:
        deepest += 1
        level = [
            member
            for holder in level
            if isinstance(holder, (list, dict))
            for member in (holder.values() if isinstance(holder, dict) else holder)
        ]
    return deepest


class Colour(enum.Enum):
    RED = 1


class Size(enum.IntEnum):
    BIG = 7


class Name(enum.StrEnum):
    MIRA = "mira"


class Rude:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class Liar:
    @property
    def __class__(self) -> type:
        raise RuntimeError("no")


class Number:
    def __index__(self) -> int:
        return 41


class Tensor:
    def __index__(self) -> int:
        raise TypeError("only one element tensors")

    def __repr__(self) -> str:
        return "Tensor(2, 3)"


Point = collections.namedtuple("Point", "x y")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (0.1, 0.1),
        (float("nan"), "nan"),
        ([float("inf"), -float("inf"), 1.5], ["inf", "-inf", 1.5]),
        ("\ud800 half", "\\ud800 half"),
        ("a pair \ud83d\ude00", "a pair \\ud83d\\ude00"),
        ("whole \U0001f600 \u2028", "whole \U0001f600 \u2028"),
        ({"\udc00": "\udfff"}, {"\\udc00": "\\udfff"}),
        (
            {True: "c", None: "b", (1, 2): "d", 2.5: "e"},
            {"true": "c", "null": "b", "(1, 2)": "d", "2.5": "e"},
        ),
        ({1: "number", "1": "text"}, {"1": "number", "1 (2)": "text"}),
        (Point(1, 2), [1, 2]),
        ((1, (2,)), [1, [2]]),
        ({3}, [3]),
        (frozenset(), []),
        (b"\x00bytes", "b'\\x00bytes'"),
        (bytearray(b"x"), "b'x'"),
        (Colour.RED, "<Colour.RED: 1>"),
        (Size.BIG, 7),
        (Name.MIRA, "mira"),
        (decimal.Decimal("1.10"), "Decimal('1.10')"),
        (datetime.date(2026, 11, 24), "datetime.date(2026, 11, 24)"),
        (pathlib.PurePosixPath("/a"), "PurePosixPath('/a')"),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (collections.OrderedDict(a=1), {"a": 1}),
        (10**30, 10**30),
        pytest.param(10**5000, "(an integer of 16610 bits)", id="digits"),
        (Number(), 41),
        (Tensor(), "Tensor(2, 3)"),
        (Rude(), "(a Rude whose repr raises RuntimeError)"),
        ([Rude(), 1], ["(a Rude whose repr raises RuntimeError)", 1]),
    ],
)
def test_a_value_is_kept_as_near_to_itself_as_json_can(value: object, expected: object) -> None:
    assert kept(value) == expected


def test_objects_that_lie_about_themselves_do_no_harm() -> None:
    kept_list = kept([Liar(), 1, {"a": Liar(), "b": 2}])
    assert kept_list[1:] == [1, {"a": kept_list[0], "b": 2}]
    assert kept_list[0].startswith("<") or "RuntimeError" in kept_list[0]


class Panic(BaseException):
    """As extensions in Rust raise it."""


class Panicking:
    def __repr__(self) -> str:
        raise Panic("no")


class Endless(dict):
    def items(self):
        return ((str(number), number) for number in itertools.count())


class EndlessList(list):
    def __iter__(self):
        return iter(itertools.count())


def test_what_no_exception_catches_is_caught_here() -> None:
    assert kept([Panicking(), 1]) == ["(a Panicking whose repr raises Panic)", 1]


@pytest.mark.parametrize("value", [Endless(), EndlessList([1]), {"a": Endless()}, [[EndlessList()]]])
def test_a_container_without_an_end_is_cut(value: object) -> None:
    assert "(cut" in json.dumps(kept(value))


def test_a_value_that_holds_itself_is_kept_up_to_there() -> None:
    value: list[object] = [1]
    value.append(value)
    entries: dict[str, object] = {"a": 1}
    entries["self"] = {"again": entries}
    assert kept(value) == [1, "(a cycle)"]
    assert kept(entries) == {"a": 1, "self": {"again": "(a cycle)"}}


def test_a_value_that_is_met_twice_is_no_cycle() -> None:
    shared = {"a": float("nan")}
    assert kept([shared, shared]) == [{"a": "nan"}, {"a": "nan"}]


@pytest.mark.parametrize("levels", [99, 100, 101, 5000, 100_000])
@pytest.mark.parametrize("kind", [list, dict])
def test_depth_is_cut_and_says_so(levels: int, kind: type) -> None:
    value: object = "x"
    for _ in range(levels):
        value = [value] if kind is list else {"in": value}
    text = json_of(value, PLAIN)
    kept(value)
    assert ("nested deeper than 100 levels" in text) == (levels > MAX_DEPTH)


def test_brackets_inside_texts_do_not_count_as_depth() -> None:
    value = ["[" * 5000, "]}" * 5000, {"{": "["}]
    assert kept(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "x" * 10_000_000,
        "é" * 1_000_000,
        "\x00" * 1_000_000,
        {"page": "x" * 10_000_000, "after": 1},
        [{"page": "x" * 1000}] * 10_000,
        list(range(1_000_000)),
        {f"key {number}": "é" * 20 for number in range(100_000)},
        {("k" * 1_000_000): 1},
        b"x" * 10_000_000,
        ["\x01" * 13] * 100_000,
        [float("nan")] * 1_000_000,
    ],
    ids=[
        "text",
        "letters",
        "controls",
        "member",
        "items",
        "numbers",
        "entries",
        "key",
        "bytes",
        "short",
        "nans",
    ],
)
def test_what_is_over_256_kib_is_cut_and_says_so(value: object) -> None:
    started = time.thread_time()
    kept(value)
    assert time.thread_time() - started < 2
    assert "(cut" in json_of(value, PLAIN)


def test_just_under_the_limit_nothing_is_cut() -> None:
    text = "x" * (MAX_VALUE_BYTES - 10)
    assert kept(text) == text
    items = ["x" * 98] * 2550
    assert kept(items) == items


def test_a_few_lists_that_share_one_another_do_not_explode() -> None:
    bomb: object = ["x"]
    for _ in range(60):
        bomb = [bomb] * 10
    started = time.thread_time()
    kept(bomb)
    kept({"deep": {"in": [1, 2, bomb]}})
    assert time.thread_time() - started < 2


def test_a_value_that_another_thread_changes_is_kept_somehow(place) -> None:
    value = {str(number): [number] for number in range(2000)}
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            value[str(time.thread_time_ns())] = [1]
            value.pop(next(iter(value)))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        with record_run("assistant.yaml") as run, run.step("a") as step:
            for _ in range(50):
                step.action("X", value=value)
    finally:
        stop.set()
        thread.join()
    assert len(place.events("step.action")) == 50


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.text(st.characters(), max_size=30)
    | st.binary(max_size=10)
    | st.dates()
    | st.decimals(),
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.text(st.characters(), max_size=8) | st.integers() | st.floats() | st.none(), inner, max_size=6
        )
    ),
    max_leaves=40,
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(anything)
def test_any_value_becomes_json_that_a_strict_decoder_reads(value: object) -> None:
    kept(value)


plain_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=10), inner, max_size=8),
    max_leaves=60,
)


@settings(max_examples=200, deadline=None)
@given(plain_json)
def test_what_is_json_already_is_kept_exactly(value: object) -> None:
    assert kept(value) == value
