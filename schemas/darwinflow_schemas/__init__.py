"""Graph types, schemas and the JSON-RPC description, as data."""

from pathlib import Path

FOLDER = Path(__file__).parent
