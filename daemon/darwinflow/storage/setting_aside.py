"""Moves what a concern was kept on out of the way, and never away: folders are renamed, databases copied and emptied.

A database may hold other concerns, too, so it stays, without what was moved. Killed at any moment, this is done again.
"""

import errno
import os
from collections.abc import Mapping

from darwinflow.model.errors import StoreFull, StoreUnwritable
from darwinflow.model.stores import FILE, SQLITE, StoreChoice
from darwinflow.storage.durable import make_folders, sync_folder
from darwinflow.storage.opening import compact_database, copy_database, empty_database
from darwinflow.storage.places import place_of_concern

_UNFINISHED = ".unfinished"


def set_aside(folder: str, organization: str, moved: Mapping[str, StoreChoice], aside: str) -> list[str]:
    """Put what *moved*, by concern, is kept on into the folder *aside*; where each now lies.

    *folder* is the data directory. Nothing may have any of it open. What a server keeps stays there; so do workflows
    that are files of a workspace. A folder on another disk than *aside* is renamed where it is.
    Raises `StoreFull`, `StoreUnwritable`, and what opening a database raises.
    """
    kept = list[str]()
    databases: dict[str, list[str]] = {}
    for concern, choice in moved.items():
        place = place_of_concern(folder, organization, concern, choice)
        if choice.type == SQLITE and place is not None:
            databases.setdefault(place, []).append(concern)
        elif choice.type == FILE and place is not None:
            kept += _renamed(place, aside, concern)
    for place, concerns in databases.items():
        kept += _copied(place, aside)
        empty_database(place, concerns)
        compact_database(place, is_system=False)
    return kept


def _renamed(place: str, aside: str, concern: str) -> list[str]:
    beside = f"{place}.{os.path.basename(aside)}"
    for kept in (os.path.join(aside, concern), beside):
        if os.path.lexists(kept):
            return [kept]  # by who was killed right behind that
    if not os.path.lexists(place):
        return []
    for kept in (os.path.join(aside, concern), beside):
        try:
            make_folders(os.path.dirname(kept), 0o700)
            os.rename(place, kept)
            sync_folder(os.path.dirname(kept))
            sync_folder(os.path.dirname(place))
        except OSError as error:
            if error.errno != errno.EXDEV or kept == beside:
                raise StoreUnwritable(f"{place} cannot be set aside: {error.strerror}") from error
        else:
            break
    return [kept]


def _copied(place: str, aside: str) -> list[str]:
    if not os.path.lexists(place):
        return []
    kept = os.path.join(aside, os.path.basename(place))
    if os.path.lexists(kept):
        return [kept]
    try:
        make_folders(aside, 0o700)
        if os.path.lexists(kept + _UNFINISHED):
            os.unlink(kept + _UNFINISHED)
        copy_database(place, kept + _UNFINISHED)
        os.rename(kept + _UNFINISHED, kept)
        sync_folder(aside)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull(f"the disk with {aside} is full") from error
        raise StoreUnwritable(f"{place} cannot be copied to {aside}: {error.strerror}") from error
    return [kept]
