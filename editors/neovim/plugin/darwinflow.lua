-- Runs at every start of Neovim, so it defines the command and loads nothing.
if vim.g.loaded_darwinflow then
  return
end
vim.g.loaded_darwinflow = true

vim.api.nvim_create_user_command("DarwinFlow", function(command)
  require("darwinflow.commands").run(command.fargs, command.smods)
end, {
  nargs = "*",
  desc = "Runs of workflows, their logs, and what findings mean",
  complete = function(lead, line)
    return require("darwinflow.commands").complete(lead, line)
  end,
})
