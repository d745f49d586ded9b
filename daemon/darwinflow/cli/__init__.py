"""The command line: one module a command, each a few lines over the same client that the editors use."""
