"""Where LSP's shapes end: plain dicts on one side, our positions and values on the other."""
