"""The daemon's clients: one that waits, one for an event loop. No pydantic here: commands start fast."""
