"""Replaces a file by another text."""

import os


def rewrite(path: str, text: str) -> None:
    """Replace the file as a whole, so that whoever reads it meanwhile sees the old text or the new. Its mode stays."""
    target = os.path.realpath(path)
    draft = f"{target}.{os.getpid()}.tmp"
    mode = os.stat(target).st_mode & 0o7777
    with open(draft, "w", encoding="utf-8", newline="") as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
    os.replace(draft, target)
