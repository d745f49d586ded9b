"""Which backups are made without being asked for."""

from typing import NamedTuple


class BackupPlan(NamedTuple):
    path: str = "backups"
    """The folder they lie in, relative to the data directory unless absolute."""
    keep: int = 7
    """So many, one a day; 0: none are made."""
