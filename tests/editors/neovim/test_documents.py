"""The help file and the README of the plugin: what they say is there, and the other way round."""

import re
import shutil
from pathlib import Path

import pytest

from editors.neovim.nvim import PLUGIN

README = (PLUGIN / "README.md").read_text()


def block_after(heading: str, language: str) -> str:
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)[1]


def written(block: str) -> str:
    """*block* with the folder of this repository in place of the one it is written for."""
    return block.replace("~/src/darwinflow/editors/neovim", str(PLUGIN))


def test_every_option_command_and_function_has_its_help(open_neovim, tmp_path) -> None:
    shutil.copytree(PLUGIN / "doc", tmp_path / "doc", ignore=shutil.ignore_patterns("tags"))
    neovim = open_neovim()
    neovim.command(f"helptags {tmp_path / 'doc'}")
    tags = {line.split("\t")[0] for line in (tmp_path / "doc" / "tags").read_text().splitlines()}
    options = neovim.lua("return vim.tbl_keys(require('darwinflow.config').defaults)")
    commands = neovim.lua("return vim.fn.getcompletion('DarwinFlow ', 'cmdline')")
    functions = neovim.lua("return vim.tbl_keys(require('darwinflow'))")
    assert {f"darwinflow-options-{name}" for name in options} <= tags
    assert {f":DarwinFlow-{name}" for name in commands} <= tags
    assert {f"darwinflow.{name}()" for name in functions} <= tags


def test_the_defaults_in_the_help_are_those_of_the_plugin(open_neovim) -> None:
    text = (PLUGIN / "doc" / "darwinflow.txt").read_text()
    (block,) = re.findall(r'require\("darwinflow"\)\.setup\((\{.*?\n    \})\)', text, re.DOTALL)
    neovim = open_neovim()
    assert neovim.lua(f"return {block}") == neovim.lua("return require('darwinflow.config').defaults")


def opens_a_workflow(neovim, desk) -> bool:
    neovim.edit(desk.flow)
    return neovim.wait_for_lens("v3") and neovim.lua("return vim.fn.exists(':DarwinFlow')") == 2


def test_the_plugin_runs_from_the_runtime_path(open_neovim, desk, tmp_path) -> None:
    (tmp_path / "init.lua").write_text(written(block_after("Without a plugin manager", "lua")))
    assert opens_a_workflow(open_neovim(["-u", str(tmp_path / "init.lua")]), desk)


def test_the_plugin_runs_as_a_package(open_neovim, desk, tmp_path) -> None:
    make_folder, link = written(block_after("Without a plugin manager", "sh")).splitlines()
    *_, folder = make_folder.split()
    *_, target, name = link.split()
    home = Path(desk.environ["HOME"])
    app = desk.environ["NVIM_APPNAME"]
    place = Path(name.replace("~", str(home)).replace("/nvim/", f"/{app}/"))
    assert place.parent == Path(folder.replace("~", str(home)).replace("/nvim/", f"/{app}/"))
    place.parent.mkdir(parents=True)
    place.symlink_to(target)
    (home / ".config" / app).mkdir(parents=True)
    (home / ".config" / app / "init.lua").write_text('require("darwinflow").setup()\n')
    assert opens_a_workflow(open_neovim([]), desk)


def test_the_plugin_runs_when_its_folder_is_added_late(open_neovim, desk, tmp_path) -> None:
    lines = block_after("vim.pack (Neovim 0.12)", "lua").splitlines()
    assert lines[1].startswith("local folder = ")
    (tmp_path / "init.lua").write_text("\n".join([f"local folder = {str(PLUGIN)!r}", *lines[2:]]))
    assert opens_a_workflow(open_neovim(["-u", str(tmp_path / "init.lua")]), desk)


@pytest.mark.parametrize("lua", re.findall(r"```lua\n(.*?)```", README, re.DOTALL))
def test_the_lua_of_the_readme_can_be_read(open_neovim, lua) -> None:
    fault = open_neovim().lua(
        "return (select(2, loadstring(...)))", f"return {lua}" if lua.startswith("{") else lua
    )
    assert fault is None
