"""What the plugin does without a past: in a workspace that is not trusted no daemon is asked."""

import pytest

from editors.neovim.conftest import MISSPELT
from editors.neovim.nvim import LuaError

UNTRUSTED = "vim.lsp.config('darwinflow', { init_options = { trusted = false } })"
LOADED = (
    "return vim.tbl_filter(function(name) return name:match('^darwinflow') end, vim.tbl_keys(package.loaded))"
)


@pytest.fixture
def neovim(open_neovim):
    """Asks no daemon and starts none."""
    neovim = open_neovim()
    neovim.lua(UNTRUSTED)
    neovim.setup()
    return neovim


def test_starting_neovim_loads_nothing_of_the_plugin(open_neovim) -> None:
    neovim = open_neovim()
    assert neovim.lua("return vim.fn.exists(':DarwinFlow')") == 2
    assert neovim.lua(LOADED) == []


def test_an_option_that_does_not_exist_is_reported_with_those_that_do(open_neovim) -> None:
    neovim = open_neovim()
    with pytest.raises(
        LuaError, match=r"^darwinflow: no option is called 'comd'; there are age_refresh_s, cmd, lenses$"
    ):
        neovim.setup(comd=["darwinflow-lsp"])
    assert not neovim.lua("return vim.lsp.is_enabled('darwinflow')")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cmd": "darwinflow-lsp"}, "the option 'cmd' is a list of texts, as { 'darwinflow-lsp' } is"),
        ({"cmd": []}, "the option 'cmd' is a list of texts, as { 'darwinflow-lsp' } is"),
        ({"lenses": 1}, "the option 'lenses' is true or false"),
        ({"age_refresh_s": 0.5}, "the option 'age_refresh_s' is a whole number of seconds"),
    ],
)
def test_an_option_of_another_form_is_reported(open_neovim, options, said) -> None:
    with pytest.raises(LuaError) as caught:
        open_neovim().setup(**options)
    assert str(caught.value) == f"darwinflow: {said}"


def test_a_missing_server_is_one_message_however_many_files_are_opened(open_neovim, desk) -> None:
    neovim = open_neovim()
    neovim.setup(cmd=["no-such-server"])
    for name in ("one.yaml", "two.yaml"):
        neovim.command(f"edit {desk.folder / name}")
    neovim.wait("return #_G.messages > 0")
    neovim.command(f"edit {desk.flow}")
    (said,) = neovim.messages()
    assert said.startswith("darwinflow: the language server 'no-such-server' is not there; install it ")
    assert said.endswith("require('darwinflow').setup({ cmd = { '/path/to/darwinflow-lsp' } })")
    assert neovim.lua("return #vim.lsp.get_clients()") == 0


def test_findings_are_neovims_diagnostics(neovim, desk) -> None:
    desk.flow.write_text(MISSPELT)
    neovim.edit(desk.flow)
    (finding,) = neovim.wait("local all = vim.diagnostic.get(0); return #all > 0 and all")
    assert finding["message"] == "no node is called 'clasify'; did you mean 'classify'?"
    assert (finding["lnum"], finding["col"], finding["end_col"]) == (18, 28, 35)
    assert (finding["source"], finding["code"], finding["severity"]) == ("darwinflow", "edge-unknown-node", 1)
    neovim.lua("vim.api.nvim_buf_set_text(0, 18, 28, 18, 35, { 'classify' })")
    neovim.wait("return #vim.diagnostic.get(0) == 0")


def test_hover_opens_with_what_the_schema_says(neovim, desk) -> None:
    neovim.edit(desk.flow)
    neovim.point_at(9, "LLM_DECISION")
    text = neovim.hover()
    assert "a model chooses one" in text
    assert "`options`" in text


def test_the_lens_of_an_opened_workflow_is_drawn_and_follows_edits(neovim, desk) -> None:
    neovim.edit(desk.flow)
    assert neovim.wait_for_lens("v3").startswith("v3")
    neovim.keys("jA1<Esc>")
    neovim.wait_for_lens("v31")
    neovim.keys("ggOx-note: shared<Esc>")
    neovim.wait_for_lens("v31", 1)
    assert [row for row, _text in neovim.displayed_lenses()] == [1]


def test_lenses_can_be_left_to_the_user(open_neovim, desk) -> None:
    neovim = open_neovim()
    neovim.lua(UNTRUSTED)
    neovim.setup(lenses=False)
    desk.flow.write_text(MISSPELT)
    neovim.edit(desk.flow)
    neovim.wait("return #vim.diagnostic.get(0) > 0")
    neovim.command("doautocmd TextChanged")
    neovim.lua(
        "vim.lsp.buf_request_sync(0, 'textDocument/hover', vim.lsp.util.make_position_params(0, 'utf-8'))"
    )
    assert neovim.displayed_lenses() == []
    assert neovim.lua("return vim.lsp.codelens.get(0)") == []


def test_the_server_can_be_enabled_without_setup_and_leaves_the_users_on_attach_alone(
    open_neovim, desk
) -> None:
    neovim = open_neovim()
    neovim.lua("vim.lsp.config('*', { on_attach = function(client) _G.attached = client.name end })")
    neovim.lua(UNTRUSTED)
    neovim.lua("vim.lsp.enable('darwinflow')")
    neovim.edit(desk.flow)
    neovim.wait_for_lens("v3")
    assert neovim.lua("return _G.attached") == "darwinflow"
    assert neovim.lua("return vim.lsp.get_clients()[1].root_dir") == str(desk.folder)


def test_other_files_start_no_server(neovim, desk) -> None:
    (desk.folder / "notes.txt").write_text("id: notes\n")
    neovim.command(f"edit {desk.folder / 'notes.txt'}")
    assert neovim.lua("return #vim.lsp.get_clients()") == 0


def test_commands_and_their_names_are_completed(neovim) -> None:
    assert neovim.lua("return vim.fn.getcompletion('DarwinFlow ', 'cmdline')") == ["log", "runs"]
    assert neovim.lua("return vim.fn.getcompletion('DarwinFlow r', 'cmdline')") == ["runs"]
    assert neovim.lua("return vim.fn.getcompletion('vertical DarwinFlow l', 'cmdline')") == ["log"]
    assert neovim.lua("return vim.fn.getcompletion('DarwinFlow runs ', 'cmdline')") == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("DarwinFlow", "say what: there are log, runs"),
        ("DarwinFlow rnus", "no command is called 'rnus'; there are log, runs"),
        ("DarwinFlow runs a b", "'b' is too much; it is :DarwinFlow runs [workflow]"),
        ("DarwinFlow runs", "no workflow is open; open one, and its runs can be asked for"),
    ],
)
def test_a_command_that_cannot_be_done_says_why(neovim, line, said) -> None:
    neovim.command(line)
    assert neovim.messages() == [f"darwinflow: {said}"]


def test_checkhealth_without_a_server_says_what_to_do(open_neovim) -> None:
    neovim = open_neovim()
    neovim.setup(cmd=["no-such-server"])
    neovim.command("checkhealth darwinflow")
    report = "\n".join(neovim.lines())
    assert "OK version 0.11" in report
    assert "ERROR 'no-such-server' is not there" in report
    assert "pip install darwinflow" in report
