"""The constants of the protocol that both sides share; nothing is imported here."""

PROTOCOL = 1
"""Raised when a client of before could not work any more."""
SERVER = "darwinflowd"

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
"""JSON-RPC's own; those of `model.errors` are positive."""

EVENT_PUBLISHED = "event/published"
"""The notification that a subscription sends."""

EXIT_OTHER_SERVES = 4
"""Of a daemon that found another one serving its home."""
