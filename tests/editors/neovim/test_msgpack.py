import pytest

from editors.neovim.msgpack import Reader, packed


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -1,
        127,
        1 << 40,
        -(1 << 40),
        0.5,
        "",
        "é😀",
        "x" * 70_000,
        [],
        [1, [2]],
        {"a": {"b": None}},
    ],
)
def test_what_is_packed_is_read_again_from_any_pieces(value) -> None:
    data = packed(value) + packed("next")
    reader = Reader()
    step = max(1, len(data) // 50)
    read = [found for at in range(0, len(data), step) for found in reader.feed(data[at : at + step])]
    assert read == [value, "next"]


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"\x05", 5),
        (b"\xff", -1),
        (b"\xa2hi", "hi"),
        (b"\x92\x01\x02", [1, 2]),
        (b"\x81\xa1a\xc2", {"a": False}),
        (b"\xcd\x01\x00", 256),
        (b"\xc4\x01x", b"x"),
        (b"\xd4\x00\x07", 7),
        (b"\xc7\x03\x01\xcd\x01\x00", 256),
    ],
)
def test_the_short_forms_that_neovim_sends_are_read(data, value) -> None:
    assert Reader().feed(data) == [value]
