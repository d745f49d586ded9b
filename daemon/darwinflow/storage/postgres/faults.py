"""What PostgreSQL reports, as errors that a caller can act on."""

import psycopg
from psycopg import errors

from darwinflow.model.errors import StoreAway, StoreDamaged, StoreError, StoreFull, StoreUnwritable

_AWAY = frozenset({"57P01", "57P02", "57P03", "57P05", "53300", "25P03", "25P04"})
"""Shut down, crashed, starting, idle for too long, too many connections, a transaction left lying: none of it lasts."""
_CONNECTION = "08"
"""The class of what goes wrong with a connection itself."""
_CONFLICT = (errors.SerializationFailure, errors.DeadlockDetected)
_UNKNOWN_HERE = ("authentication failed", "does not exist", "no pg_hba.conf entry", "no password supplied")
"""What a server says when it turns a connection down for good; libpq hands no code on then."""


def is_lost(error: BaseException) -> bool:
    """Whether *error* says that the connection is gone, or that there never was one."""
    if not isinstance(error, psycopg.Error):
        return False
    code = error.sqlstate
    if code is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return code in _AWAY or code.startswith(_CONNECTION)


def may_pass(error: BaseException) -> bool:
    """Whether the same transaction may succeed when it is run once more: others were in its way."""
    return isinstance(error, _CONFLICT)


def store_error(error: BaseException, place: str) -> StoreError | None:
    """What *error*, met in the database at *place*, means to a caller; None where it is no trouble of the store."""
    if isinstance(error, StoreError):
        return error
    if isinstance(error, psycopg.OperationalError) and any(text in str(error) for text in _UNKNOWN_HERE):
        return StoreUnwritable(
            f"{place} turns this connection down: {_said(error)}",
            hint="correct the DSN, or have your role admitted",
        )
    if is_lost(error):
        return StoreAway(f"{place} cannot be reached: {_said(error)}")
    if isinstance(error, errors.DiskFull):
        return StoreFull(f"the disk of {place} is full")
    if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted):
        return StoreDamaged(f"{place} is damaged: {_said(error)}")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return StoreUnwritable(f"{place} takes no changes here: {_said(error)}")
    if isinstance(error, (errors.LockNotAvailable, errors.QueryCanceled, *_CONFLICT)):
        return StoreUnwritable(f"{place} is in use by others for too long: {_said(error)}", hint="try again")
    if isinstance(error, errors.InsufficientPrivilege | errors.InvalidAuthorizationSpecification):
        return StoreUnwritable(
            f"{place} refuses: {_said(error)}", hint="ask who looks after the database to admit your role"
        )
    if isinstance(error, errors.InvalidCatalogName):
        return StoreUnwritable(f"{place}: {_said(error)}", hint="correct the name of the database in the DSN")
    return None


def _said(error: BaseException) -> str:
    """In one line, as the server or the driver says it."""
    primary = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return (primary or str(error)).strip().split("\n", 1)[0] or type(error).__name__
