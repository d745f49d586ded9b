"""How programs speak to the daemon: JSON-RPC 2.0 over a Unix socket. Clients are in `client`, without pydantic."""
