"""The screen of a real Neovim: its grid of cells with the colours it gives them, as its user interfaces get it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from editors.neovim.nvim import CLEAN, Neovim

SETTLES_MS = 100


class Style(NamedTuple):
    """How a cell looks; colours as `#rrggbb`."""

    foreground: str
    background: str
    special: str
    """Of lines under the text."""
    bold: bool = False
    italic: bool = False
    underline: bool = False
    undercurl: bool = False


class Cell(NamedTuple):
    text: str
    """Empty behind a character that is two cells wide."""
    style: Style


BLANK = (" ", 0)


class Screen(Neovim):
    """A Neovim with a user interface attached to it, of `linegrid` form: one grid, floating windows drawn into it."""

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        *,
        columns: int,
        rows: int,
        arguments: Sequence[str] = CLEAN,
    ) -> None:
        self.columns, self.rows = columns, rows
        self.cursor = (0, 0)
        self._grid = [[BLANK] * columns for _ in range(rows)]
        self._attributes: dict[int, dict[str, Any]] = {0: {}}
        self._colours = (0, 0, 0)
        super().__init__(folder, environ, arguments)
        self.call("nvim_ui_attach", columns, rows, {"ext_linegrid": True, "rgb": True})

    def settle(self) -> None:
        """Until two looks at the screen, a moment apart, are the same."""
        before = None
        while before != self._grid:
            before = [list(row) for row in self._grid]
            self.command("redraw!")
            self.lua("vim.wait(...)", SETTLES_MS)

    def cells(self) -> Iterator[list[Cell]]:
        """The rows of the grid from top to bottom."""
        for row in self._grid:
            yield [Cell(text, self._style(number)) for text, number in row]

    def default_style(self) -> Style:
        return self._style(0)

    def _style(self, number: int) -> Style:
        given = self._attributes[number]
        colours = [
            f"#{given.get(name, default):06x}"
            for name, default in zip(("foreground", "background", "special"), self._colours, strict=True)
        ]
        foreground, background, special = colours
        if given.get("reverse"):
            foreground, background = background, foreground
        if "special" not in given:
            special = foreground
        lines = [bool(given.get(name)) for name in ("bold", "italic", "underline", "undercurl")]
        return Style(foreground, background, special, *lines)

    def notified(self, method: str, arguments: list[Any]) -> None:
        if method == "redraw":
            for name, *each in arguments:
                draw = getattr(self, f"_{name}", None)
                for parameters in each if draw else ():
                    draw(*parameters)

    # Below: events of a user interface, under Neovim's own names.

    def _default_colors_set(self, foreground: int, background: int, special: int, *_terminal: int) -> None:
        self._colours = (foreground, background, special)

    def _hl_attr_define(self, number: int, rgb: dict[str, Any], *_others: object) -> None:
        self._attributes[number] = rgb

    def _grid_clear(self, _grid: int) -> None:
        self._grid = [[BLANK] * self.columns for _ in range(self.rows)]

    def _grid_cursor_goto(self, _grid: int, row: int, column: int) -> None:
        self.cursor = (row, column)

    def _grid_line(self, _grid: int, row: int, column: int, cells: list[list[Any]], *_wraps: bool) -> None:
        number = 0
        for text, *more in cells:
            number = more[0] if more else number
            times = more[1] if len(more) > 1 else 1
            self._grid[row][column : column + times] = [(text, number)] * times
            column += times

    def _grid_scroll(
        self, _grid: int, top: int, bottom: int, left: int, right: int, rows: int, _columns: int
    ) -> None:
        old = [list(row) for row in self._grid]
        for row in range(top, bottom):
            if top <= row + rows < bottom:
                self._grid[row][left:right] = old[row + rows][left:right]
