-- `:checkhealth darwinflow`: Neovim, the language server, the daemon behind it, and the workspace.

local client = require("darwinflow.client")
local config = require("darwinflow.config")

local M = {}

local WAIT_MS = 5000
-- Longer than the server waits for a daemon that it starts.
local DAEMON_WAIT_MS = 15000
local INVALID_PARAMS = -32602

local function check_neovim()
  vim.health.start("Neovim")
  local version = tostring(vim.version())
  if vim.fn.has("nvim-0.11") == 1 then
    vim.health.ok("version " .. version)
  else
    vim.health.error(("version %s; 0.11 or newer is needed"):format(version))
  end
end

---@return boolean whether it can be started
local function check_server()
  vim.health.start("Language server")
  local cmd = config.current.cmd
  local path = vim.fn.exepath(cmd[1])
  if path == "" then
    vim.health.error(("'%s' is not there"):format(cmd[1]), {
      "install it: pip install darwinflow",
      "or say where it is: require('darwinflow').setup({ cmd = { '/path/to/darwinflow-lsp' } })",
    })
    return false
  end
  local asked = vim.list_extend(vim.deepcopy(cmd), { "--version" })
  local done = vim.system(asked, { text = true }):wait(WAIT_MS)
  if done.code ~= 0 then
    vim.health.error(("'%s' does not say its version: %s"):format(path, vim.trim(done.stderr or "")))
    return false
  end
  vim.health.ok(("%s at %s"):format(vim.trim(done.stdout), path))
  if not vim.lsp.is_enabled(client.NAME) then
    vim.health.warn("it is not enabled", { "put require('darwinflow').setup() into your init.lua" })
  end
  return true
end

---@param server vim.lsp.Client
local function check_workspace(server)
  local folder = server.root_dir
  if folder == nil then
    vim.health.info("no workspace: no .darwinflow.yaml and no .git above the file")
  elseif vim.uv.fs_stat(vim.fs.joinpath(folder, ".darwinflow.yaml")) then
    vim.health.ok(("workspace %s, with .darwinflow.yaml"):format(vim.fn.fnamemodify(folder, ":~")))
  else
    vim.health.info(("workspace %s, without .darwinflow.yaml"):format(vim.fn.fnamemodify(folder, ":~")))
  end
end

---Asks for the runs of one open workflow, which only a daemon can answer.
---@param server vim.lsp.Client
local function check_daemon(server)
  for bufnr in vim.spairs(server.attached_buffers) do
    local argument = { uri = vim.uri_from_bufnr(bufnr) }
    local name = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ":~:.")
    local params = { command = "darwinflow.runs", arguments = { argument } }
    local reply = server:request_sync("workspace/executeCommand", params, DAEMON_WAIT_MS, bufnr)
    if reply == nil then
      vim.health.error(("the server gave no answer about %s within %d s"):format(name, DAEMON_WAIT_MS / 1000))
    elseif reply.err and reply.err.code == INVALID_PARAMS then
      vim.health.info(("%s is no workflow"):format(name))
    elseif reply.err then
      vim.health.warn(("%s: %s"):format(name, reply.err.message))
    else
      vim.health.ok(("the daemon answers about '%s' (%s)"):format(reply.result.workflow, name))
    end
  end
end

function M.check()
  check_neovim()
  if not check_server() then
    return
  end
  vim.health.start("Daemon and workspace")
  local running = vim.lsp.get_clients({ name = client.NAME })
  if #running == 0 then
    vim.health.info("no workflow is open; open one, then check again")
  end
  for _, server in ipairs(running) do
    check_workspace(server)
    check_daemon(server)
  end
end

return M
