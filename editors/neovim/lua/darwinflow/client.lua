-- The language server's client: how it is started, found and asked.

local config = require("darwinflow.config")

local M = {}

M.NAME = "darwinflow"

---@type table<integer, true> Buffers without a name, which a server is not started for.
local nameless = {}

---Has Neovim look again for the servers of a buffer that has a name now.
---@param event { buf: integer }
local function named(event)
  if nameless[event.buf] and vim.api.nvim_buf_get_name(event.buf) ~= "" then
    nameless[event.buf] = nil
    vim.bo[event.buf].filetype = vim.bo[event.buf].filetype
  end
end

---Whether the buffer has a name. Where it gets one later, the server is started for it then: Neovim would put the
---findings of all buffers without a name into another one, called "/".
---@param bufnr integer
---@return boolean
local function has_name(bufnr)
  if vim.api.nvim_buf_get_name(bufnr) ~= "" then
    return true
  end
  nameless[bufnr] = true
  -- For all buffers: Neovim drops what is set for a single one when that is written under its first name.
  vim.api.nvim_create_autocmd({ "BufFilePost", "BufWritePost" }, {
    group = vim.api.nvim_create_augroup("darwinflow.names", {}),
    nested = true,
    desc = "DarwinFlow: start the language server for a buffer that has a name now",
    callback = named,
  })
  return false
end

---Whether a server can be started for a buffer. Says once what is missing; from the first call on, lenses follow their
---buffers.
---@param bufnr integer
---@return boolean
function M.prepare(bufnr)
  require("darwinflow.lenses").follow()
  if not has_name(bufnr) then
    return false
  end
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

---The document that the current buffer is, or that its list or log was asked for from.
---@return string uri
function M.origin()
  return vim.b.darwinflow_origin or vim.uri_from_bufnr(0)
end

---The client that has a document open; where none has, any that runs.
---@param uri? string
---@return vim.lsp.Client?
local function client_of(uri)
  local running = vim.lsp.get_clients({ name = M.NAME })
  for _, client in ipairs(running) do
    for bufnr in pairs(client.attached_buffers) do
      if vim.uri_from_bufnr(bufnr) == uri then
        return client
      end
    end
  end
  return running[1]
end

---Questions so far, and the last one whose answer was shown.
local asked, shown = 0, 0

---Has the server run a command, and hands its answer to *on_answer*. A refusal is shown as it stands; an answer that
---comes after that to a later question is not, for the user has gone on, unless a buffer waits for it.
---@param name string
---@param argument { uri?: string, workflow?: string, run?: string, code?: string } `uri` says whose workspace is meant.
---@param on_answer fun(answer: table)
---@param is_awaited? boolean A buffer that is there already is to be filled.
function M.ask(name, argument, on_answer, is_awaited)
  local client = client_of(argument.uri)
  if client == nil then
    M.tell("no workflow is open; open one, and ask again", vim.log.levels.WARN)
    return
  end
  asked = asked + 1
  local question = asked
  client:request("workspace/executeCommand", { command = name, arguments = { argument } }, function(err, answer)
    if question < shown and not is_awaited then
      return
    end
    shown = math.max(shown, question)
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
