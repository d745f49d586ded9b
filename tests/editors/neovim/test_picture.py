"""The pictures: that they are what a real Neovim holds, and that they name no machine."""

import re
import xml.etree.ElementTree as ET

import pytest

from editors.neovim.picture import BASELINE, CELL_HEIGHT, COLUMNS, LOOKS, MARGIN, PICTURES, ROWS, SCENES, svg
from editors.neovim.screen import Screen
from sample_flow import MISSPELT

TEXT = "{http://www.w3.org/2000/svg}text"


def rows_of(image: str) -> dict[int, str]:
    """What is written, by row of the grid; spaces between stretches are lost."""
    rows: dict[int, str] = {}
    for element in ET.fromstring(image).iter(TEXT):
        row = (int(element.get("y")) - BASELINE - MARGIN) // CELL_HEIGHT
        rows[row] = rows.get(row, "") + element.text
    return rows


def test_what_stands_on_the_screen_stands_in_the_picture(desk) -> None:
    desk.flow.write_text(MISSPELT.replace("Classify a request", "1 < 2 & \u2713"))
    with Screen(desk.folder, desk.environ, columns=COLUMNS, rows=ROWS) as screen:
        screen.lua(LOOKS)
        screen.lua("vim.lsp.config('darwinflow', { init_options = { trusted = false } })")
        screen.setup()
        screen.edit(desk.flow)
        screen.wait_for_lens("v3")
        screen.wait("return #vim.diagnostic.get(0) == 1")
        screen.settle()
        finding = screen.lua("return vim.diagnostic.get(0)[1]")
        rows = rows_of(svg(screen, "a & b"))
    assert rows[0] == "1id:assistantv3, parent v2"
    assert rows[2] == "3description:1 < 2 &\u2713, then act on it"
    assert rows[finding["lnum"] + 1].endswith(f"edge-unknown-node: {finding['message']}")


@pytest.mark.parametrize("name", SCENES)
def test_a_picture_can_be_read_and_names_no_machine(name) -> None:
    image = (PICTURES / f"{name}.svg").read_text()
    rows = rows_of(image)
    assert any("parent v" in row for row in rows.values())
    assert not re.search(r"/(tmp|home|Users|root|var|work)/", image)
