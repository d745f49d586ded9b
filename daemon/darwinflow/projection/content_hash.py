"""The hash that tells whether two texts say the same."""

import math
from typing import Any

MAX_EXACT = (1 << 53) - 1
"""The largest whole number that every reader of JSON keeps exactly."""


def content_hash(data: Any) -> str:
    """SHA-256 in hex over the canonical JSON (RFC 8785) of *data*; numbers that it refuses count as text."""
    import hashlib  # here, because most checks need neither

    import rfc8785

    try:
        canonical = rfc8785.dumps(data)
    except rfc8785.CanonicalizationError:
        canonical = rfc8785.dumps(_plain(data))
    return hashlib.sha256(canonical).hexdigest()


def _plain(data: Any) -> Any:
    """*data* with every number that JSON cannot carry exactly written as YAML writes it."""
    if isinstance(data, dict):
        return {key: _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(value) for value in data]
    if isinstance(data, float) and not math.isfinite(data):
        return ".nan" if math.isnan(data) else ".inf" if data > 0 else "-.inf"
    if isinstance(data, int) and not isinstance(data, bool) and abs(data) > MAX_EXACT:
        return str(data)
    return data
