"""The past of a workflow in a real Neovim, with the real server and daemon, recorded by another process."""

import re
import statistics
import time

import pytest

from sample_flow import WORKFLOW

ID_ROW, CLASSIFY_ROW = 0, 8
PUSHED_RUNS = 12
MEDIAN_S = 0.2
"""From the recorder's last call to the lens in the buffer."""

WAIT_FOR_RUNS = """
local pattern = ...
for name, namespace in pairs(vim.api.nvim_get_namespaces()) do
  if name:match("^nvim%.lsp%.codelens") then
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, 0, 0, { details = true })) do
      for _, chunk in ipairs(mark[4].virt_text or {}) do
        if chunk[1]:match(pattern) then
          local now = vim.uv.clock_gettime("realtime")
          return now.sec + now.nsec / 1e9
        end
      end
    end
  end
end
"""

pytestmark = pytest.mark.usefixtures("daemon")


def lens_titles(neovim) -> list[str]:
    return neovim.lua(
        "return vim.tbl_map(function(lens) return lens.command.title end, vim.lsp.codelens.get(0))"
    )


def test_runs_of_another_process_change_the_lens_by_push(neovim, desk, recorder, capsys) -> None:
    neovim.edit(desk.flow)
    assert neovim.wait_for_lens("v3 draft") == "v3 draft, parent v2"
    neovim.lua(
        """
        _G.told, _G.asked = 0, 0
        local lenses = require("darwinflow.lenses")
        local history_changed = lenses.history_changed
        lenses.history_changed = function(...)
          _G.told = _G.told + 1
          return history_changed(...)
        end
        vim.api.nvim_create_autocmd("LspRequest", {
          callback = function(event)
            local request = event.data.request
            if request.method == "textDocument/codeLens" and request.type == "pending" then
              _G.asked = _G.asked + 1
            end
          end,
        })
        """
    )
    latencies = []
    for number in range(1, PUSHED_RUNS + 1):
        _run, called_at = recorder.record()
        shown_at = neovim.wait(WAIT_FOR_RUNS, rf"^{number} runs?, ")
        latencies.append(shown_at - called_at)
    told, asked = neovim.lua("return { _G.told, _G.asked }")
    assert told == asked, "lenses are asked for when the server has told of news, and at no other time"
    assert lens_titles(neovim)[0] == "v3 draft, parent v2"
    assert lens_titles(neovim)[1].startswith(f"{PUSHED_RUNS} runs, 100 %, p95 ")
    median = statistics.median(latencies)
    with capsys.disabled():
        figures = " ".join(f"{1000 * each:.0f}" for each in latencies)
        print(f"\n  recorder to lens: median {1000 * median:.0f} ms (each: {figures})")
    assert median <= MEDIAN_S


def test_a_failed_run_is_shown_at_the_workflow_and_at_the_node(neovim, desk, recorder) -> None:
    neovim.edit(desk.flow)
    neovim.wait_for_lens("v3")
    run, _at = recorder.record("model timed out after 4 s")
    shown = neovim.wait_for_lens("failed")
    assert re.fullmatch(r"v3 draft, parent v2 \| 1 run, 0 of 1, p95 .+ \| failed just now at classify", shown)
    at_node = neovim.wait_for_lens("failed", CLASSIFY_ROW)
    assert at_node.startswith("failed just now: ")
    assert at_node.endswith("model timed out after 4 s")
    neovim.point_at(ID_ROW, "assistant")
    hover = neovim.hover()
    assert run[-8:] in hover
    assert "classify" in hover
    neovim.command("fclose!")
    neovim.point_at(CLASSIFY_ROW, "classify")
    assert "model timed out after 4 s" in neovim.hover()
    recorder.record()
    neovim.wait_for_lens("2 runs, 1 of 2")
    assert [row for row, _text in neovim.displayed_lenses()] == [ID_ROW]


