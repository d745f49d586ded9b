-- The options: every one with its type, what it is for, and its default.

local M = {}

---@class (exact) darwinflow.Config
---@field cmd string[] How the language server is started.
---@field lenses boolean Whether lenses are shown, and kept up to date, without being asked for.
---@field age_refresh_s integer Seconds after which ages such as "2 min ago" are written anew; 0 for never.

---@class (exact) darwinflow.Options
---@field cmd? string[]
---@field lenses? boolean
---@field age_refresh_s? integer

---@type darwinflow.Config
M.defaults = {
  cmd = { "darwinflow-lsp" },
  lenses = true,
  age_refresh_s = 30,
}

---@type darwinflow.Config
M.current = vim.deepcopy(M.defaults)

---@param value any
---@return boolean
local function is_command(value)
  if not vim.islist(value) or #value == 0 then
    return false
  end
  return vim.iter(value):all(function(word)
    return type(word) == "string" and word ~= ""
  end)
end

---@type table<string, { is_right: fun(value: any): boolean, wanted: string }>
local rules = {
  cmd = { is_right = is_command, wanted = "a list of texts, as { 'darwinflow-lsp' } is" },
  lenses = {
    is_right = function(value)
      return type(value) == "boolean"
    end,
    wanted = "true or false",
  },
  age_refresh_s = {
    is_right = function(value)
      return type(value) == "number" and value >= 0 and value % 1 == 0
    end,
    wanted = "a whole number of seconds",
  },
}

---Replaces the configuration. Errors on an option that does not exist, so a typo is seen when
---Neovim starts and not as a setting that silently does nothing.
---@param opts? darwinflow.Options
function M.set(opts)
  local chosen = vim.deepcopy(M.defaults)
  for name, value in pairs(opts or {}) do
    local rule = rules[name]
    if rule == nil then
      local known = vim.tbl_keys(rules)
      table.sort(known)
      error(("darwinflow: no option is called '%s'; there are %s"):format(name, table.concat(known, ", ")), 0)
    end
    if not rule.is_right(value) then
      error(("darwinflow: the option '%s' is %s"):format(name, rule.wanted), 0)
    end
    chosen[name] = vim.deepcopy(value)
  end
  M.current = chosen
end

return M
