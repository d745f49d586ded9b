"""One module a feature, named as LSP names it: pure functions of a snapshot, in our own positions."""