def test_runs_are_listed_and_opened_from_the_list(neovim, desk, recorder) -> None:
    first, _at = recorder.record()
    second, _at = recorder.record("model timed out")
    neovim.edit(desk.flow)
    neovim.wait_for_lens("2 runs")
    neovim.command("DarwinFlow runs")
    neovim.wait("return vim.bo.filetype == 'darwinflow-runs'")
    newest, oldest = neovim.lines()
    assert re.match(rf"✗ {second[-8:]}  v3 +just now +.+ classify: .*model timed out$", newest)
    assert re.match(rf"✓ {first[-8:]}  v3 ", oldest)
    assert neovim.lua("return vim.api.nvim_buf_get_name(0)") == "darwinflow://runs/assistant"
    assert neovim.lua("return { vim.bo.buftype, vim.bo.modifiable, vim.wo.wrap }") == ["nofile", False, False]
    neovim.keys("gg<CR>")
    neovim.wait("return vim.api.nvim_buf_get_name(0):match('^darwinflow://run/')")
    assert neovim.lua("return vim.api.nvim_buf_get_name(0)") == f"darwinflow://run/{second}"
    assert neovim.lines()[0].startswith("# ✗ assistant v3 failed at classify after ")
    neovim.keys("<C-o>G<CR>")
    neovim.wait("return vim.api.nvim_buf_get_name(0) == ...", f"darwinflow://run/{first}")
    assert len(neovim.lua("return vim.api.nvim_list_wins()")) == 2
    neovim.keys("q")
    assert neovim.lua("return vim.api.nvim_buf_get_name(0)") == str(desk.flow)


def test_a_list_is_read_anew_by_edit_and_used_again(neovim, desk, recorder) -> None:
    neovim.edit(desk.flow)
    neovim.command("DarwinFlow runs")
    neovim.wait("return vim.bo.filetype == 'darwinflow-runs'")
    (hint,) = neovim.lines()
    assert hint.startswith("No runs of 'assistant' yet. Record one: ")
    neovim.keys("<CR>")
    recorder.record()
    neovim.command("wincmd p")
    neovim.wait_for_lens("1 run")
    neovim.command("DarwinFlow runs")
    neovim.wait("return vim.fn.getline(1):match('v3')")
    recorder.record()
    neovim.wait("vim.cmd.edit() return vim.wait(200, function() return vim.fn.line('$') == 2 end)")
    assert len(neovim.lua("return vim.api.nvim_list_wins()")) == 2
    assert neovim.messages() == []


def test_a_log_is_a_read_only_yaml_document_whose_steps_fold(neovim, desk, recorder) -> None:
    run, _at = recorder.record("model timed out")
    neovim.edit(desk.flow)
    neovim.wait_for_lens("1 run")
    neovim.command(f"vertical DarwinFlow log {run[-8:]}")
    neovim.wait("return vim.bo.filetype == 'yaml' and vim.bo.buftype == 'nofile'")
    assert neovim.lua("return vim.api.nvim_buf_get_name(0)") == f"darwinflow://run/{run}"
    assert neovim.lua("return { vim.bo.modifiable, vim.bo.buflisted, vim.bo.modified }") == [False] * 3
    assert neovim.lua("return vim.fn.winlayout()[1]") == "row"
    lines = neovim.lines()
    steps = [number for number, line in enumerate(lines, 1) if line.startswith("  - node: ")]
    assert len(steps) == 2
    assert neovim.lua("return vim.fn.foldclosed(...)", steps[1]) == -1
    neovim.keys(f"{steps[1]}Gzc")
    first, last = neovim.lua("return { vim.fn.foldclosed('.'), vim.fn.foldclosedend('.') }")
    assert (first, last) == (steps[1], steps[1] + sum(line.startswith("    ") for line in lines[steps[1] :]))
    assert neovim.lua("return vim.fn.foldclosed(...)", steps[0]) == -1
    assert neovim.lua("return #vim.lsp.get_clients({ bufnr = 0 })") == 0


