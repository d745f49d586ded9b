"""Honker's SQL functions on a connection of ours: from its loadable extension, else from our adapter.

The Python package of that name is never imported: it brings a second SQLite, and two of them on one file lose data.
"""

import importlib.util
import logging
import os

import apsw

from darwinflow.model.errors import StoreUnwritable
from darwinflow.storage.sqlite import honker_adapter

log = logging.getLogger(__name__)

_ENTRY_POINT = "sqlite3_honkerext_init"
_LIBRARY = ("_lib", "libhonker_ext.so")


def find_extension() -> str | None:
    """The extension of an installed `honker` distribution; None where there is none, or it does not load here."""
    found = importlib.util.find_spec("honker")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = os.path.join(folder, *_LIBRARY)
        if os.path.isfile(path) and _loads(path):
            return path
    return None


def install(db: apsw.Connection, extension: str | None) -> None:
    """Give *db* the functions: those of the library at *extension*, or our own where it is None.

    Raises `StoreUnwritable` where the library cannot be loaded: a machine that was told to use it should not
    go on with something else in silence.
    """
    if extension is None:
        honker_adapter.register(db)
        return
    db.enable_load_extension(enable=True)
    try:
        db.load_extension(extension, _ENTRY_POINT)
    except apsw.ExtensionLoadingError as error:
        raise StoreUnwritable(
            f"the Honker extension {extension} cannot be loaded: {error}",
            hint="unset DARWINFLOW_HONKER: the built-in adapter does the same",
        ) from error
    finally:
        db.enable_load_extension(enable=False)


def _loads(extension: str) -> bool:
    db = apsw.Connection(":memory:")
    try:
        install(db, extension)
    except StoreUnwritable as error:
        log.warning("%s; using the built-in adapter", error)
        return False
    finally:
        db.close()
    return True
