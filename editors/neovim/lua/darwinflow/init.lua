-- What a configuration and other plugins may call.

local M = {}

---Sets the options and starts the language server for YAML files from here on.
---@param opts? darwinflow.Options
function M.setup(opts)
  if vim.fn.has("nvim-0.11") == 0 then
    error("darwinflow: Neovim 0.11 or newer is needed", 0)
  end
  require("darwinflow.config").set(opts)
  vim.lsp.enable("darwinflow")
end

---Shows the newest runs of a workflow in a buffer.
---@param workflow? string An id; the workflow of the current buffer where it is absent.
function M.runs(workflow)
  require("darwinflow.runs").show({ workflow = workflow })
end

---Shows a run's log in a buffer.
---@param run? string An id, or its beginning or end; the newest run of the current buffer's workflow where it is absent.
function M.log(run)
  require("darwinflow.log").show({ run = run })
end

---Shows what a finding means in a buffer.
---@param code? string Of a finding; that of the one under the cursor where it is absent.
function M.explain(code)
  require("darwinflow.explain").show({ code = code })
end

return M