def test_a_log_without_a_name_is_the_newest(neovim, desk, recorder) -> None:
    neovim.edit(desk.flow)
    neovim.command("DarwinFlow log")
    neovim.wait("return #_G.messages > 0")
    assert neovim.messages()[0].startswith("darwinflow: No runs of 'assistant' yet.")
    recorder.record()
    newest, _at = recorder.record()
    neovim.wait_for_lens("2 runs")
    neovim.command("DarwinFlow log")
    neovim.wait("return vim.api.nvim_buf_get_name(0) == ...", f"darwinflow://run/{newest}")


def test_a_run_that_is_not_there_is_one_message(neovim, desk) -> None:
    neovim.edit(desk.flow)
    neovim.command("DarwinFlow log no-such-run")
    neovim.wait("return #_G.messages > 0")
    (said,) = neovim.messages()
    assert said.startswith("darwinflow: ")
    assert "no-such-run" in said


def test_running_a_lens_opens_what_is_behind_it(neovim, desk, recorder) -> None:
    run, _at = recorder.record("model timed out")
    neovim.edit(desk.flow)
    neovim.wait_for_lens("failed")
    neovim.wait_for_lens("failed", CLASSIFY_ROW)
    neovim.lua(
        """
        vim.ui.select = function(items, options, on_choice)
          _G.offered = vim.tbl_map(options.format_item, items)
          on_choice(items[1])
        end
        vim.lsp.codelens.run()
        """
    )
    offered = neovim.lua("return _G.offered")
    assert [title.split()[0] for title in offered] == ["1", "failed"]
    neovim.wait("return vim.bo.filetype == 'darwinflow-runs'")
    neovim.command("wincmd p")
    neovim.wait_for_lens("failed")
    neovim.keys(f"{CLASSIFY_ROW + 1}G")
    neovim.lua("vim.lsp.codelens.run()")
    neovim.wait("return vim.api.nvim_buf_get_name(0) == ...", f"darwinflow://run/{run}")
    neovim.command("wincmd p")
    neovim.wait_for_lens("failed", CLASSIFY_ROW)


def test_ages_in_lenses_are_written_anew_as_time_goes_by(open_neovim, desk) -> None:
    neovim = open_neovim()
    neovim.setup(age_refresh_s=1)
    neovim.edit(desk.flow)
    neovim.wait_for_lens("v3 draft")
    began = time.monotonic()
    neovim.lua(
        """
        vim.api.nvim_create_autocmd("LspRequest", {
          callback = function(event)
            _G.asked = _G.asked or event.data.request.method == "textDocument/codeLens"
          end,
        })
        """
    )
    neovim.wait("return _G.asked")
    assert time.monotonic() - began < 3


def test_lenses_are_there_again_when_the_server_is_restarted(neovim, desk, recorder) -> None:
    recorder.record()
    neovim.edit(desk.flow)
    neovim.wait_for_lens("1 run")
    neovim.lua("vim.lsp.get_clients()[1]:stop(true)")
    neovim.wait("return #vim.lsp.get_clients() == 0")
    assert neovim.displayed_lenses() == []
    neovim.command("edit")
    neovim.wait_for_lens("1 run")


def test_a_draft_that_is_edited_loses_the_figures_of_the_other_text(neovim, desk, recorder) -> None:
    recorder.record()
    neovim.edit(desk.flow)
    neovim.wait_for_lens("1 run")
    neovim.lua("vim.api.nvim_buf_set_lines(0, 2, 3, false, { 'description: Something else' })")
    neovim.wait("return #vim.lsp.codelens.get(0) == 1")
    neovim.command("silent undo")
    assert neovim.lines() == WORKFLOW.splitlines()
    neovim.wait_for_lens("1 run")


def test_the_editor_works_on_while_the_daemon_is_away(neovim, desk, recorder) -> None:
    recorder.record()
    neovim.edit(desk.flow)
    neovim.wait_for_lens("1 run")
    desk.darwinflow("daemon", "stop")
    neovim.wait_for_lens("as of .*, daemon away")
    neovim.lua("vim.api.nvim_buf_set_text(0, 18, 28, 18, 36, { 'clasify' })")
    neovim.wait("return #vim.diagnostic.get(0) == 1")
    neovim.command("silent undo")
    desk.darwinflow("daemon", "start")
    recorder.record()
    neovim.wait_for_lens("2 runs[^|]*$")


