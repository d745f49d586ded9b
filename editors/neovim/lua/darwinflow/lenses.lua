-- Lenses that appear and change without being asked for: when a buffer is opened or edited, when the server says
-- that history has changed, and as time goes by.

local client = require("darwinflow.client")
local config = require("darwinflow.config")

local M = {}

---@type uv.uv_timer_t?
local clock

---@param bufnr integer
---@return boolean
local function is_visible(bufnr)
  return #vim.fn.win_findbuf(bufnr) > 0
end

---Asks *server* for the lenses of a buffer and displays them; asks again where the text has changed meanwhile.
---Neovim's own `refresh` leaves a buffer out while any other server owes it an answer, and for good when that answer
---never comes.
---@param server vim.lsp.Client
---@param bufnr integer
local function refresh(server, bufnr)
  local params = { textDocument = vim.lsp.util.make_text_document_params(bufnr) }
  server:request("textDocument/codeLens", params, function(err, lenses, context)
    if vim.lsp.util.buf_versions[bufnr] == context.version then
      vim.lsp.codelens.on_codelens(err, lenses, context)
    elseif vim.lsp.buf_is_attached(bufnr, server.id) then
      refresh(server, bufnr)
    end
  end, bufnr)
end

local function show_ages()
  local running = vim.lsp.get_clients({ name = client.NAME })
  if #running == 0 and clock then
    clock:stop()
  end
  for _, server in ipairs(running) do
    vim.iter(pairs(server.attached_buffers)):filter(is_visible):each(function(bufnr)
      refresh(server, bufnr)
    end)
  end
end

local function start_clock()
  clock = clock or assert(vim.uv.new_timer())
  local every_ms = config.current.age_refresh_s * 1000
  if every_ms > 0 and not clock:is_active() then
    clock:start(every_ms, every_ms, vim.schedule_wrap(show_ages))
  end
end

---@param event { buf: integer, data?: { client_id: integer } }
local function attached(event)
  local server = vim.lsp.get_client_by_id(event.data.client_id)
  if server == nil or server.name ~= client.NAME or not config.current.lenses then
    return
  end
  M.refresh(event.buf)
  start_clock()
  vim.api.nvim_create_autocmd({ "BufWinEnter", "InsertLeave", "TextChanged" }, {
    group = vim.api.nvim_create_augroup("darwinflow.lenses." .. event.buf, {}),
    buffer = event.buf,
    desc = "DarwinFlow: lenses of the text as it is now",
    callback = function(change)
      M.refresh(change.buf)
    end,
  })
end

---From here on every buffer that the server is attached to has its lenses.
function M.follow()
  vim.api.nvim_create_autocmd("LspAttach", {
    group = vim.api.nvim_create_augroup("darwinflow.lenses", {}),
    desc = "DarwinFlow: lenses of a workflow that is opened",
    callback = attached,
  })
end

---@param bufnr integer
function M.refresh(bufnr)
  local server = vim.lsp.get_clients({ name = client.NAME, bufnr = bufnr })[1]
  if server and config.current.lenses then
    refresh(server, bufnr)
  end
end

---The server has news of the workflows in these documents.
---@param params { uris: string[] }
---@param client_id integer
function M.history_changed(params, client_id)
  local server = vim.lsp.get_client_by_id(client_id)
  if server == nil or not config.current.lenses then
    return
  end
  local named = {} ---@type table<string, true>
  for _, uri in ipairs(params.uris) do
    named[uri] = true
  end
  for bufnr in pairs(server.attached_buffers) do
    if named[vim.uri_from_bufnr(bufnr)] then
      refresh(server, bufnr)
    end
  end
end

return M
