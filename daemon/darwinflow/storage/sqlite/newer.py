"""Whether a newer version of darwinflow has written a database, as the file itself says: it is not opened for that."""

from darwinflow.model.errors import SchemaTooNew
from darwinflow.storage.sqlite.connection import Kind

_MAGIC = b"SQLite format 3\0"
_VERSION, _APPLICATION = slice(60, 64), slice(68, 72)
_HEADER_BYTES = 100


def refuse_newer(path: str, kind: Kind) -> None:
    """Raises `SchemaTooNew` where *path* says so. What lies in its WAL still may say more, and opening tells."""
    try:
        with open(path, "rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError:
        return
    is_ours = header.startswith(_MAGIC) and int.from_bytes(header[_APPLICATION]) == kind.application_id
    version, newest = int.from_bytes(header[_VERSION]), len(kind.steps())
    if is_ours and version > newest:
        raise SchemaTooNew(f"{path} has schema {version}; this version knows {newest}")