def test_a_list_a_log_and_a_name_belong_to_the_workspace_they_were_asked_for_in(
    neovim, desk, recorder
) -> None:
    other = desk.folder.parent / "other"
    other.mkdir()
    (other / ".darwinflow.yaml").write_text("project: other\n")
    (other / "second.yaml").write_text(WORKFLOW.replace("id: assistant", "id: second"))
    neovim.edit(desk.flow)
    neovim.edit(other / "second.yaml")
    assert neovim.lua("return #vim.lsp.get_clients()") == 2
    run, _at = recorder.record(flow=other / "second.yaml")
    recorder.record()
    neovim.wait_for_lens("1 run")
    neovim.command("DarwinFlow runs")
    neovim.wait("return vim.bo.filetype == 'darwinflow-runs'")
    neovim.keys("<CR>")
    neovim.wait("return vim.api.nvim_buf_get_name(0) == ...", f"darwinflow://run/{run}")
    neovim.command("DarwinFlow runs")
    neovim.wait("return vim.api.nvim_buf_get_name(0) == 'darwinflow://runs/second'")
    assert len(neovim.lines()) == 1
    neovim.command("DarwinFlow runs")
    neovim.command("DarwinFlow runs assistant")
    neovim.wait("return vim.api.nvim_buf_get_name(0) == 'darwinflow://runs/assistant'")
    assert neovim.lines()[0].startswith("No runs of 'assistant' yet.")
    neovim.command("DarwinFlow log")
    neovim.wait("return #_G.messages > 0")
    assert neovim.messages()[0].startswith("darwinflow: No runs of 'assistant' yet.")


def test_history_that_arrives_for_a_closed_buffer_disturbs_nobody(neovim, desk, recorder) -> None:
    for number in range(6):
        neovim.edit(desk.flow)
        recorder.record()
        neovim.command("bwipeout" if number % 2 else "bdelete")
    neovim.edit(desk.flow)
    neovim.wait_for_lens("6 runs")
    assert neovim.messages() == []
    assert neovim.lua("return vim.fn.execute('messages')").strip() == ""


def test_checkhealth_finds_everything_in_order(neovim, desk) -> None:
    neovim.edit(desk.flow)
    neovim.wait_for_lens("v3 draft")
    neovim.command("checkhealth darwinflow")
    report = "\n".join(neovim.lines())
    assert "OK version 0.11" in report
    assert "OK darwinflow-lsp 0." in report
    assert f"OK workspace {desk.folder}".replace(desk.environ["HOME"], "~") in report
    assert "OK the daemon answers" in report
    assert "ERROR" not in report
    assert "WARNING" not in report


def test_an_answer_that_comes_after_a_later_one_is_not_shown(neovim, desk, recorder) -> None:
    """The server may answer in any order; here the answer to the first question is kept back in Neovim."""
    recorder.record()
    neovim.edit(desk.flow)
    neovim.wait_for_lens("1 run")
    shown = neovim.lua(
        """
        local client = vim.lsp.get_clients()[1]
        local request, held = client.request, nil
        client.request = function(self, method, params, handler, ...)
          if method == "workspace/executeCommand" and held == nil then
            local first = handler
            held = false
            handler = function(...)
              held = { first, ... }
            end
          end
          return request(self, method, params, handler, ...)
        end
        local ask, order = require("darwinflow.client").ask, {}
        ask("darwinflow.runs", { uri = vim.uri_from_bufnr(0) }, function()
          table.insert(order, "first")
        end)
        ask("darwinflow.runs", { uri = vim.uri_from_bufnr(0) }, function()
          table.insert(order, "second")
        end)
        vim.wait(10000, function()
          return held and #order > 0
        end)
        client.request = request
        held[1](unpack(held, 2))
        return order
        """
    )
    assert shown == ["second"]
