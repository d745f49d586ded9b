"""The one way in which JSON is written into stores: short, and ASCII, so that lone surrogates survive."""

from json import JSONEncoder

# Values come from JSON, so they have no cycles; one that a program has made ends in a RecursionError either way.
compact = JSONEncoder(separators=(",", ":"), check_circular=False).encode
