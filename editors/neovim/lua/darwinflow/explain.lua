-- What a finding means: the page of its code, in a buffer.

local client = require("darwinflow.client")
local scratch = require("darwinflow.scratch")

local M = {}

---@class (exact) darwinflow.ExplainAnswer The server's answer to `darwinflow.explain`.
---@field code string
---@field languageId string
---@field text string

---@class (exact) darwinflow.ExplainWanted
---@field code? string Of a finding; absent for the one under the cursor, else the first in its line.
---@field mods? vim.api.keyset.cmd.mods
---@field here? boolean In the current window.

---The server's findings in the current buffer, or in one line of it, in the order of the text.
---@param row? integer From 0.
---@return vim.Diagnostic[]
local function findings(row)
  local found = vim.tbl_filter(function(finding)
    return finding.source == client.NAME and type(finding.code) == "string"
  end, vim.diagnostic.get(0, { lnum = row }))
  table.sort(found, function(one, other)
    if one.lnum ~= other.lnum then
      return one.lnum < other.lnum
    end
    return one.col < other.col
  end)
  return found
end

---@return string? code
local function under_cursor()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local in_line = findings(row - 1)
  for _, finding in ipairs(in_line) do
    local is_over = finding.end_lnum > finding.lnum or column < finding.end_col
    if finding.col <= column and is_over then
      return finding.code
    end
  end
  return in_line[1] and in_line[1].code
end

---The codes of the current buffer's findings, each once.
---@return string[]
function M.codes()
  local codes = {}
  for _, finding in ipairs(findings()) do
    codes[finding.code] = true
  end
  local listed = vim.tbl_keys(codes)
  table.sort(listed)
  return listed
end

---@param wanted darwinflow.ExplainWanted
function M.show(wanted)
  local code = wanted.code or under_cursor()
  if code == nil then
    local message = "there is no finding in this line; go to one, or name a code: :DarwinFlow explain edge-unknown-node"
    client.tell(message, vim.log.levels.WARN)
    return
  end
  local origin = client.origin()
  client.ask("darwinflow.explain", { code = code }, function(answer)
    ---@cast answer darwinflow.ExplainAnswer
    scratch.show({
      name = "darwinflow://explain/" .. answer.code,
      origin = origin,
      filetype = answer.languageId,
      lines = vim.split(answer.text:gsub("\n$", ""), "\n"),
      mods = wanted.mods,
      here = wanted.here,
      reload = function()
        M.show({ code = answer.code, here = true })
      end,
    })
    local options = vim.wo[vim.api.nvim_get_current_win()][0]
    options.wrap, options.linebreak = true, true
  end)
end

return M
