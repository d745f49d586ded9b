-- The newest runs of a workflow as a list; <CR> opens a run's log.

local client = require("darwinflow.client")
local scratch = require("darwinflow.scratch")

local M = {}

---@class (exact) darwinflow.Run
---@field runId string
---@field status string

---@class (exact) darwinflow.RunsAnswer The server's answer to `darwinflow.runs`.
---@field workflow string
---@field text string One line a run.
---@field runs darwinflow.Run[]

---@class (exact) darwinflow.RunsWanted
---@field workflow? string An id; absent for the one that the current buffer lists, else the workflow of `uri`.
---@field uri? string Of an open workflow; absent for the one that the current buffer is or came from.
---@field mods? vim.api.keyset.cmd.mods
---@field here? boolean In the current window.

---@type table<string, string>
local HIGHLIGHTS = {
  SUCCESS = "DiagnosticOk",
  FAILED = "DiagnosticError",
  RUNNING = "DiagnosticInfo",
  LOST = "DiagnosticWarn",
  CANCELLED = "Comment",
}

local namespace = vim.api.nvim_create_namespace("darwinflow.runs")

---@type table<integer, darwinflow.Run[]> The runs that a buffer lists, in the order of its lines.
local listed = {}

---@param bufnr integer
---@param runs darwinflow.Run[]
local function colour(bufnr, runs)
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  for row, run in ipairs(runs) do
    local line = vim.api.nvim_buf_get_lines(bufnr, row - 1, row, false)[1] or ""
    vim.api.nvim_buf_set_extmark(bufnr, namespace, row - 1, 0, {
      end_col = #vim.fn.matchstr(line, "^\\s*\\S\\+"),
      hl_group = HIGHLIGHTS[run.status],
    })
  end
end

---@param wanted darwinflow.RunsWanted
function M.show(wanted)
  local argument = { uri = wanted.uri or client.origin(), workflow = wanted.workflow }
  if wanted.workflow == nil and wanted.uri == nil then
    argument.workflow = vim.b.darwinflow_workflow
  end
  client.ask("darwinflow.runs", argument, function(answer)
    ---@cast answer darwinflow.RunsAnswer
    local bufnr = scratch.show({
      name = "darwinflow://runs/" .. answer.workflow,
      origin = argument.uri,
      filetype = "darwinflow-runs",
      lines = vim.split(vim.trim(answer.text), "\n"),
      mods = wanted.mods,
      here = wanted.here,
      reload = function()
        M.show({ uri = argument.uri, workflow = argument.workflow, here = true })
      end,
    })
    vim.b[bufnr].darwinflow_workflow = answer.workflow
    listed[bufnr] = answer.runs
    colour(bufnr, answer.runs)
    local options = vim.wo[vim.api.nvim_get_current_win()][0]
    options.wrap, options.number, options.signcolumn, options.cursorline = false, false, "no", true
    vim.keymap.set("n", "<CR>", function()
      local run = M.under_cursor()
      if run then
        require("darwinflow.log").show({ run = run, here = true })
      end
    end, { buffer = bufnr, desc = "Open the log of the run in this line" })
  end, wanted.here)
end

---The id of the run that the cursor is on; nil where the current buffer lists none.
---@return string?
function M.under_cursor()
  local runs = listed[vim.api.nvim_get_current_buf()] or {}
  local run = runs[vim.api.nvim_win_get_cursor(0)[1]]
  return run and run.runId
end

return M
