"""Why journals wait in the spool, for who asks how the daemon is."""

from datetime import UTC, datetime

from darwinflow.model.errors import StoreError
from darwinflow.rpc.session import Held


def held_by(error: BaseException | None, before: Held | None) -> Held:
    """What *error* says of the store; it lasts as long as what was *before*."""
    since = datetime.now(UTC) if before is None else before.since
    if isinstance(error, StoreError):
        return Held(since, str(error), error.advice)
    return Held(since, "a fault of darwinflow's own, which the daemon's log tells of", None)
