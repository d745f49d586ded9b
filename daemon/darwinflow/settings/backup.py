"""The block `backup` of `config.yaml`: where daily backups lie, and how many are kept."""

from typing import Any

from darwinflow.model.backup import BackupPlan
from darwinflow.settings.reading import Reading

_MOST_KEPT = 1000


def backup_in(reading: Reading, data: dict[str, Any]) -> BackupPlan:
    """What *data* says; what is usual where it says nothing."""
    usual = BackupPlan()
    block = reading.mapping(data, "backup", ("path", "keep"), path=())
    keep, path = block.get("keep", usual.keep), block.get("path", usual.path)
    if not isinstance(keep, int) or isinstance(keep, bool) or not 0 <= keep <= _MOST_KEPT:
        reading.note(
            ("backup", "keep"), f"'keep' must be a whole number from 0, for no backups, to {_MOST_KEPT}"
        )
        keep = usual.keep
    if not isinstance(path, str) or not path:
        reading.note(("backup", "path"), "'path' must be a folder")
        path = usual.path
    return BackupPlan(path, keep)
