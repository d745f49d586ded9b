"""Where an organization's data lies on this machine."""

import os

from darwinflow.model.stores import FILE, SQLITE, StoreChoice, Stores

FILE_FOLDERS = {"logs": "logs", "metrics": "metrics"}
"""Of file stores without a path, in the data directory."""
_USUAL = tuple(StoreChoice(FILE, path) for path in FILE_FOLDERS.values())


def place_of_choice(folder: str, path: str, organization: str) -> str:
    """Where a store with a *path* lies; *folder* is the data directory. For a database, without its ending."""
    return os.path.join(folder, os.path.expanduser(path), organization)


def place_of_concern(folder: str, organization: str, concern: str, choice: StoreChoice) -> str | None:
    """The folder, or the database, that *concern* is kept on; None where it is not on this machine, or in workspaces."""
    if choice.type == SQLITE:
        if choice.path is None:
            return os.path.join(folder, f"tenant-{organization}.db")
        return f"{place_of_choice(folder, choice.path, organization)}.db"
    if choice.type == FILE and concern in FILE_FOLDERS:
        return place_of_choice(folder, choice.path or FILE_FOLDERS[concern], organization)
    return None


def is_same_store(folder: str, organization: str, concern: str, one: StoreChoice, other: StoreChoice) -> bool:
    """Whether both lie in one place; *folder* is the data directory."""
    if one.dsn is not None and other.dsn is not None:
        from darwinflow.storage.postgres.database import place_of

        return place_of(one.dsn) == place_of(other.dsn)
    places = [place_of_concern(folder, organization, concern, choice) for choice in (one, other)]
    return one.type == other.type and (
        places[0] is None or os.path.realpath(places[0]) == os.path.realpath(places[1] or "")
    )


def places_of(folder: str, organization: str, stores: Stores) -> list[str]:
    """Databases (`.db`) and folders where data of *organization* may lie, each once.

    In the same order for each organization. Workflows that are files lie in their workspaces.
    """
    places = [os.path.join(folder, f"tenant-{organization}.db")]
    for choice in (stores.logs, stores.metrics, *_USUAL):
        if choice.type in (FILE, SQLITE) and choice.path is not None:
            place = place_of_choice(folder, choice.path, organization)
            places.append(place if choice.type == FILE else f"{place}.db")
    if stores.workflows.type == SQLITE and stores.workflows.path is not None:
        places.append(f"{place_of_choice(folder, stores.workflows.path, organization)}.db")
    return list(dict.fromkeys(places))
