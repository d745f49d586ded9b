"""What `config.yaml` says of where things are kept and for how long, as a backup holds it: a DSN as it is written.

A backup may come from anybody, so what it would have written outside of the data directory, or on a server, is told apart.
"""

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from darwinflow.document.document import Document
from darwinflow.model.stores import POSTGRES
from darwinflow.settings.user import CONCERNS

STORAGE, RETENTION = "storage", "retention"
_OUR_OWN = frozenset(
    {
        "backups",
        "ballast",
        "cache",
        "config.yaml",
        "daemon.lock",
        "daemon.log",
        "set-aside",
        "spool",
        "system.db",
    }
)
"""In the data directory: no folder of a store."""
_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .-]*(/[A-Za-z0-9_][A-Za-z0-9_ .-]*)*")
Said = dict[str, dict[str, Any]]
"""`storage` and `retention`, as far as they are said."""


def said_in(text: str | None, environ: Mapping[str, str], organization: str, folder: str) -> Said:
    """What the sound settings *text*, None for none, and *environ* say for *organization*.

    Paths below the data directory *folder* begin there: a backup may come into another one.
    """
    document = Document.parse(text or "")
    data = document.data(0) if document.roots else None
    data = data if isinstance(data, dict) else {}
    own = (data.get("organizations") or {}).get(organization) or {}
    stores = {**(data.get(STORAGE) or {}), **(own.get(STORAGE) or {})}
    storage = {concern: stores[concern] for concern in CONCERNS if concern in stores}
    for concern in CONCERNS:
        variable = f"DARWINFLOW_STORAGE_{concern.upper()}"
        given = environ.get(variable, "")
        if "://" in given:
            storage[concern] = {"type": POSTGRES, "dsn": f"${{{variable}}}"}
        elif given:
            storage[concern] = {"type": given}
        elif "path" in (block := storage.get(concern) or {}) and concern != "workflows":
            storage[concern] = {**block, "path": _from(folder, block["path"])}
    retention = dict(own.get(RETENTION) or data.get(RETENTION) or {})
    if archive := retention.get("archive"):
        retention["archive"] = {**archive, "path": _from(folder, archive["path"])}
    return {name: block for name, block in ((STORAGE, storage), (RETENTION, retention)) if block}


def text_of(said: Said) -> str:
    """As `config.yaml` says it, a line for each thing. Raises `ValueError` where *said* holds what has no place there."""
    lines = []
    for name, block in said.items():
        if name not in (STORAGE, RETENTION) or not isinstance(block, dict):
            raise ValueError(f"{name!r} is nothing of the settings that a backup holds")
        lines.append(f"{name}:")
        for key, value in block.items():
            if not re.fullmatch(r"[a-z_]+", key):
                raise ValueError(f"{key!r} is no key of '{name}'")
            lines.append(f"  {key}: {json.dumps(value, ensure_ascii=False)}")
    return "".join(f"{line}\n" for line in lines)


def on_this_machine(said: Said) -> Said:
    """Without what a server keeps."""
    storage = {key: block for key, block in said.get(STORAGE, {}).items() if not _is_on_server(block)}
    return {**said, **({STORAGE: storage} if STORAGE in said else {})}


def within(said: Said) -> tuple[Said, tuple[str, ...]]:
    """What stays in the data directory; and the rest, which names servers and folders outside, as it would be written."""
    kept: Said = {}
    outside: list[str] = []
    for name, block in said.items():
        for key, value in block.items():
            names_folder = isinstance(value, dict) and (name == STORAGE or key == "archive")
            if names_folder and (_is_on_server(value) or not _is_within(value.get("path"))):
                outside.append(f"{name}: {{{key}: {json.dumps(value, ensure_ascii=False)}}}")
            else:
                kept.setdefault(name, {})[key] = value
    return kept, tuple(outside)


def _is_on_server(block: Any) -> bool:
    return isinstance(block, dict) and (block.get("type") == POSTGRES or "dsn" in block)


def _is_within(path: Any) -> bool:
    if path is None:
        return True
    if not isinstance(path, str) or not _FOLDER.fullmatch(path):
        return False
    first = path.partition("/")[0].casefold().strip()
    return first not in _OUR_OWN and not first.startswith("tenant-") and not first.endswith((".json", ".db"))


def _from(folder: str, path: str) -> str:
    whole = os.path.normpath(os.path.join(folder, os.path.expanduser(path)))
    return os.path.relpath(whole, folder) if whole.startswith(folder.rstrip(os.sep) + os.sep) else path
