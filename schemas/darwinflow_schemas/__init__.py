"""Graph types, schemas and the JSON-RPC description, as data."""

import os

FOLDER = os.path.dirname(__file__)
"""Where the files lie. Text, because `pathlib` would cost a cold `check` a thirtieth of its time."""
