"""Draws the pictures of `editors/neovim/pictures`: what a real Neovim shows of the demo workspace, cell by cell.

PYTHONPATH=tests .venv/bin/python -m editors.neovim.picture
"""

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from editors.neovim.nvim import PLUGIN
from editors.neovim.screen import Cell, Screen, Style

BIN = Path(sys.executable).parent
PICTURES = PLUGIN / "pictures"
COLUMNS, ROWS = 116, 34
FONT_SIZE, CELL_WIDTH, CELL_HEIGHT, BASELINE, MARGIN = 14, 8.4, 19, 14, 14
FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
WAVE = 4
"""Half the length of one wave of an undercurl."""

LOOKS = """
vim.o.termguicolors = true
vim.o.background = "dark"
vim.cmd.colorscheme("default")
vim.o.number = true
vim.o.signcolumn = "yes"
vim.o.ruler = false
vim.o.showcmd = false
vim.o.shortmess = vim.o.shortmess .. "FI"
vim.o.winborder = "solid"
vim.o.statusline = " %f"
vim.o.cmdheight = 0
vim.o.linebreak = true
vim.diagnostic.config({ virtual_lines = true })
vim.api.nvim_set_hl(0, "LspCodeLens", { link = "Comment" })
"""


def findings(screen: Screen) -> None:
    """A draft in the middle of an edit, with what is wrong in it."""
    screen.command("edit flows/support-triage.yaml")
    screen.wait("return #vim.diagnostic.get(0) == 4")
    screen.wait_for_lens("v1: .* runs", 1)
    screen.point_at(10, "LLM_DECISON")


def history(screen: Screen) -> None:
    """A published version, with its figures above and its past at the cursor."""
    screen.command("edit flows/release-notes.yaml")
    screen.wait_for_lens("runs")
    screen.point_at(0, "release-notes")
    screen.hover(max_width=84)


SCENES: dict[str, Callable[[Screen], None]] = {"findings": findings, "history": history}


def svg(screen: Screen, title: str) -> str:
    """The screen as an image, each run of text held to the columns that it has on the grid."""
    plain = screen.default_style()
    width = screen.columns * CELL_WIDTH + 2 * MARGIN
    height = screen.rows * CELL_HEIGHT + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}"',
        f' role="img" font-family="{FONTS}" font-size="{FONT_SIZE}" fill="{plain.foreground}">\n',
        f"<title>{escape(title)}</title>\n",
        f'<rect width="100%" height="100%" rx="8" fill="{plain.background}"/>\n',
    ]
    for row, cells in enumerate(screen.cells()):
        if screen.cursor[0] == row:
            column = screen.cursor[1]
            text, style = cells[column]
            cells[column] = Cell(
                text, style._replace(foreground=style.background, background=style.foreground)
            )
        top = MARGIN + row * CELL_HEIGHT
        runs = list(runs_of(cells))
        for column, text, style in runs:
            if style.background != plain.background:
                parts.append(_background(column, top, len(text), style.background))
        for column, text, style in runs:
            parts.extend(_text(column, top, text, style, plain))
    return "".join([*parts, "</svg>\n"])


def runs_of(cells: list[Cell]) -> Iterator[tuple[int, str, Style]]:
    """Column, text and style of each stretch that looks the same. What is not ASCII stands alone: fonts differ in it."""
    column = 0
    for (style, _alone), run in itertools.groupby(
        enumerate(cells), key=lambda each: (each[1].style, None if each[1].text.isascii() else each[0])
    ):
        text = "".join(cell.text for _column, cell in run)
        yield column, text, style
        column += len(text)


def _x(column: float) -> float:
    return round(MARGIN + column * CELL_WIDTH, 2)


def _background(column: int, top: int, length: int, colour: str) -> str:
    width = length * CELL_WIDTH
    return f'<rect x="{_x(column):g}" y="{top}" width="{width:g}" height="{CELL_HEIGHT}" fill="{colour}"/>\n'


def _text(column: int, top: int, text: str, style: Style, plain: Style) -> Iterator[str]:
    if style.underline or style.undercurl:
        yield _line_under(column, top, len(text), style)
    shown = text.strip(" ")
    if not shown:
        return
    column += len(text) - len(text.lstrip(" "))
    looks = f' fill="{style.foreground}"' if style.foreground != plain.foreground else ""
    looks += ' font-weight="bold"' if style.bold else ""
    looks += ' font-style="italic"' if style.italic else ""
    length = len(shown) * CELL_WIDTH
    yield (
        f'<text x="{_x(column):g}" y="{top + BASELINE}" textLength="{length:g}" lengthAdjust="spacingAndGlyphs"'
        f' xml:space="preserve"{looks}>{escape(shown)}</text>\n'
    )


def _line_under(column: int, top: int, length: int, style: Style) -> str:
    left, y = _x(column), top + CELL_HEIGHT - 2
    if style.undercurl:
        waves = int(length * CELL_WIDTH / WAVE)
        path = f"M{left:g} {y}q{WAVE / 2:g} -3 {WAVE} 0" + f"t{WAVE} 0" * (waves - 1)
    else:
        path = f"M{left:g} {y}h{length * CELL_WIDTH:g}"
    return f'<path d="{path}" fill="none" stroke="{style.special}"/>\n'


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    # Short names: a socket's path has room for about a hundred bytes.
    with tempfile.TemporaryDirectory(prefix="p") as root:
        home = Path(root) / "home"
        home.mkdir(mode=0o700)
        environ = {
            "PATH": f"{BIN}{os.pathsep}{os.defpath}",
            "LANG": "C.UTF-8",
            "HOME": root,
            "DARWINFLOW_HOME": str(home),
            "XDG_RUNTIME_DIR": str(home),
        }
        program = str(BIN / "darwinflow")
        try:
            subprocess.run([program, "demo", "demo"], cwd=root, env=environ, check=True, capture_output=True)
            for name, scene in SCENES.items():
                with Screen(Path(root) / "demo", environ, columns=COLUMNS, rows=ROWS) as screen:
                    screen.lua(LOOKS)
                    screen.setup()
                    scene(screen)
                    screen.settle()
                    (PICTURES / f"{name}.svg").write_text(svg(screen, scene.__doc__ or name))
        finally:
            subprocess.run([program, "daemon", "stop"], env=environ, check=True, capture_output=True)


if __name__ == "__main__":
    main()
