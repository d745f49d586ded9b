"""`:DarwinFlow explain`: the page of a finding, from where the cursor is, by name, and through a code action."""

import pytest

from darwinflow.check.pages import page_of
from sample_flow import WORKFLOW

TWO_IN_A_LINE = WORKFLOW.replace("{from: read_vision, to: classify}", "{form: read_vision, to: clasify}")
ROW = 18
NO_FINDING = (
    "there is no finding in this line; go to one, or name a code: :DarwinFlow explain edge-unknown-node"
)


@pytest.fixture
def neovim(open_neovim, desk):
    """On a workflow with an unknown field and an unknown node in one line; no daemon is asked."""
    neovim = open_neovim()
    neovim.lua("vim.lsp.config('darwinflow', { init_options = { trusted = false } })")
    neovim.setup()
    desk.flow.write_text(TWO_IN_A_LINE)
    neovim.edit(desk.flow)
    neovim.wait("return #vim.diagnostic.get(0) >= 2")
    return neovim


def page_shown(neovim, code) -> list[str]:
    """The lines of the buffer that shows the page of *code*, once it is the current one."""
    neovim.wait("return vim.api.nvim_buf_get_name(0) == ...", f"darwinflow://explain/{code}")
    return neovim.lines()


def test_the_page_of_the_finding_under_the_cursor_opens(neovim) -> None:
    neovim.point_at(ROW, "clasify")
    neovim.command("DarwinFlow explain")
    assert page_shown(neovim, "edge-unknown-node") == page_of("edge-unknown-node").text.splitlines()
    assert neovim.lua(
        "return { vim.bo.filetype, vim.bo.modifiable, vim.bo.buflisted, vim.wo.linebreak }"
    ) == [
        "markdown",
        False,
        False,
        True,
    ]
    assert neovim.lua("return #vim.api.nvim_list_wins()") == 2
    neovim.keys("q")
    neovim.point_at(ROW, "form")
    neovim.command("DarwinFlow explain")
    assert page_shown(neovim, "unknown-field")[0].startswith("# unknown-field: ")
    assert neovim.messages() == []


def test_beside_every_finding_the_first_of_the_line_is_meant(neovim) -> None:
    neovim.call("nvim_win_set_cursor", 0, [ROW + 1, 0])
    neovim.command("vertical DarwinFlow explain")
    page_shown(neovim, "unknown-field")
    assert neovim.lua("return vim.fn.winlayout()[1]") == "row"


def test_a_page_can_be_named_and_read_anew(neovim) -> None:
    neovim.command("DarwinFlow explain [secret]")
    lines = page_shown(neovim, "secret")
    neovim.command("DarwinFlow explain cycle")
    page_shown(neovim, "cycle")
    neovim.command("wincmd p")
    neovim.lua("vim.bo.modifiable = true; vim.api.nvim_buf_set_lines(0, 0, -1, false, { 'x' })")
    neovim.command("edit!")
    neovim.wait("return vim.api.nvim_buf_line_count(0) > 1")
    assert neovim.lines() == lines


def test_where_there_is_no_finding_and_no_such_code_it_says_so(neovim) -> None:
    neovim.call("nvim_win_set_cursor", 0, [1, 0])
    neovim.command("DarwinFlow explain")
    neovim.command("DarwinFlow explain edge-unknow-node")
    neovim.wait("return #_G.messages == 2")
    assert neovim.messages() == [
        f"darwinflow: {NO_FINDING}",
        "darwinflow: no finding is called 'edge-unknow-node'; did you mean 'edge-unknown-node'?",
    ]


def test_the_codes_of_the_buffer_are_completed(neovim) -> None:
    codes = sorted({each["code"] for each in neovim.lua("return vim.diagnostic.get(0)")})
    assert "edge-unknown-node" in codes
    assert neovim.lua("return vim.fn.getcompletion('DarwinFlow explain ', 'cmdline')") == codes
    assert neovim.lua("return vim.fn.getcompletion('tab DarwinFlow explain edge-', 'cmdline')") == [
        code for code in codes if code.startswith("edge-")
    ]
    assert neovim.lua("return vim.fn.getcompletion('DarwinFlow explain cycle ', 'cmdline')") == []


def test_the_code_action_of_a_finding_opens_its_page(neovim) -> None:
    neovim.point_at(ROW, "clasify")
    neovim.lua("vim.lsp.buf.code_action({ apply = true, context = { only = { 'explain' } } })")
    page_shown(neovim, "edge-unknown-node")


def test_a_configuration_may_call_it(neovim) -> None:
    neovim.lua("require('darwinflow').explain('endless-cycle')")
    page_shown(neovim, "endless-cycle")
