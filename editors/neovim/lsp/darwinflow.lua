-- The language server, for Neovim's own client. `vim.lsp.enable("darwinflow")` suffices; `setup()` does it for you.
-- There is no `on_attach` here: it would take the place of one that is set for all servers.

---@type vim.lsp.Config
return {
  cmd = function(dispatchers, config)
    return require("darwinflow.client").spawn(dispatchers, config)
  end,
  filetypes = { "yaml" },
  root_markers = { ".darwinflow.yaml", ".git" },
  root_dir = function(bufnr, on_dir)
    if require("darwinflow.client").prepare(bufnr) then
      -- Nothing: Neovim finds the folder by the markers.
      on_dir()
    end
  end,
  capabilities = {
    experimental = { commands = { commands = { "darwinflow.explain" } } },
  },
  handlers = {
    ["darwinflow/historyChanged"] = function(_, params, context)
      require("darwinflow.lenses").history_changed(params, context.client_id)
    end,
  },
  commands = {
    ["darwinflow.runs"] = function(command, context)
      require("darwinflow.commands").run_lens("runs", command, context)
    end,
    ["darwinflow.log"] = function(command, context)
      require("darwinflow.commands").run_lens("log", command, context)
    end,
    ["darwinflow.explain"] = function(command)
      require("darwinflow.explain").show({ code = command.arguments[1].code })
    end,
  },
}
