"""How many bytes files take."""

import os


def size_of(*paths: str) -> int:
    """Of files, and of all that lies below folders; what is not there takes nothing."""
    total = 0
    for path in paths:
        if os.path.isdir(path):
            total += sum(
                size_of(os.path.join(folder, name)) for folder, _, names in os.walk(path) for name in names
            )
            continue
        try:
            total += os.lstat(path).st_size
        except FileNotFoundError:
            continue
    return total
