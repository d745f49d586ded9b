-- A run's log as a read-only YAML document whose steps fold.

local client = require("darwinflow.client")
local scratch = require("darwinflow.scratch")

local M = {}

---@class (exact) darwinflow.LogAnswer The server's answer to `darwinflow.log`.
---@field run string The whole id.
---@field languageId string
---@field text string

---@class (exact) darwinflow.LogWanted
---@field run? string An id, or its beginning or end; absent for the run in this line, else the workflow's newest.
---@field uri? string Of an open workflow; absent for the one that the current buffer is or came from.
---@field mods? vim.api.keyset.cmd.mods
---@field here? boolean In the current window.

---Steps fold by their indentation; all are open at first.
---@param window integer
local function fold(window)
  local options = vim.wo[window][0]
  options.foldmethod = "expr"
  options.foldexpr = "v:lua.require'darwinflow.log'.fold_level(v:lnum)"
  options.foldlevel = 99
  options.foldtext = ""
  options.foldenable = true
end

---What `foldexpr` is for line *number*: a key's whole value folds under it, a step under its node.
---@param number integer
---@return string|integer
function M.fold_level(number)
  local line = vim.fn.getline(number)
  if line:match("^%s*$") then
    return "="
  end
  local indent = vim.fn.indent(number)
  local level = math.floor(indent / 2)
  if vim.fn.indent(vim.fn.nextnonblank(number + 1)) > indent then
    return ">" .. level + 1
  end
  return level
end

---@param wanted darwinflow.LogWanted
local function show_run(wanted)
  local uri = wanted.uri or client.origin()
  client.ask("darwinflow.log", { run = wanted.run, uri = uri }, function(answer)
    ---@cast answer darwinflow.LogAnswer
    scratch.show({
      name = "darwinflow://run/" .. answer.run,
      origin = uri,
      filetype = answer.languageId,
      lines = vim.split(answer.text:gsub("\n$", ""), "\n"),
      mods = wanted.mods,
      here = wanted.here,
      reload = function()
        show_run({ run = answer.run, uri = uri, here = true })
      end,
    })
    fold(vim.api.nvim_get_current_win())
  end, wanted.here)
end

---@param wanted darwinflow.LogWanted
function M.show(wanted)
  local run = wanted.run or require("darwinflow.runs").under_cursor()
  if run then
    show_run({ run = run, uri = wanted.uri, mods = wanted.mods, here = wanted.here })
    return
  end
  local uri = wanted.uri or client.origin()
  local workflow = wanted.uri == nil and vim.b.darwinflow_workflow or nil
  client.ask("darwinflow.runs", { uri = uri, workflow = workflow }, function(answer)
    ---@cast answer darwinflow.RunsAnswer
    local newest = answer.runs[1]
    if newest == nil then
      client.tell(vim.trim(answer.text), vim.log.levels.INFO)
      return
    end
    show_run({ run = newest.runId, uri = uri, mods = wanted.mods, here = wanted.here })
  end)
end

return M
