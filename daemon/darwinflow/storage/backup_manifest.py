"""What a backup says of itself, held against its files. A backup may come from anybody: it is refused where it is none.

Where its parts may go is known by who restores it, never by the backup alone.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeVar

from darwinflow.model.errors import NotFound, Refused, SchemaTooNew, StoreDamaged, StoreUnwritable
from darwinflow.storage.durable import sync_folder

MANIFEST = "manifest.json"
FORMAT = 1
_CHUNK = 1 << 20
_MOST_BYTES = 256 << 20
"""Of a manifest: about a million files."""
_NAME = re.compile(r"[0-9]+-[^/\\\0]+")
"""Of a database or a folder in a backup."""
_DATABASE = ".db"
_ANOTHER = "take another backup"
_Kind = TypeVar("_Kind")


class Entry(NamedTuple):
    """One file of a backup."""

    path: str
    """In the backup, with slashes."""
    size: int
    sha256: str


class Item(NamedTuple):
    """A database or a folder."""

    name: str
    """Of the file or folder in the backup."""
    place: str
    """Where it belongs: from the data directory on, or absolute."""


class Manifest(NamedTuple):
    made_at: str
    """RFC 3339."""
    home: str
    items: tuple[Item, ...]
    entries: tuple[Entry, ...]
    lacks: tuple[str, ...] = ()
    """What belongs to the home and is not in it, each in words."""
    settings: dict[str, dict[str, Any]] | None = None
    """What config.yaml said of where things are kept; None where the backup is of a version that did not note it."""

    @property
    def bytes_below_home(self) -> int:
        """Of what belongs into the data directory."""
        names = {item.name for item in self.items if not os.path.isabs(item.place)}
        return sum(entry.size for entry in self.entries if entry.path.split("/", 1)[0] in names)


def read_backup(folder: str) -> Manifest:
    """Its manifest, when every file is as it was written. Raises `NotFound`, `StoreDamaged`, `SchemaTooNew`."""
    try:
        manifest = _manifest_from(json.loads(_content_of(os.path.join(folder, MANIFEST))), folder)
        found = {entry.path: entry for entry in entries_of(folder) if entry.path != MANIFEST}
    except FileNotFoundError:
        raise NotFound(
            f"{folder} is no backup: it has no {MANIFEST}", hint="name a folder that backup made"
        ) from None
    except (ValueError, RecursionError) as error:
        raise StoreDamaged(f"{folder}/{MANIFEST} cannot be read: {error}", hint=_ANOTHER) from error
    except OSError as error:
        raise StoreUnwritable(f"{error.filename} cannot be read: {error.strerror}") from error
    wanted = {entry.path: entry for entry in manifest.entries}
    for path in sorted(wanted.keys() | found.keys()):
        if wanted.get(path) != found.get(path):
            what = "is missing" if path not in found else "was added" if path not in wanted else "was changed"
            raise StoreDamaged(f"{folder}/{path} {what} since the backup was made", hint=_ANOTHER)
    return manifest


def refuse_parts(
    folder: str, manifest: Manifest, home: str, places: Iterable[str], hint: str | None = None
) -> None:
    """Hold the parts of the backup *folder* against *places* of the data directory *home*.

    *hint* is for who is told that one belongs elsewhere.
    Raises `Refused` where one belongs elsewhere, `StoreDamaged` where one is not there.
    """
    known = {os.path.abspath(place) for place in places}
    taken = set[str]()
    for item in manifest.items:
        place = os.path.abspath(os.path.join(home, item.place))
        if place not in known:
            raise Refused(
                f"the backup holds something for {place}, where this home keeps nothing",
                hint=hint
                or f"the store or the archive in {os.path.dirname(place)} must be named in config.yaml first",
            )
        if place in taken:
            raise Refused(f"the backup holds two things for {place}", hint=_ANOTHER)
        taken.add(place)
        path = os.path.join(folder, item.name)
        if not (os.path.isfile(path) if place.endswith(_DATABASE) else os.path.isdir(path)):
            raise StoreDamaged(f"{path} is missing since the backup was made", hint=_ANOTHER)


def entries_of(folder: str) -> Iterator[Entry]:
    """All files in *folder*. Raises `OSError`, and `ValueError` for what is neither file nor folder: links above all."""
    for above, folders, names in os.walk(folder, onerror=_raise):
        folders.sort()
        for name in (*folders, *names):
            path = os.path.join(above, name)
            if os.path.islink(path) or not (os.path.isfile(path) or os.path.isdir(path)):
                raise ValueError(f"{path} is neither a file nor a folder, and no backup holds others")
        for name in sorted(names):
            path = os.path.join(above, name)
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            yield Entry(relative, os.path.getsize(path), _sha256(path))


def write_manifest(path: str, manifest: Manifest) -> None:
    """Raises `OSError`."""
    said: dict[str, Any] = {
        "format": FORMAT,
        "madeAt": manifest.made_at,
        "home": manifest.home,
        "items": [item._asdict() for item in manifest.items],
        "files": [entry._asdict() for entry in manifest.entries],
        "lacks": list(manifest.lacks),
    }
    if manifest.settings is not None:
        said["settings"] = manifest.settings
    with open(path, "x", encoding="utf-8") as file:
        json.dump(said, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(os.path.dirname(path))


def _content_of(path: str) -> bytes:
    with open(path, "rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it is longer than {_MOST_BYTES} bytes")
    return content


def _raise(error: OSError) -> None:
    raise error


def _sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _manifest_from(said: Any, folder: str) -> Manifest:
    """Raises `ValueError`, `SchemaTooNew`."""
    said = _of(said, dict, "the manifest")
    version = _of(said.get("format"), int, "'format'")
    if version > FORMAT:
        raise SchemaTooNew(f"{folder} has format {version}; this version knows {FORMAT}")
    return Manifest(
        _text(said, "madeAt"),
        _text(said, "home"),
        tuple(_item(each) for each in _of(said.get("items"), list, "'items'")),
        tuple(_entry(each) for each in _of(said.get("files"), list, "'files'")),
        tuple(_of(each, str, "what it lacks") for each in _of(said.get("lacks", []), list, "'lacks'")),
        _settings(said.get("settings")),
    )


def _settings(said: Any) -> dict[str, dict[str, Any]] | None:
    if said is None:
        return None
    return {
        name: _of(block, dict, f"'{name}' of 'settings'")
        for name, block in _of(said, dict, "'settings'").items()
    }


def _item(said: Any) -> Item:
    name, place = _text(said, "name"), _text(said, "place")
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not the name of a part of a backup")
    if not place or not place.isprintable():
        raise ValueError(f"{place!r} is no place")
    return Item(name, place)


def _entry(said: Any) -> Entry:
    size = _of(_of(said, dict, "a file").get("size"), int, "'size'")
    return Entry(_text(said, "path"), size, _text(said, "sha256"))


def _text(said: Any, key: str) -> str:
    return _of(_of(said, dict, f"what should have '{key}'").get(key), str, f"'{key}'")


def _of(value: Any, kind: type[_Kind], what: str) -> _Kind:
    names: dict[type, str] = {dict: "an object", list: "a list", str: "a text", int: "a number"}
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{what} is not {names[kind]}")  # noqa: TRY004 - what was read is wrong, not who calls
    return value
