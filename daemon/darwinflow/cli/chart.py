"""Small charts of characters: a line of heights, a bar. Nothing in them depends on colour alone."""

from collections.abc import Sequence

HEIGHTS = "▁▂▃▄▅▆▇█"
ASCII_HEIGHTS = "123456789"
NOTHING, ASCII_NOTHING = "·", "."
"""Stands where there is no figure, which is not the same as a low one."""
_PARTS = " ▏▎▍▌▋▊▉"


def line(figures: Sequence[float | None], most: float, *, utf8: bool) -> str:
    """A character a figure, its height from 0 to *most*, which is the full one (in ASCII the digit 9)."""
    heights, nothing = (HEIGHTS, NOTHING) if utf8 else (ASCII_HEIGHTS, ASCII_NOTHING)
    return "".join(
        [nothing if figure is None else heights[_step(figure, most, len(heights))] for figure in figures]
    )


def full(*, utf8: bool) -> str:
    """The character of a figure that is as high as the highest."""
    return HEIGHTS[-1] if utf8 else ASCII_HEIGHTS[-1]


def bar(figure: float, most: float, cells: int, *, utf8: bool) -> str:
    """As many of *cells* as *figure* is of *most*; never nothing for what is above 0."""
    share = min(max(figure / most, 0.0), 1.0) if most > 0 else 0.0
    if not utf8:
        return "#" * max(round(share * cells), 1 if share else 0)
    eighths = max(round(share * cells * 8), 1 if share else 0)
    return ("█" * (eighths // 8) + _PARTS[eighths % 8]).rstrip()


def _step(figure: float, most: float, steps: int) -> int:
    if most <= 0:
        return 0
    return min(int(figure / most * steps), steps - 1)
