-- What `:DarwinFlow` understands, and what a lens does when it is run. A new command is a row of the table.

local client = require("darwinflow.client")

local M = {}

---@class (exact) darwinflow.Command
---@field takes string The arguments, for people.
---@field most integer How many arguments there may be.
---@field run fun(arguments: string[], mods?: vim.api.keyset.cmd.mods)
---@field complete? fun(): string[] What its argument may be, where that can be told.

---@type table<string, darwinflow.Command>
local commands = {
  runs = {
    takes = "runs [workflow]",
    most = 1,
    run = function(arguments, mods)
      require("darwinflow.runs").show({ workflow = arguments[1], mods = mods })
    end,
  },
  log = {
    takes = "log [run]",
    most = 1,
    run = function(arguments, mods)
      require("darwinflow.log").show({ run = arguments[1], mods = mods })
    end,
  },
  explain = {
    takes = "explain [code]",
    most = 1,
    run = function(arguments, mods)
      require("darwinflow.explain").show({ code = arguments[1], mods = mods })
    end,
    complete = function()
      return require("darwinflow.explain").codes()
    end,
  },
}

---@return string[]
local function names()
  local found = vim.tbl_keys(commands)
  table.sort(found)
  return found
end

---@param words string[]
---@param mods? vim.api.keyset.cmd.mods
function M.run(words, mods)
  local name = words[1]
  local command = name and commands[name]
  if command == nil then
    local known = table.concat(names(), ", ")
    local said = name and ("no command is called '%s'; there are %s"):format(name, known)
      or ("say what: there are %s"):format(known)
    client.tell(said, vim.log.levels.ERROR)
    return
  end
  local arguments = vim.list_slice(words, 2)
  if #arguments > command.most then
    client.tell(("'%s' is too much; it is :DarwinFlow %s"):format(words[command.most + 2], command.takes), vim.log.levels.ERROR)
    return
  end
  command.run(arguments, mods)
end

---Completes the name of the command, and codes of findings; ids of runs are nothing that anybody types from memory.
---@param lead string What is typed of the word.
---@param line string The whole command line.
---@return string[]
function M.complete(lead, line)
  local before = line:sub(1, #line - #lead)
  local command = commands[before:match("DarwinFlow%s+(%a+)%s+$")]
  local offered = {}
  if before:match("DarwinFlow%s+$") then
    offered = names()
  elseif command and command.complete then
    offered = command.complete()
  end
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, offered)
end

---Runs the command of a lens.
---@param name "runs"|"log"
---@param command lsp.Command
---@param context { bufnr: integer }
function M.run_lens(name, command, context)
  local argument = (command.arguments or {})[1] or {}
  require("darwinflow." .. name).show({ uri = argument.uri, run = argument.run, workflow = argument.workflow })
  -- Neovim takes away the lenses of a line when one of them is run.
  require("darwinflow.lenses").refresh(context.bufnr)
end

return M
