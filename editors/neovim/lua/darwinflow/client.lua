-- The language server's client: how it is started, found and asked.

local config = require("darwinflow.config")

local M = {}

M.NAME = "darwinflow"

---Whether a server can be started. Says once what is missing; from the first call on, lenses follow their buffers.
---@return boolean
function M.prepare()
  require("darwinflow.lenses").follow()
  local program = config.current.cmd[1]
  if vim.fn.executable(program) == 1 then
    return true
  end
  local message = "darwinflow: the language server '%s' is not there; install it (pip install darwinflow) "
    .. "or say where it is: require('darwinflow').setup({ cmd = { '/path/to/darwinflow-lsp' } })"
  vim.notify_once(message:format(program), vim.log.levels.ERROR)
  return false
end

---@param dispatchers vim.lsp.rpc.Dispatchers
---@param of? vim.lsp.ClientConfig
---@return vim.lsp.rpc.PublicClient
function M.spawn(dispatchers, of)
  of = of or {}
  return vim.lsp.rpc.start(config.current.cmd, dispatchers, {
    cwd = of.cmd_cwd,
    env = of.cmd_env,
    detached = of.detached,
  })
end

---The client of a buffer; where it has none, any that runs.
---@param bufnr integer
---@return vim.lsp.Client?
function M.find(bufnr)
  return vim.lsp.get_clients({ name = M.NAME, bufnr = bufnr })[1] or vim.lsp.get_clients({ name = M.NAME })[1]
end

---Has the server run a command, and hands its answer to *on_answer*. A refusal is shown as it stands.
---@param name string
---@param argument table
---@param on_answer fun(answer: table)
function M.ask(name, argument, on_answer)
  local client = M.find(0)
  if client == nil then
    M.tell("no workflow is open; open one, and its runs can be asked for", vim.log.levels.WARN)
    return
  end
  -- An empty table would be sent as a list.
  if next(argument) == nil then
    argument = vim.empty_dict()
  end
  client:request("workspace/executeCommand", { command = name, arguments = { argument } }, function(err, answer)
    if err then
      M.tell(err.message, vim.log.levels.ERROR)
    elseif answer then
      on_answer(answer)
    end
  end)
end

---@param message string
---@param level integer
function M.tell(message, level)
  vim.notify("darwinflow: " .. message, level)
end

return M
