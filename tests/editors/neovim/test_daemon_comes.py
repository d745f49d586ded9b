"""A daemon that is not there at first: a file is in the way of its home."""

from sample_flow import MISSPELT, WORKFLOW


def test_history_appears_when_a_daemon_comes(neovim, desk, recorder) -> None:
    aside = desk.home.rename(desk.home.with_name("aside"))
    desk.home.write_text("in the way")
    desk.flow.write_text(MISSPELT)
    neovim.edit(desk.flow)
    neovim.wait("return #vim.diagnostic.get(0) == 1")
    assert neovim.wait_for_lens("v3") == "v3, parent v2"
    neovim.command("checkhealth darwinflow")
    report = "\n".join(neovim.lines())
    assert "WARNING" in report, report
    assert str(desk.home) in report
    neovim.command("bwipeout")
    desk.home.unlink()
    aside.rename(desk.home)
    desk.flow.write_text(WORKFLOW)
    neovim.command("checktime")
    desk.darwinflow("daemon", "start")
    neovim.wait_for_lens("^v3 draft, parent v2$")
    recorder.record()
    neovim.wait_for_lens("1 run")


def test_the_server_starts_a_daemon_where_none_is(neovim, desk, recorder) -> None:
    neovim.edit(desk.flow)
    neovim.wait_for_lens("^v3 draft, parent v2$")
    recorder.record()
    neovim.wait_for_lens("1 run")
