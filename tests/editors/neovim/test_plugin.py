"""What the plugin does without a past: in a workspace that is not trusted no daemon is asked."""

import pytest

from editors.neovim.nvim import LuaError
from sample_flow import MISSPELT, WORKFLOW

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


def test_completion_lists_what_fits_what_is_typed_and_puts_it_in(neovim, desk) -> None:
    neovim.edit(desk.flow)
    neovim.command("set completeopt=menuone")
    neovim.call("nvim_buf_set_lines", 0, 9, 10, True, ["    type: LLM"])
    neovim.call("nvim_win_set_cursor", 0, [10, 0])
    neovim.call("nvim_input", "A<C-x><C-o>")
    (offered,) = neovim.wait("return vim.fn.pumvisible() == 1 and vim.fn.complete_info({ 'items' }).items")
    assert (offered["word"], offered["menu"]) == ("LLM_DECISION", "a model chooses one")
    assert offered["info"].startswith("A model picks one of the options")
    neovim.call("nvim_input", "<C-y><Esc>")
    neovim.wait("return vim.fn.getline(10) == ...", "    type: LLM_DECISION")


def test_ids_are_completed_in_edges(neovim, desk) -> None:
    neovim.edit(desk.flow)
    neovim.lua("vim.api.nvim_buf_set_text(0, 18, 28, 18, 36, { '' })")
    neovim.call("nvim_win_set_cursor", 0, [19, 28])
    neovim.call("nvim_input", "i<C-x><C-o>")
    offered = neovim.wait("return vim.fn.pumvisible() == 1 and vim.fn.complete_info({ 'items' }).items")
    assert {"END", "classify", "core_path"} <= {each["word"] for each in offered}
    assert "START" not in {each["word"] for each in offered}


def test_the_definition_of_an_id_is_the_tag_under_the_cursor(neovim, desk) -> None:
    neovim.edit(desk.flow)
    neovim.point_at(19, "classify")
    neovim.keys("<C-]>")
    assert neovim.call("nvim_win_get_cursor", 0) == [9, 8]


def test_references_fill_the_quickfix_list(neovim, desk) -> None:
    neovim.edit(desk.flow)
    neovim.point_at(8, "classify")
    neovim.keys("grr")
    found = neovim.wait("local list = vim.fn.getqflist(); return #list > 0 and list")
    assert [(each["lnum"], each["col"]) for each in found] == [(9, 9), (19, 29), (20, 12)]


def test_symbols_are_the_outline_of_the_document(neovim, desk) -> None:
    neovim.edit(desk.flow)
    neovim.keys("gO")
    found = neovim.wait("local list = vim.fn.getloclist(0); return #list > 0 and list")
    assert [(each["lnum"], each["text"]) for each in found[:4]] == [
        (1, "[Module] assistant"),
        (6, "[Function] read_vision"),
        (9, "[Function] classify"),
        (14, "[Function] core_path"),
    ]
    assert found[5]["text"].endswith("read_vision → classify")


def test_a_finding_is_mended_by_its_fix(neovim, desk) -> None:
    desk.flow.write_text(MISSPELT)
    neovim.edit(desk.flow)
    neovim.wait("return #vim.diagnostic.get(0) == 1")
    neovim.point_at(18, "clasify")
    neovim.lua("vim.lsp.buf.code_action({ apply = true, context = { only = { 'quickfix' } } })")
    neovim.wait("return #vim.diagnostic.get(0) == 0")
    assert neovim.lines() == WORKFLOW.splitlines()


def test_a_workflow_and_lines_of_it_are_formatted(neovim, desk) -> None:
    neat = WORKFLOW.splitlines()
    desk.flow.write_text(WORKFLOW.replace(": [", ":   [").replace("from: ", "from:   "))
    neovim.edit(desk.flow)
    assert neovim.lines() != neat
    # In its first second the server takes longer than the half second that Neovim waits for the answer to `gq`.
    neovim.lua(
        "vim.lsp.buf_request_sync(0, 'workspace/executeCommand', ..., 10000)", {"command": "darwinflow.log"}
    )
    neovim.call("nvim_win_set_cursor", 0, [18, 0])
    neovim.keys("gqq")
    neovim.wait("return vim.fn.getline(18) == ...", neat[17])
    assert neovim.lines()[18] != neat[18]
    neovim.lua("vim.lsp.buf.format({ timeout_ms = 10000 })")
    assert neovim.lines() == neat


def test_yaml_that_is_no_workflow_is_left_alone(neovim, desk) -> None:
    other = desk.folder / "compose.yaml"
    other.write_text("services:\n  web: {image: nginx}\n")
    neovim.edit(other)
    neovim.edit(desk.flow)
    neovim.wait_for_lens("v3")
    neovim.command(f"buffer {other}")
    assert neovim.lua("return vim.diagnostic.get(0)") == []
    assert neovim.displayed_lenses() == []
    neovim.command("DarwinFlow runs")
    neovim.wait("return #_G.messages > 0")
    assert neovim.messages() == ["darwinflow: that is no open workflow; name one, or open its file"]


def test_a_file_outside_any_workspace_is_checked_too(neovim, desk) -> None:
    outside = desk.folder.parent / "alone.yaml"
    outside.write_text(MISSPELT)
    neovim.edit(outside)
    neovim.wait("return #vim.diagnostic.get(0) == 1")
    assert neovim.lua("return vim.lsp.get_clients({ bufnr = 0 })[1].root_dir == nil")


def test_a_buffer_is_looked_at_once_it_has_a_name(neovim) -> None:
    neovim.command("setfiletype yaml")
    neovim.call("nvim_buf_set_lines", 0, 0, -1, False, MISSPELT.splitlines())
    assert neovim.lua("return #vim.lsp.get_clients()") == 0
    neovim.command("silent write new.yaml")
    neovim.wait("return #vim.diagnostic.get(0) == 1")
    neovim.wait_for_lens("v3")
    assert neovim.lua("return #vim.api.nvim_list_bufs()") == 1


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
    assert neovim.lua("return vim.fn.getcompletion('DarwinFlow ', 'cmdline')") == ["explain", "log", "runs"]
    assert neovim.lua("return vim.fn.getcompletion('DarwinFlow r', 'cmdline')") == ["runs"]
    assert neovim.lua("return vim.fn.getcompletion('vertical DarwinFlow l', 'cmdline')") == ["log"]
    assert neovim.lua("return vim.fn.getcompletion('DarwinFlow runs ', 'cmdline')") == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("DarwinFlow", "say what: there are explain, log, runs"),
        ("DarwinFlow rnus", "no command is called 'rnus'; there are explain, log, runs"),
        ("DarwinFlow runs a b", "'b' is too much; it is :DarwinFlow runs [workflow]"),
        ("DarwinFlow runs", "no workflow is open; open one, and ask again"),
        ("DarwinFlow explain secret", "no workflow is open; open one, and ask again"),
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
