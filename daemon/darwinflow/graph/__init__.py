"""The metagraph on values: graph types as data, and walks over graphs. Knows no YAML, no storage, no LSP."""
