"""Tables whose columns are as wide as what is in them."""

from collections.abc import Iterator, Sequence

from darwinflow.cli.terminal import Terminal, harmless

WIDEST_NAME = 32
"""Columns of a terminal; longer names are cut there."""
_FIRST_TO_GO = ("P99", "LAST RUN", "TOKENS", "COST", "MEDIAN")
"""Titles of figures for which there may be no room."""


def aligned(heading: Sequence[str], rows: Sequence[Sequence[str]], terminal: Terminal) -> Iterator[str]:
    """*rows* under *heading*; columns with nothing in them are left out, and the last one is cut to the width.

    Nothing in a cell can command the terminal.
    """
    shown = [place for place in range(len(heading)) if any(row[place] for row in rows)]
    widths = [max(len(heading[place]), *(len(row[place]) for row in rows)) for place in shown]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(
            [cells[place].ljust(wide) for place, wide in zip(shown, widths, strict=True)]
        ).rstrip()

    yield terminal.paint(terminal.fit(f" {line(heading)}", terminal.width), "quiet")
    for row in rows:
        yield terminal.row(f" {line(row)}", terminal.width)


def fitted(heading: Sequence[str], rows: Sequence[Sequence[str]], terminal: Terminal) -> Iterator[str]:
    """As `aligned`, without columns of figures for which the terminal has no room: names and charts stay whole."""
    for name in _FIRST_TO_GO:
        width = sum(
            max(len(title), *map(len, cells)) + 2
            for title, cells in zip(heading, zip(*rows, strict=True), strict=True)
            if any(cells)
        )
        if not terminal.width or width <= terminal.width + 1:
            break
        if name not in heading:
            continue
        gone = list(heading).index(name)
        heading = [*heading[:gone], *heading[gone + 1 :]]
        rows = [[*row[:gone], *row[gone + 1 :]] for row in rows]
    return aligned(heading, rows, terminal)


def name_in(text: str, terminal: Terminal) -> str:
    """*text* as it fits a column of names."""
    return terminal.fit(harmless(text), WIDEST_NAME if terminal.width else 0)
