-- Buffers that only show something: read-only, unlisted, read anew with `:edit`.

local M = {}

---@class (exact) darwinflow.Scratch
---@field name string `darwinflow://...`; a buffer of that name is used again.
---@field origin string The document that it was asked for from.
---@field filetype string
---@field lines string[]
---@field reload fun() What `:edit` does.
---@field mods? vim.api.keyset.cmd.mods Of the command that asked, such as `vertical`.
---@field here? boolean In the current window.

---@param bufnr integer
---@param lines string[]
local function fill(bufnr, lines)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].modified = false
end

---@param name string
---@return integer
local function buffer_named(name)
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(bufnr) == name then
      return bufnr
    end
  end
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_name(bufnr, name)
  return bufnr
end

---@param bufnr integer
---@param what darwinflow.Scratch
local function put_in_window(bufnr, what)
  local shown = vim.fn.win_findbuf(bufnr)[1]
  if what.here then
    vim.cmd.buffer(bufnr)
  elseif shown then
    vim.api.nvim_set_current_win(shown)
  else
    vim.cmd.sbuffer({ args = { bufnr }, mods = what.mods })
  end
end

---Shows it, and returns its buffer, which is the current one then.
---@param what darwinflow.Scratch
---@return integer bufnr
function M.show(what)
  local bufnr = buffer_named(what.name)
  vim.b[bufnr].darwinflow_origin = what.origin
  fill(bufnr, what.lines)
  put_in_window(bufnr, what)
  vim.bo[bufnr].swapfile = false
  vim.bo[bufnr].undolevels = -1
  vim.bo[bufnr].filetype = what.filetype
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = bufnr, desc = "Close the window" })
  vim.api.nvim_create_autocmd("BufReadCmd", {
    group = vim.api.nvim_create_augroup("darwinflow.scratch." .. bufnr, {}),
    buffer = bufnr,
    desc = "DarwinFlow: read anew",
    callback = what.reload,
  })
  return bufnr
end

return M
