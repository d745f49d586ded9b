"""Amounts of bytes, for people."""

_UNITS = ("B", "KB", "MB", "GB", "TB")


def size(count: int) -> str:
    """*count* bytes, in the unit that leaves at most four digits."""
    value = float(count)
    for unit in _UNITS[:-1]:
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} {_UNITS[-1]}"
