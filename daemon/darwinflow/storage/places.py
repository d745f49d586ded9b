"""Where an organization's data lies on this machine."""

import os

from darwinflow.model.stores import FILE, SQLITE, StoreChoice, Stores

_USUAL = (StoreChoice(FILE, "logs"), StoreChoice(FILE, "metrics"))
"""Of file stores without a path."""


def place_of_choice(folder: str, path: str, organization: str) -> str:
    """Where a store with a *path* lies; *folder* is the data directory. For a database, without its ending."""
    return os.path.join(folder, os.path.expanduser(path), organization)


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
