"""Immutable values that every other layer speaks in: no I/O, no clocks, no YAML, no SQL."""
