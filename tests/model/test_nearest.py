"""Which of several names somebody meant."""

import random

from darwinflow.model.nearest import Index, _distance, nearest


def test_a_slip_of_the_hand_is_understood() -> None:
    for word, names, meant in (
        ("clasify", ["classify", "read"], "classify"),
        ("recieve", ["receive", "retrieve"], "receive"),
        ("End", ["START", "END"], "END"),
        ("read-vision", ["read_vision"], "read_vision"),
        ("promt", ["prompt", "context", "model", "tools"], "prompt"),
        ("LLM_DECISON", ["LLM_DECISION", "TOOL_CALL"], "LLM_DECISION"),
    ):
        assert nearest(word, names) == meant


def test_nothing_is_meant_where_two_names_are_as_near_or_none_is() -> None:
    assert nearest("cat", ["car", "bat"]) is None
    assert nearest("a", ["b"]) is None
    assert nearest("somewhere", ["classify"]) is None
    assert nearest("", ["a"]) is None


def test_numbers_are_told_apart() -> None:
    assert nearest("step_10", ["step_1", "step_100", "step_11"]) is None
    assert nearest("stpe_10", ["step_1", "step_10"]) == "step_10"


def plain_distance(a: str, b: str) -> int:
    table = {(i, 0): i for i in range(len(a) + 1)} | {(0, j): j for j in range(len(b) + 1)}
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i, j] = min(
                table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (a[i - 1] != b[j - 1])
            )
            if i > 1 and j > 1 and a[i - 1] == b[j - 2] and a[i - 2] == b[j - 1]:
                table[i, j] = min(table[i, j], table[i - 2, j - 2] + 1)
    return table[len(a), len(b)]


def test_the_quick_distance_is_the_plain_one_up_to_its_limit() -> None:
    rng = random.Random(1)
    for _ in range(5000):
        a, b = ("".join(rng.choice("abc") for _ in range(rng.randint(1, 9))) for _ in range(2))
        limit = rng.randint(0, 3)
        assert _distance(a, b, limit) == min(plain_distance(a, b), limit + 1), (a, b, limit)


def test_many_names_in_order_give_what_all_of_them_give() -> None:
    rng = random.Random(2)
    names = ["".join(rng.choice("abc_1") for _ in range(rng.randint(1, 7))) for _ in range(300)]
    index = Index(names)
    found = 0
    for _ in range(400):
        word = "".join(rng.choice("abc_1") for _ in range(rng.randint(0, 8)))
        assert index.nearest(word) == nearest(word, names)
        found += index.nearest(word) is not None
    assert found > 20
