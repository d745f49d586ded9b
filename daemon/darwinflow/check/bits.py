"""Sets of small numbers as integers with a bit for each."""

from collections.abc import Iterable, Iterator


def bits_of(numbers: Iterable[int]) -> int:
    places = list(numbers)
    if len(places) < 2:
        return 1 << places[0] if places else 0
    content = bytearray(max(places) // 8 + 1)
    for number in places:
        content[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(content, "little")


def numbers_in(bits: int) -> Iterator[int]:
    """The bits that are set, the lowest first."""
    content = bits.to_bytes(bits.bit_length() // 8 + 1, "little")
    for at, byte in enumerate(content):
        if byte:
            for shift in range(8):
                if byte >> shift & 1:
                    yield at * 8 + shift
