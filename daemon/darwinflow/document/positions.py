"""Columns in the units of an editor and in code points, which are ours."""

from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]


def to_code_points(line: str, column: int, encoding: Encoding) -> int:
    """The code points before a column that counts units of *encoding*.

    A column inside a character counts as the character's end, one beyond the
    line as the line's.
    """
    if encoding == "utf-32" or line.isascii():
        return min(column, len(line))
    units = 0
    for at, character in enumerate(line):
        if units >= column:
            return at
        units += unit_count(character, encoding)
    return len(line)


def from_code_points(line: str, column: int, encoding: Encoding) -> int:
    """The column in units of *encoding* before which *column* code points stand."""
    if encoding == "utf-32" or line.isascii():
        return min(column, len(line))
    return sum(unit_count(character, encoding) for character in line[:column])


def unit_count(character: str, encoding: Encoding) -> int:
    """Code units that one character takes."""
    code = ord(character)
    if encoding == "utf-16":
        return 2 if code > 0xFFFF else 1
    if encoding == "utf-8":
        return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
    return 1
