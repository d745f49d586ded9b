"""A real Neovim, driven over its RPC on standard streams."""

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from editors.neovim.msgpack import Reader, packed

PLUGIN = Path(__file__).parents[3] / "editors" / "neovim"
NVIM = Path(sys.executable).with_name("nvim")
ANSWER_S = 20.0
WAIT_MS = 15_000
REQUEST, RESPONSE, NOTIFICATION = 0, 1, 2

ROWS, COLUMNS = 30, 100

COLLECT_MESSAGES = """
_G.messages = {}
vim.notify = function(message, level)
  table.insert(_G.messages, { message, level or vim.log.levels.INFO })
end
"""

DISPLAYED = """
local shown = {}
for name, namespace in pairs(vim.api.nvim_get_namespaces()) do
  if name:match("^nvim%.lsp%.codelens") then
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })) do
      local text = ""
      for _, chunk in ipairs(mark[4].virt_text or {}) do
        text = text .. chunk[1]
      end
      table.insert(shown, { mark[2], text })
    end
  end
end
return shown
"""


class LuaError(Exception):
    """What Neovim answers to a call that fails, without the traceback."""


CLEAN = ("--clean", "--cmd", f"set runtimepath^={PLUGIN}")
"""Without anything of the user's; the plugin on the runtime path, and `setup` called by the test."""


class Neovim:
    def __init__(self, folder: Path, environ: Mapping[str, str], arguments: Sequence[str] = CLEAN) -> None:
        self.process = subprocess.Popen(
            [NVIM, "--embed", "--headless", "-n", *arguments],
            cwd=folder,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reader = Reader()
        self._last_id = 0
        self.lua(COLLECT_MESSAGES)
        self.lua("vim.o.columns, vim.o.lines = ...", COLUMNS, ROWS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        try:
            self._send("nvim_command", ["qall!"])
            self.process.wait(ANSWER_S)
        finally:
            self.process.kill()
            self.process.communicate()

    def call(self, method: str, *arguments: object) -> Any:
        id_ = self._send(method, list(arguments))
        deadline = time.monotonic() + ANSWER_S
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while selector.select(max(0, deadline - time.monotonic())):
                piece = os.read(self.process.stdout.fileno(), 1 << 16)
                assert piece, f"Neovim went away during {method}"
                messages = self._reader.feed(piece)
                for _kind, *told in (each for each in messages if each[0] == NOTIFICATION):
                    self.notified(*told)
                for _kind, _id, error, result in (each for each in messages if each[:2] == [RESPONSE, id_]):
                    if error is not None:
                        raise LuaError(error[1].removeprefix("Error executing lua: ").split("\n")[0])
                    return result
        raise TimeoutError(f"Neovim gave no answer to {method} {arguments}")

    def notified(self, method: str, arguments: list[Any]) -> None:
        """What Neovim tells without being asked."""

    def lua(self, code: str, *arguments: object) -> Any:
        return self.call("nvim_exec_lua", code, list(arguments))

    def command(self, line: str) -> None:
        self.call("nvim_command", line)

    def keys(self, keys: str) -> None:
        """Types *keys*, written as in a mapping, and lets Neovim deal with them."""
        self.lua("vim.api.nvim_feedkeys(vim.keycode(...), 'mx', false)", keys)

    def wait(self, condition: str, *arguments: object) -> Any:
        """Until the Lua *condition* (a body that returns) gives something that holds, and returns that."""
        code = """
        local condition, within_ms, arguments = ...
        local check, found = assert(loadstring(condition)), nil
        vim.wait(within_ms, function()
          found = check(unpack(arguments))
          return found
        end, 2)
        return found
        """
        found = self.lua(code, condition, WAIT_MS, list(arguments))
        assert found, f"never came true: {condition.strip()} {arguments or ''}; now: {self.state()}"
        return found

    def state(self) -> dict[str, Any]:
        """For a failed wait: what a person would see."""
        return {
            "buffer": self.lua("return vim.api.nvim_buf_get_name(0)"),
            "lines": self.lines()[:30],
            "lenses": self.displayed_lenses(),
            "messages": self.messages(),
            "clients": self.lua("return vim.tbl_map(function(c) return c.name end, vim.lsp.get_clients())"),
        }

    def setup(self, **options: object) -> None:
        # An empty mapping would arrive as a list.
        self.lua("require('darwinflow').setup(...)", *([options] if options else []))

    def edit(self, path: Path) -> None:
        """Open a file, and wait until the language server has the buffer."""
        self.command(f"edit {path}")
        self.wait("return #vim.lsp.get_clients({ name = 'darwinflow', bufnr = 0 }) > 0")

    def lines(self) -> list[str]:
        return self.lua("return vim.api.nvim_buf_get_lines(0, 0, -1, false)")

    def messages(self) -> list[str]:
        """What was said to the user since Neovim started."""
        return [text for text, _level in self.lua("return _G.messages")]

    def displayed_lenses(self) -> list[tuple[int, str]]:
        """The lenses of the current buffer as drawn: row and text."""
        return [(row, text) for row, text in self.lua(DISPLAYED)]

    def wait_for_lens(self, pattern: str, row: int = 0) -> str:
        """Until the lenses drawn on *row* match a Lua pattern; returns their text."""
        return self.wait(
            f"""
            local pattern, row = ...
            for _, shown in ipairs((function() {DISPLAYED} end)()) do
              if shown[1] == row and shown[2]:match(pattern) then
                return shown[2]
              end
            end
            """,
            pattern,
            row,
        )

    def point_at(self, row: int, text: str) -> None:
        """Puts the cursor on the beginning of *text* in a line."""
        column = self.lines()[row].encode().index(text.encode())
        self.lua("vim.api.nvim_win_set_cursor(0, { ... })", row + 1, column)

    def hover(self, **options: object) -> str:
        """Asks for the hover at the cursor and returns what its window holds."""
        self.lua("vim.lsp.buf.hover(...)", *([options] if options else []))
        return self.wait(
            """
            for _, window in ipairs(vim.api.nvim_list_wins()) do
              if vim.api.nvim_win_get_config(window).relative ~= "" then
                local buffer = vim.api.nvim_win_get_buf(window)
                return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), "\\n")
              end
            end
            """
        )

    def _send(self, method: str, arguments: list[object]) -> int:
        self._last_id += 1
        self.process.stdin.write(packed([REQUEST, self._last_id, method, arguments]))
        self.process.stdin.flush()
        return self._last_id
