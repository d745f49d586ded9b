"""The language server: a border of LSP around the library."""
